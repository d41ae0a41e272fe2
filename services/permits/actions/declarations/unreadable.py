"""A letter that permits cannot read as a declaration is filed all the same, with what of it can be read.

It was answered 202, so it is never parked out of sight: an officer sees it referred, and the gateway has its bytes.
"""

import copy
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.permits.domain.rules.whole_declaration import UNREADABLE_PREFIX
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.messages import SubmissionMessage, ValidSubmission

ReceivedSubmission = SubmissionMessage | ValidSubmission
"""A letter whose declaration is still to be read, or was read with it."""
UNREADABLE_PARTY = {"name": "unreadable", "country": "ZZ"}


def recover_declaration(message: ReceivedSubmission) -> tuple[NormalizedDeclaration, str | None]:
    """Answer the declaration, and, where something of it could not be read and was left out, the places.

    The customs of the country of who lodged it sees what cannot be read at all.
    """
    if isinstance(message, ValidSubmission):
        return message.declaration, None
    try:
        return NormalizedDeclaration.model_validate(message.declaration), None
    except ValidationError as error:
        places = sorted({"/" + "/".join(str(step) for step in fault["loc"]) for fault in error.errors()})
        recovered = _recover(_placeholder(message.id, message.party.country), message.declaration, error)
        return recovered, f"{UNREADABLE_PREFIX} {', '.join(places[:5])}"


def _recover(placeholder: dict[str, Any], content: Mapping[str, Any], error: ValidationError) -> NormalizedDeclaration:
    """Leave out the places at fault; where that is not enough their fields; and in the end all but the id."""
    readable = copy.deepcopy(dict(content))
    for fault in error.errors():
        _remove(readable, fault["loc"])
    try:
        return NormalizedDeclaration.model_validate(readable)
    except ValidationError as remaining_error:
        fields = {str(fault["loc"][0]) for fault in remaining_error.errors() if fault["loc"]}
        valid_fields = {name: value for name, value in readable.items() if name not in fields}
    try:
        return NormalizedDeclaration.model_validate({**placeholder, **valid_fields})
    except ValidationError:
        return NormalizedDeclaration.model_validate(placeholder)


def _remove(part: Any, place: tuple[int | str, ...]) -> None:
    for step in place[:-1]:
        if isinstance(part, dict):
            part = part.get(step)
        else:
            part = part[step] if isinstance(part, list) and isinstance(step, int) else None
    if isinstance(part, dict) and place:
        part.pop(place[-1], None)


def _placeholder(declaration_id: UUID, country: str) -> dict[str, Any]:
    return {
        "reference": str(declaration_id),
        "movement": "import",
        "exporter": UNREADABLE_PARTY,
        "importer": UNREADABLE_PARTY,
        "export_country": "ZZ",
        "import_country": country,
        "items": [{"number": 1, "quantity": "1", "unit": "number"}],
    }
