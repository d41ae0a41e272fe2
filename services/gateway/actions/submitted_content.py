"""What was kept of a declaration: its bytes as they came, and the receipt that is signed over their digest.

A receipt is signed when it is asked for, from columns that are never changed: the same words each time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.gateway.actions.context import Desk
from services.gateway.clients.outbox_messages import write_digest
from services.gateway.store import amendments, submissions
from shared.contracts.fields import write_moment
from shared.contracts.parties import Party
from shared.problems import NotFound
from shared.signed_tokens import RECEIPT, sign


@dataclass(frozen=True)
class Version:
    """One version of a declaration as it was sent."""

    id: UUID
    number: int
    reference: str
    party: UUID
    trader: UUID
    content_type: str
    digest: bytes
    body: bytes
    received_at: datetime


async def version(desk: Desk, id: UUID, party: Party, number: int | None) -> Version:
    """Read a version that this party sent, or that was sent for it; the newest when no number is named."""
    async with desk.engine.connect() as conn:
        row = await submissions.own(conn, id, party.id)
        if row is None:
            raise NotFound
        later = await amendments.version(conn, id, number) if number != 1 else None
    if later is None and number not in {None, 1}:
        raise NotFound
    sent: Any = row if later is None else later
    return Version(
        id=id,
        number=1 if later is None else later["version"],
        reference=row["reference"],
        party=sent["party_id"],
        trader=row["trader_id"],
        content_type=sent["content_type"],
        digest=sent["digest"],
        body=sent["body"],
        received_at=sent["received_at"],
    )


def receipt(desk: Desk, kept: Version) -> str:
    """Sign that these bytes of this party were received at this time (JWS, RFC 7515)."""
    received = write_moment(kept.received_at)
    claims = {
        "iss": desk.access.issuer,
        "iat": int(kept.received_at.timestamp()),
        "id": str(kept.id),
        "version": kept.number,
        "reference": kept.reference,
        "party": str(kept.party),
        "trader": str(kept.trader),
        "received_at": received,
        "content_type": kept.content_type,
        "length": len(kept.body),
        "digest": write_digest(kept.digest),
    }
    return sign(desk.access.keys, typ=RECEIPT, claims=claims)
