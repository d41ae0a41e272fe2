"""The formats of a declaration by media type. Each parses its bytes into the one normalized form.

A format is one module and one line here. It returns the declaration, and the normalized form as JSON for permits.
"""

from collections.abc import Callable

from services.gateway.formats import declaration_json, wco_declaration
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party

Parse = Callable[[bytes, Party], tuple[Declaration, bytes]]
FORMATS: dict[str, Parse] = {"application/json": declaration_json.parse, "application/xml": wco_declaration.parse}
NORMALIZED_MEDIA_TYPE = "application/json"
