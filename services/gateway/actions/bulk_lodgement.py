"""Many declarations of one party at once: read a few at a time, kept by one insert, each with a result of its own."""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from uuid import UUID

from services.gateway.actions.auth.party_directory import Known, People
from services.gateway.actions.bulk_lines import name_of, unwrapped
from services.gateway.actions.context import Desk
from services.gateway.actions.lodgement.batcher import Receipt
from services.gateway.actions.representation import is_own, submission_of, trader_of
from services.gateway.formats import declaration_json
from services.gateway.formats.declaration_formats import INSIDE
from services.gateway.store.submissions import Submission
from shared.database import now
from shared.problems import Conflict, Invalid, Refusal
from shared.web import BODY_LIMIT

READ_AT_ONCE = 16
"""Declarations read before others on this loop have their turn: some two milliseconds."""
Result = Receipt | Exception
NEXT = "Amend that declaration, or choose a new reference."
TAKEN = f"This trader has used this reference in another declaration. {NEXT}"


async def begin(desk: Desk, known: Known, key: str | None, lines: Sequence[bytes | None]) -> "Awaitable[list[Result]]":
    """Read lines and begin to keep them; await the answer for a result a line. None is a line that was too long."""
    read: list[Submission | Refusal] = []
    for place, line in enumerate(lines):
        if place % READ_AT_ONCE == READ_AT_ONCE - 1:
            await asyncio.sleep(0)
        try:
            read.append(await _read(desk.people, known, key, line))
        except Refusal as error:
            read.append(error)
    good = [one for one in read if isinstance(one, Submission)]
    kept = asyncio.create_task(desk.intake.keep_many(good)) if good else None

    async def results() -> list[Result]:
        receipts = await kept if kept is not None else {}
        return [_told(one, receipts) if isinstance(one, Submission) else one for one in read]

    return results()


async def _read(people: People, known: Known, key: str | None, line: bytes | None) -> Submission:
    if line is None:
        raise Invalid("body-too-large", f"A line has at most {BODY_LIMIT} bytes. Send less in one declaration.")
    named, body = unwrapped(line, "declaration")
    declaration, inside = declaration_json.read(body, known.party)
    at, digest = now(), hashlib.sha256(body).digest()
    trader = known if is_own(declaration, known) else await trader_of(declaration, known, people, at=at)
    name = name_of(named, key, declaration.reference)
    return submission_of(
        known, declaration, trader, key=name, content_type=INSIDE, body=body, inside=inside, digest=digest, at=at
    )


def _told(one: Submission, receipts: "dict[UUID, Result]") -> Result:
    """Answer what became of a line; where it named no key of its own, what was used before is told by its reference."""
    said = receipts[one.id]
    if not (isinstance(said, Refusal) and said.code == "idempotency-key-reused" and " " in one.key):
        return said
    if one.key.startswith(" "):
        return Conflict("reference-taken", TAKEN)
    return Invalid("idempotency-key-reused", f"This Idempotency-Key was used for other bytes of this reference. {NEXT}")
