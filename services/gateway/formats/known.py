"""The formats a declaration may come in, by media type: each reads its bytes into the one inside form.

One file a format, and one line here. A format that is the inside form itself (JSON) is carried by its own bytes.
"""

from collections.abc import Callable

from services.gateway.formats import json, wco
from shared.contracts.declaration import Declaration
from shared.contracts.people import Party

FORMATS: dict[str, Callable[[bytes, Party], Declaration]] = {"application/json": json.read, "application/xml": wco.read}
INSIDE = "application/json"


def inside(media_type: str, declaration: Declaration) -> bytes | None:
    """Write the inside form of a declaration; None where the bytes it came as are that."""
    return None if media_type == INSIDE else declaration.model_dump_json(exclude_none=True).encode()
