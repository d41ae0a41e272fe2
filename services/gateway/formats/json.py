"""A declaration as `application/json`: the inside form is the form it came in, so its bytes go on as they are."""

from shared.contracts.declaration import Declaration
from shared.contracts.people import Party
from shared.strict import read as read_strictly


def read(body: bytes, lodger: Party) -> Declaration:
    """Read a declaration strictly; raises Invalid (malformed-json, or invalid-body with a pointer for each fault)."""
    return read_strictly(Declaration, body, names)


def names(stated: Declaration) -> int:
    """Count the names that were stated in a declaration and all that is in it."""
    count = len(stated.model_fields_set)
    count += len(stated.exporter.model_fields_set) + len(stated.importer.model_fields_set)
    for item in stated.items:
        count += len(item.model_fields_set) + sum(len(document.model_fields_set) for document in item.documents)
    return count
