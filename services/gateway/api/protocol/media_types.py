"""The media type of a declaration's body."""

from services.gateway.formats.declaration_formats import FORMATS
from shared.web import wrong_media_type

COMMON_MEDIA_TYPES = {name.encode(): name for name in FORMATS}
"""The usual spellings, which need no parsing."""


def parse_media_type(given: bytes) -> str:
    """Return the media type of a supported body. Raise Invalid (415) for another one, or another charset."""
    if (common := COMMON_MEDIA_TYPES.get(given)) is not None:
        return common
    name, _, rest = given.decode("latin-1").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if name.strip().lower() not in FORMATS or charset not in {"", "utf-8"}:
        raise wrong_media_type(given.decode("latin-1"), f"one of {', '.join(FORMATS)}, in UTF-8")
    return name.strip().lower()
