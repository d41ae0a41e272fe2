"""A declaration as `application/json`: the inside form is the form it came in, so its bytes go on as they are."""

from shared.contracts.declaration import Declaration
from shared.contracts.people import Party
from shared.strict import parse_json, validate


def read(body: bytes, lodger: Party) -> Declaration:
    """Read a declaration strictly; raises Invalid (malformed-json, or invalid-body with a pointer for each fault)."""
    return validate(Declaration, parse_json(body))
