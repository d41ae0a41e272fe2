"""Hold issue, replacement, bulk and takeover to the policy of two people, and store what one person proposes."""

from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.permits import second_person
from services.permits.store import permit_proposals, policies
from shared import idempotency
from shared.contracts.parties import Party
from shared.database import new_id
from shared.idempotency import IdempotentCommand
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict

Key = TypeVar("Key", bound=Hashable)
PROPOSAL_DAYS = Limit(
    30,
    "days",
    subject=LimitSubject.PERMITS,
    meaning="Time in which a second person issues or takes over a permit as the first proposed",
    beyond="The request counts as a new proposal.",
)


async def propose(
    conn: AsyncConnection, party: Party, person: str, digests: Mapping[Key, bytes], *, at: datetime
) -> dict[Key, Conflict]:
    """Return the acts that this person may not do alone, each with its error, and store them as proposals.

    The caller commits the transaction without these acts. All others may be done: another person of the country's
    authority proposed the same, or the country requires one person only.
    """
    if not digests or not (await policies.read(conn, party.country))[0].two_people_for_permits:
        return {}
    since = at - timedelta(days=PROPOSAL_DAYS)
    proposed = await permit_proposals.list_persons(conn, party.country, digests.values(), since=since)
    objections = {
        key: objection
        for key, digest in digests.items()
        if (
            objection := second_person.find_objection(
                party.country, person, proposed.get(digest, set()), days=PROPOSAL_DAYS
            )
        )
    }
    new_digests = {digests[key] for key in objections if person not in proposed.get(digests[key], set())}
    common = {"country": party.country, "party_id": party.id, "person": person, "at": at}
    rows = [{"id": new_id(at), "digest": digest, **common} for digest in sorted(new_digests)]
    await permit_proposals.add(conn, rows)
    return objections


async def propose_one(
    conn: AsyncConnection, party: Party, person: str, *, digest: bytes, command: IdempotentCommand
) -> Conflict | None:
    """Return why this person may not do one act alone, stored as a proposal; None if it may be done.

    The command is withdrawn then: the caller commits the proposal, raises the error, and the command may be repeated.
    """
    objection = (await propose(conn, party, person, {command.id: digest}, at=command.at)).get(command.id)
    if objection is not None:
        await idempotency.withdraw(conn, [command.id])
    return objection
