"""A declaration as `application/json`.

The submitted bytes are the normalized form, so they go to permits unchanged. Only customs codes make another form.
"""

from services.gateway.formats.declaration_codes import READABLE_CODES, parse_customs_codes
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party
from shared.problems import Invalid
from shared.strict_json import parse_body as read_strictly


def parse(body: bytes, lodger: Party) -> tuple[Declaration, bytes]:
    """Parse a declaration strictly. Raise Invalid: malformed-json, or invalid-body with a pointer per fault.

    A body with a customs code, such as KGM, is parsed again with the code of the hub.
    """
    try:
        return read_strictly(Declaration, body, count_names), body
    except Invalid as error:
        if READABLE_CODES.isdisjoint(fault.code for fault in error.faults):
            raise
        repaired = parse_customs_codes(body)
        if repaired is None:
            raise
        return repaired


def count_names(declaration: Declaration) -> int:
    """Count the field names that a declaration and its parts state."""
    count = len(declaration.__pydantic_fields_set__)
    count += len(declaration.exporter.__pydantic_fields_set__) + len(declaration.importer.__pydantic_fields_set__)
    for item in declaration.items:
        count += len(item.__pydantic_fields_set__) + sum(
            len(document.__pydantic_fields_set__) for document in item.documents
        )
    return count
