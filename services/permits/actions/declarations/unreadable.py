"""Recover the readable part of a submission that permits cannot parse as a declaration.

The gateway accepted the submission (202) and keeps its bytes. Permits refers it to an officer and never drops it.
"""

import copy
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.permits.domain.rules.whole_declaration import UNREADABLE_PREFIX
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.fields import STORED_CONTEXT
from shared.contracts.messages import SubmissionMessage, ValidSubmission

ReceivedSubmission = SubmissionMessage | ValidSubmission
"""A submission whose declaration is still JSON, or is parsed already."""
UNREADABLE_PARTY = {"name": "unreadable", "country": "ZZ"}


def recover_declaration(message: ReceivedSubmission) -> tuple[NormalizedDeclaration, str | None]:
    """Return the declaration, and a reason that lists the places left out as unreadable, if there are any.

    If nothing can be read, customs of the country of the lodging party receives the declaration.
    """
    if isinstance(message, ValidSubmission):
        return message.declaration, None
    try:
        return NormalizedDeclaration.model_validate(message.declaration, context=STORED_CONTEXT), None
    except ValidationError as error:
        places = sorted({"/" + "/".join(str(step) for step in fault["loc"]) for fault in error.errors()})
        recovered = _recover(_placeholder(message.id, message.party.country), message.declaration, error)
        return recovered, f"{UNREADABLE_PREFIX} {', '.join(places[:5])}"


def _recover(placeholder: dict[str, Any], content: Mapping[str, Any], error: ValidationError) -> NormalizedDeclaration:
    """Return the declaration without its invalid places; else without their fields; else with only its id."""
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
