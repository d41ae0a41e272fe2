"""Whose statement a declaration is: a trader's own, or that of a trader who gave the one who lodges it a mandate."""

from datetime import datetime
from uuid import UUID

from services.gateway.actions.auth.party_directory import Known, People
from services.gateway.store.submissions import Submission
from shared.contracts.declaration import Declaration
from shared.contracts.fields import Trader
from shared.contracts.parties import ActsFor
from shared.database import new_id
from shared.problems import NotAllowed

NOT_YOURS = "not-your-declaration"


async def trader_of(declaration: Declaration, known: Known, people: People, *, at: datetime) -> Known:
    """Answer the trader a declaration is made by: the importer (of an import) or the exporter (of an export).

    That is the one who lodges it, or one who gave it a mandate for today (in UTC), named by `trader` or found by the
    identifier of the declaring side. Raises NotAllowed.
    """
    if is_own(declaration, known):
        return known
    side = declaring_side(declaration)
    who = "importer" if declaration.movement == "import" else "exporter"
    if declaration.trader == known.party.id or side.identifier is None:
        raise NotAllowed(
            NOT_YOURS, f"The identifier of the {who} is none of yours. Declare under a number of your own, see /v1/me."
        )
    return await _principal(declaration.trader, side.identifier, who, known, people, at)


def is_own(declaration: Declaration, known: Known) -> bool:
    """Say whether who lodges a declaration is the trader it is made by, so that no mandate need be looked for."""
    return declaring_side(declaration).identifier in known.numbers and declaration.trader in {None, known.party.id}


def declaring_side(declaration: Declaration) -> Trader:
    """Answer the side that declares: who brings the goods in, or sends them out."""
    return declaration.importer if declaration.movement == "import" else declaration.exporter


async def _principal(named: UUID | None, number: str, who: str, known: Known, people: People, at: datetime) -> Known:
    granted = await people.principals(known.party.id, day=at.date())
    among = granted if named is None else [trader for trader in granted if trader.party.id == named]
    if named is not None and not among:
        raise NotAllowed(
            NOT_YOURS, "`trader` is another party, and you hold no mandate of it today. It grants one: /v1/mandates."
        )
    found = next((trader for trader in among if number in trader.numbers), None)
    if found is None:
        raise NotAllowed(
            NOT_YOURS,
            f"The identifier of the {who} is none of yours, nor of a trader whose mandate you hold today. "
            "Declare under a number of your own, see /v1/me, or ask the trader for a mandate.",
        )
    return found


def acts_for(trader: Known, known: Known) -> ActsFor | None:
    """Write in whose name a call goes on inside; None when it is the caller's own."""
    if trader.party.id == known.party.id:
        return None
    return ActsFor(party=trader.party.id, numbers=tuple(sorted(trader.numbers)))


def submission_of(
    known: Known,
    declaration: Declaration,
    trader: Known,
    *,
    key: str,
    content_type: str,
    body: bytes,
    inside: bytes,
    digest: bytes,
    at: datetime,
) -> Submission:
    """Name a party's declaration and write down what is kept of it: the inside form too, where it is not the body."""
    return Submission(
        id=new_id(at),
        party_id=known.party.id,
        trader_id=trader.party.id,
        key=key,
        reference=declaration.reference,
        content_type=content_type,
        digest=digest,
        body=body,
        party=known.text,
        received_at=at,
        inside=None if inside is body else inside,
    )
