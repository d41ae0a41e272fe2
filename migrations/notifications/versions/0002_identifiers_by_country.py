"""Give the identifiers among the audience keys the country of their party, and compare them by their keys.

The copy of a party has no country of its own. Its offices name it: `office:trader:FR`.
"""

import json
from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

from shared.contracts.identifiers import identifier_key

revision = "0002_identifiers_by_country"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

LIST_NUMBERS = """
    SELECT number.audience_key, number.party_id, min(split_part(office.audience_key, ':', 3)) AS country
    FROM audience_keys number JOIN audience_keys office USING (party_id)
    WHERE number.audience_key LIKE 'number:%' AND office.audience_key LIKE 'office:%' GROUP BY 1, 2
"""
LIST_WAITING = "SELECT id, audience FROM events WHERE position IS NULL"


def upgrade() -> None:
    conn = op.get_bind()
    new_keys: dict[str, str] = {}
    rows = []
    for number in conn.execute(sa.text(LIST_NUMBERS)).all():
        key = f"holder:{identifier_key(number.country, number.audience_key.removeprefix('number:'))}"
        new_keys[number.audience_key] = key
        rows.append({"audience_key": key, "party_id": number.party_id})
    op.execute("DELETE FROM audience_keys WHERE audience_key LIKE 'number:%'")
    if rows:
        insert = "INSERT INTO audience_keys (audience_key, party_id) VALUES (:audience_key, :party_id)"
        conn.execute(sa.text(f"{insert} ON CONFLICT DO NOTHING"), rows)
    _rename_in_waiting_events(conn, new_keys)


def downgrade() -> None:
    op.execute(
        "UPDATE audience_keys SET audience_key = 'number:' || split_part(audience_key, ':', 3)"
        " WHERE audience_key LIKE 'holder:%'"
    )


def _rename_in_waiting_events(conn: sa.Connection, new_keys: Mapping[str, str]) -> None:
    """Write the new keys into the events that still wait for an earlier one of their subject."""
    for event in conn.execute(sa.text(LIST_WAITING)).all():
        named = [new_keys.get(key, key) for key in event.audience["audience_keys"]]
        if named != event.audience["audience_keys"]:
            audience = json.dumps({**event.audience, "audience_keys": named})
            conn.execute(
                sa.text("UPDATE events SET audience = CAST(:audience AS jsonb) WHERE id = :id"),
                {"audience": audience, "id": event.id},
            )
