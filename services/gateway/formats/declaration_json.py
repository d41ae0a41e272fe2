"""A declaration as `application/json`: the normalized form is the form it came in, so its bytes go on as they are."""

from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party
from shared.strict_json import parse_body as read_strictly


def parse(body: bytes, lodger: Party) -> tuple[Declaration, bytes]:
    """Read a declaration strictly; raises Invalid (malformed-json, or invalid-body with a pointer for each fault)."""
    return read_strictly(Declaration, body, count_names), body


def count_names(declaration: Declaration) -> int:
    """Count the names that were stated in a declaration and all that is in it."""
    count = len(declaration.__pydantic_fields_set__)
    count += len(declaration.exporter.__pydantic_fields_set__) + len(declaration.importer.__pydantic_fields_set__)
    for item in declaration.items:
        count += len(item.__pydantic_fields_set__) + sum(
            len(document.__pydantic_fields_set__) for document in item.documents
        )
    return count
