"""Reads of parties and credentials for the administrator, from the database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping

from services.gateway.actions.context import GatewayContext
from services.gateway.store import credentials, parties
from shared.contracts.parties import Party
from shared.database import now
from shared.problems import NotFound


class CredentialKind(StrEnum):
    """The proof of a credential: a secret, a public key, or a subject of the external issuer."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    PUBLIC_KEY = "public_key"
    SUBJECT = "subject"


@dataclass(frozen=True, kw_only=True)
class CredentialRecord:
    """An active credential of a party, without its secret."""

    client_id: str
    kind: CredentialKind
    kids: tuple[str, ...]
    subject: str | None
    made_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


async def read_party(context: GatewayContext, party_id: UUID) -> Party:
    """Return one party. Raise NotFound."""
    async with context.engine.connect() as conn:
        found = await parties.find(conn, party_id)
    if found is None:
        raise NotFound
    return found


async def list_parties(context: GatewayContext, *, before: UUID | None, limit: int) -> list[Party]:
    """Return up to `limit` parties that are older than `before`, newest first."""
    async with context.engine.connect() as conn:
        return await parties.list_page(conn, before=before, limit=limit)


async def list_credentials(
    context: GatewayContext, party_id: UUID, *, before: UUID | None, limit: int
) -> list[CredentialRecord]:
    """Return up to `limit` active credentials of a party that are older than `before`. Raise NotFound."""
    async with context.engine.connect() as conn:
        if await parties.find(conn, party_id) is None:
            raise NotFound
        last = None if before is None else str(before)
        rows = await credentials.list_by_party(conn, party_id, before=last, limit=limit, at=now())
    return [_make_credential(row) for row in rows]


def _make_credential(row: RowMapping) -> CredentialRecord:
    return CredentialRecord(
        client_id=row["client_id"],
        kind=_kind(row),
        kids=tuple(key["kid"] for key in row["public_keys"] or ()),
        subject=row["subject"],
        made_at=row["made_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
    )


def _kind(row: RowMapping) -> CredentialKind:
    if row["subject"]:
        return CredentialKind.SUBJECT
    return CredentialKind.PUBLIC_KEY if row["public_keys"] else CredentialKind.SECRET
