"""The formats a declaration may come in, by media type: each reads its bytes into the one normalized form.

One file a format, and one line here: it answers the declaration, and the normalized form as the JSON that is carried
on.
"""

from collections.abc import Callable

from services.gateway.formats import declaration_json, wco_declaration
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party

Parse = Callable[[bytes, Party], tuple[Declaration, bytes]]
FORMATS: dict[str, Parse] = {"application/json": declaration_json.parse, "application/xml": wco_declaration.parse}
NORMALIZED_MEDIA_TYPE = "application/json"
