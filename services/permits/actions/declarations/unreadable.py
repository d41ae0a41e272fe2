"""A letter that permits cannot read as a declaration is filed all the same, with what of it can be read.

It was answered 202, so it is never parked out of sight: an officer sees it referred, and the gateway has its bytes.
"""

import copy
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.permits.domain.rules.whole_declaration import UNREAD
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.messages import SoundSubmission, SubmissionLetter

Letter = SubmissionLetter | SoundSubmission
"""A letter whose declaration is still to be read, or was read with it."""
UNREADABLE = {"name": "unreadable", "country": "ZZ"}


def read(letter: Letter) -> tuple[InsideDeclaration, str | None]:
    """Answer the declaration, and, where something of it could not be read and was left out, the places.

    The customs of the country of who lodged it sees what cannot be read at all.
    """
    if isinstance(letter, SoundSubmission):
        return letter.declaration, None
    try:
        return InsideDeclaration.model_validate(letter.declaration), None
    except ValidationError as error:
        places = sorted({"/" + "/".join(str(step) for step in one["loc"]) for one in error.errors()})
        salvaged = _salvaged(_blank(letter.id, letter.party.country), letter.declaration, error)
        return salvaged, f"{UNREAD} {', '.join(places[:5])}"


def _salvaged(blank: dict[str, Any], stated: Mapping[str, Any], error: ValidationError) -> InsideDeclaration:
    """Leave out the places at fault; where that is not enough their fields; and in the end all but the id."""
    kept = copy.deepcopy(dict(stated))
    for one in error.errors():
        _remove(kept, one["loc"])
    try:
        return InsideDeclaration.model_validate(kept)
    except ValidationError as still:
        fields = {str(one["loc"][0]) for one in still.errors() if one["loc"]}
        sound = {name: value for name, value in kept.items() if name not in fields}
    try:
        return InsideDeclaration.model_validate({**blank, **sound})
    except ValidationError:
        return InsideDeclaration.model_validate(blank)


def _remove(whole: Any, place: tuple[int | str, ...]) -> None:
    for step in place[:-1]:
        if isinstance(whole, dict):
            whole = whole.get(step)
        else:
            whole = whole[step] if isinstance(whole, list) and isinstance(step, int) else None
    if isinstance(whole, dict) and place:
        whole.pop(place[-1], None)


def _blank(id: UUID, country: str) -> dict[str, Any]:
    return {
        "reference": str(id),
        "movement": "import",
        "exporter": UNREADABLE,
        "importer": UNREADABLE,
        "export_country": "ZZ",
        "import_country": country,
        "items": [{"number": 1, "quantity": "1", "unit": "number"}],
    }
