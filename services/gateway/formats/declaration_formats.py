"""The formats a declaration may come in, by media type: each reads its bytes into the one inside form.

One file a format, and one line here: it answers the declaration, and the inside form as the JSON that is carried on.
"""

from collections.abc import Callable

from services.gateway.formats import declaration_json, wco_declaration
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party

Read = Callable[[bytes, Party], tuple[Declaration, bytes]]
FORMATS: dict[str, Read] = {"application/json": declaration_json.read, "application/xml": wco_declaration.read}
INSIDE = "application/json"
