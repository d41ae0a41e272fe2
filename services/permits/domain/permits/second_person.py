"""The policy of two people for an act that no application precedes: one person proposes it, another does it."""

import hashlib
from collections.abc import Set
from uuid import UUID

from services.permits.domain.model.persons import UNKNOWN_PERSON
from shared.contracts.permit import Permit
from shared.problems import Conflict


def proposal_digest(content: Permit, replaced_permit: UUID | None = None) -> bytes:
    """Return the SHA-256 of a permit as stated, and of the id of the permit that it replaces."""
    stated = f"{replaced_permit or ''}\n{content.model_dump_json(exclude_none=True)}"
    return hashlib.sha256(stated.encode()).digest()


def takeover_digest(permit_id: UUID) -> bytes:
    """Return the SHA-256 of the takeover of a permit. The remark is no part of it: each person has an own one."""
    return hashlib.sha256(f"takeover of {permit_id}".encode()).digest()


def find_objection(country: str, person: str, proposed_by: Set[str], *, days: int) -> Conflict | None:
    """Return why a person may not act now, or None if another person proposed the same."""
    if proposed_by - {person} and person != UNKNOWN_PERSON:
        return None
    if person in proposed_by:
        return Conflict(
            "same-person",
            f"{country} requires two people for a permit, and you proposed this. Ask a colleague to send the same "
            "request with another credential.",
        )
    return Conflict(
        "second-person-missing",
        f"{country} requires two people for a permit. The hub keeps your request as a proposal for {days} days and has "
        "changed no permit. Ask a colleague to send the same request with another credential.",
    )
