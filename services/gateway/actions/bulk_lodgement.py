"""Many declarations of one party: parsed one after another, stored by one insert, each with its own result."""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from uuid import UUID

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.bulk_lines import derive_key, unwrap
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.lodgement.batcher import LodgedDeclaration, reference_taken
from services.gateway.actions.mandate_acceptance import lodging_trader
from services.gateway.actions.representation import is_own, make_submission
from services.gateway.formats import declaration_json
from services.gateway.formats.declaration_formats import NORMALIZED_MEDIA_TYPE
from services.gateway.store.submissions import Submission
from shared.database import now
from shared.problems import Invalid, ProblemError
from shared.web import MAX_BODY_BYTES

LINES_BETWEEN_YIELDS = 16
"""Declarations that are parsed before other tasks of the event loop run: about two milliseconds."""
Result = LodgedDeclaration | Exception


async def start(
    context: GatewayContext, principal: Principal, key: str | None, lines: Sequence[bytes | None], *, person: str
) -> "Awaitable[list[Result]]":
    """Parse lines and begin to store them. Return an awaitable of one result per line.

    None in `lines` is a line that was too long. `person` is the person who lodges.
    """
    parsed: list[Submission | ProblemError] = []
    for index, line in enumerate(lines):
        if index % LINES_BETWEEN_YIELDS == LINES_BETWEEN_YIELDS - 1:
            await asyncio.sleep(0)
        try:
            parsed.append(await _parse_line(context, principal, key, line, person=person))
        except ProblemError as error:
            parsed.append(error)
    submissions = [one for one in parsed if isinstance(one, Submission)]
    storing = asyncio.create_task(context.batcher.store_batch(submissions)) if submissions else None

    async def results() -> list[Result]:
        stored = await storing if storing is not None else {}
        return [_line_result(one, stored) if isinstance(one, Submission) else one for one in parsed]

    return results()


async def _parse_line(
    context: GatewayContext, principal: Principal, key: str | None, line: bytes | None, *, person: str
) -> Submission:
    if line is None:
        raise Invalid(
            "body-too-large",
            f"The line has more than {MAX_BODY_BYTES} bytes, the limit of a declaration. Send "
            "fewer items in one declaration.",
        )
    explicit_key, body = unwrap(line, "declaration")
    declaration, normalized = declaration_json.parse(body, principal.party)
    at, digest = now(), hashlib.sha256(body).digest()
    trader = (
        principal if is_own(declaration, principal) else await lodging_trader(context, declaration, principal, at=at)
    )
    derived_key = derive_key(explicit_key, key, declaration.reference)
    return make_submission(
        principal,
        declaration,
        trader,
        key=derived_key,
        content_type=NORMALIZED_MEDIA_TYPE,
        body=body,
        normalized=normalized,
        digest=digest,
        at=at,
        person=person,
    )


def _line_result(submission: Submission, stored: "dict[UUID, Result]") -> Result:
    """Return the result of a line. Without a key of its own, its conflict names the reference, not the key."""
    result = stored[submission.id]
    if not (isinstance(result, ProblemError) and result.code == "idempotency-key-reused" and " " in submission.key):
        return result
    if submission.key.startswith(" "):
        return reference_taken(submission.reference)
    return Invalid(
        "idempotency-key-reused",
        f"You sent another declaration with the reference {submission.reference} under this Idempotency-Key. Amend "
        "that declaration, or choose a new reference.",
    )
