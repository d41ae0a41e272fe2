"""A declaration as `application/json`. The submitted bytes are the normalized form, so they go to permits unchanged."""

from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party
from shared.strict_json import parse_body as read_strictly


def parse(body: bytes, lodger: Party) -> tuple[Declaration, bytes]:
    """Parse a declaration strictly. Raise Invalid: malformed-json, or invalid-body with a pointer per fault."""
    return read_strictly(Declaration, body, count_names), body


def count_names(declaration: Declaration) -> int:
    """Count the field names that a declaration and its parts state."""
    count = len(declaration.__pydantic_fields_set__)
    count += len(declaration.exporter.__pydantic_fields_set__) + len(declaration.importer.__pydantic_fields_set__)
    for item in declaration.items:
        count += len(item.__pydantic_fields_set__) + sum(
            len(document.__pydantic_fields_set__) for document in item.documents
        )
    return count
