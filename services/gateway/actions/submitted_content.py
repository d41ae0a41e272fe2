"""The submitted bytes of a declaration, and the receipt that the hub signs over their digest.

A receipt is signed on request, from columns that never change: its claims are always the same.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from services.gateway.actions.amended_versions import store_missing_versions
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.representation import has_mandate_ended
from services.gateway.store import amendments, submissions
from services.gateway.store.restored_submissions import NO_BYTES
from shared.contracts.fields import format_timestamp, render_digest
from shared.contracts.parties import Party
from shared.problems import NotFound
from shared.signed_tokens import RECEIPT_TYPE, sign_token

LOST_CONTENT = (
    "The hub lost the bytes of this version when its operator restored a backup. It keeps the declaration and its "
    "check. Lodge the same bytes again under the same reference, and the hub stores them under this id."
)


@dataclass(frozen=True, kw_only=True)
class SubmittedVersion:
    """One version of a declaration as it was submitted."""

    id: UUID
    number: int
    reference: str
    party: UUID
    trader: UUID
    content_type: str
    digest: bytes
    body: bytes
    received_at: datetime


async def read_version(
    context: GatewayContext, declaration_id: UUID, party: Party, number: int | None
) -> SubmittedVersion:
    """Return a version that this party submitted or that was submitted for it. Raise NotFound.

    Without a number, return the newest version. An agent whose mandate has ended reads the versions that it sent.
    Raise Unavailable if permits is away and may have made a newer one.
    """
    async with context.engine.connect() as conn:
        row = await submissions.find_own(conn, declaration_id, party.id)
    if row is None:
        raise NotFound
    sent_by = party.id if has_mandate_ended(context.directory, row, party.id) else None
    amendment = None if number == 1 else await _find_amendment(context, declaration_id, number, sent_by)
    if amendment is None and number not in {None, 1}:
        raise NotFound
    submitted: Any = row if amendment is None else amendment
    if submitted["body"] == NO_BYTES:
        raise NotFound(LOST_CONTENT, "content-lost")
    return SubmittedVersion(
        id=declaration_id,
        number=1 if amendment is None else amendment["version"],
        reference=row["reference"],
        party=submitted["party_id"],
        trader=row["trader_id"],
        content_type=submitted["content_type"],
        digest=submitted["digest"],
        body=submitted["body"],
        received_at=submitted["received_at"],
    )


async def _find_amendment(
    context: GatewayContext, declaration_id: UUID, number: int | None, sent_by: UUID | None
) -> RowMapping | None:
    """Return the amendment that made a version, or the newest one. Its number may still be missing here.

    `sent_by` limits it to the amendments of a party; None: of all.
    """

    async def find() -> RowMapping | None:
        async with context.engine.connect() as conn:
            return await amendments.find_version(conn, declaration_id, number, party_id=sent_by)

    found = await find()
    if found is not None and number is not None:
        return found
    return await find() if await store_missing_versions(context, declaration_id) else found


def sign_receipt(context: GatewayContext, version: SubmittedVersion) -> str:
    """Return a signed statement that these bytes of this party were received at this time (JWS, RFC 7515)."""
    received_at = format_timestamp(version.received_at)
    claims = {
        "iss": context.access_tokens.issuer,
        "iat": int(version.received_at.timestamp()),
        "id": str(version.id),
        "version": version.number,
        "reference": version.reference,
        "party": str(version.party),
        "trader": str(version.trader),
        "received_at": received_at,
        "content_type": version.content_type,
        "length": len(version.body),
        "digest": render_digest(version.digest),
    }
    return sign_token(context.access_tokens.keys, typ=RECEIPT_TYPE, claims=claims)
