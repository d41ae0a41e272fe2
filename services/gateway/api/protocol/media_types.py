"""The media type of a declaration's body: which of the formats it comes in."""

from services.gateway.formats.declaration_formats import FORMATS
from shared.problems import Invalid

USUAL = {name.encode(): name for name in FORMATS}
"""How they are mostly named: nothing to take apart."""


def media_type(given: bytes) -> str:
    """Answer the media type of a body we can read; raises Invalid (415) for another, or another charset."""
    if (usual := USUAL.get(given)) is not None:
        return usual
    kind, _, rest = given.decode("latin-1").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() not in FORMATS or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", f"Send one of {', '.join(FORMATS)}, in UTF-8.")
    return kind.strip().lower()
