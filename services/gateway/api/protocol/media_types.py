"""The media type of a declaration's body: which of the formats it comes in."""

from services.gateway.formats.declaration_formats import FORMATS
from shared.problems import Invalid

COMMON_MEDIA_TYPES = {name.encode(): name for name in FORMATS}
"""How they are mostly named: nothing to take apart."""


def parse_media_type(given: bytes) -> str:
    """Answer the media type of a body we can read; raises Invalid (415) for another, or another charset."""
    if (common := COMMON_MEDIA_TYPES.get(given)) is not None:
        return common
    name, _, rest = given.decode("latin-1").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if name.strip().lower() not in FORMATS or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", f"Send one of {', '.join(FORMATS)}, in UTF-8.")
    return name.strip().lower()
