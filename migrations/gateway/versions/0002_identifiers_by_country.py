"""Make identifiers unique by country and key, and keep the trader for whom an agent lodged.

Two parties of one country may have identifiers with one key, because the hub compared them as written before. The
oldest party keeps its identifier. The hub takes it from the others, as a new version of each, and logs a warning with
the party and the identifier. So the migration never stops, and no party gets the documents of another.
"""

import json
from logging import getLogger
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.contracts.identifiers import identifier_key

revision = "0002_identifiers_by_country"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

GRANT = "GRANT SELECT, INSERT, DELETE ON party_identifiers TO gateway_runner"
WRITE_REPRESENTED = """
    UPDATE submissions SET represented = jsonb_build_object(
        'party', trader.id, 'name', trader.name, 'country', trader.country,
        'numbers', ARRAY(SELECT value FROM jsonb_each_text(trader.identifiers))
    )
    FROM parties trader WHERE trader.id = trader_id AND trader_id <> party_id AND settled_at IS NULL
"""
WRITE_PARTY = """
    WITH raised AS (UPDATE directory_revision SET revision = revision + 1 RETURNING revision)
    UPDATE parties SET identifiers = CAST(:identifiers AS jsonb), version = version + 1, revision = raised.revision
    FROM raised WHERE id = :id
"""
WRITE_VERSION = """
    INSERT INTO party_versions (party_id, version, party, at)
    SELECT id, version, to_jsonb(parties) - 'revision', now() FROM parties WHERE id = :id
"""
WRITE_MESSAGES = """
    INSERT INTO outbox_parties (id, destination, party, due_at)
    SELECT gen_random_uuid(), destination, to_jsonb(parties) - 'revision', now()
    FROM parties, unnest(ARRAY['permits', 'notifications']) AS destination WHERE parties.id = :id
"""


def upgrade() -> None:
    op.add_column("submissions", sa.Column("represented", JSONB, nullable=True))
    op.execute(WRITE_REPRESENTED)
    _create_identifiers("key")
    conn = op.get_bind()
    claimed: dict[str, object] = {}
    for party in conn.execute(sa.text("SELECT id, country, identifiers FROM parties ORDER BY id")).all():
        kept: dict[str, str] = {}
        for kind, value in party.identifiers.items():
            if claimed.setdefault(identifier_key(party.country, value), party.id) == party.id:
                kept[kind] = value
        if len(kept) < len(party.identifiers):
            _write_party(conn, party, kept)
    if claimed:
        rows = [{"key": key, "party_id": party_id} for key, party_id in claimed.items()]
        conn.execute(sa.text("INSERT INTO party_identifiers (key, party_id) VALUES (:key, :party_id)"), rows)


def downgrade() -> None:
    _create_identifiers("value")
    op.execute(
        "INSERT INTO party_identifiers (value, party_id) SELECT identifier.value, id FROM parties,"
        " jsonb_each_text(identifiers) AS identifier ORDER BY id ON CONFLICT DO NOTHING"
    )
    op.drop_column("submissions", "represented")


def _create_identifiers(key: str) -> None:
    op.drop_table("party_identifiers")
    op.create_table(
        "party_identifiers",
        sa.Column(key, sa.Text, primary_key=True),
        sa.Column("party_id", UUID, sa.ForeignKey("parties.id", name="party_identifiers_party"), nullable=False),
    )
    op.create_index("party_identifiers_by_party", "party_identifiers", ["party_id"])
    op.execute(GRANT)


def _write_party(conn: sa.Connection, party: sa.Row[Any], kept: dict[str, str]) -> None:
    for kind in party.identifiers.keys() - kept.keys():
        getLogger("alembic.runtime.migration").warning(
            "Party %s loses its identifier %s=%r: an older party of %s has it, or the party itself under another kind.",
            party.id,
            kind,
            party.identifiers[kind],
            party.country,
        )
    conn.execute(sa.text(WRITE_PARTY), {"id": party.id, "identifiers": json.dumps(kept)})
    for statement in (WRITE_VERSION, WRITE_MESSAGES):
        conn.execute(sa.text(statement), {"id": party.id})
