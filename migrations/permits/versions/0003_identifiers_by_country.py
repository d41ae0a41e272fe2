"""Compare exporters and importers by country and key of their identifier; keep the registered trader of a declaration.

The search words and the events that are not sent yet get the keys too. No row is refused: two permits may name one
holder. A declaration of before has the declared name and country as those of its trader, because the hub kept no other.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.contracts.comparison import comparison_key
from shared.contracts.identifiers import identifier_key

revision = "0003_identifiers_by_country"
down_revision = "0002_declaration_summaries"
branch_labels = None
depends_on = None

BATCH_ROWS = 5_000
LIST_HOLDERS = """
    SELECT id, content->'exporter'->>'country' AS exporter_country, content->'exporter'->>'identifier' AS exporter,
           content->'importer'->>'country' AS importer_country, content->'importer'->>'identifier' AS importer,
           search_words
    FROM {table} WHERE id > CAST(:after AS uuid) ORDER BY id LIMIT :row_limit
"""
WRITE_WORDS = """
    UPDATE {table} SET search_words = CAST(given.words AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS given(id, words) WHERE {table}.id = given.id
"""
WRITE_KEYS = """
    UPDATE permits SET exporter_key = given.exporter, importer_key = given.importer
    FROM unnest(CAST(:ids AS uuid[]), CAST(:exporters AS text[]), CAST(:importers AS text[]))
         AS given(id, exporter, importer)
    WHERE permits.id = given.id
"""
WRITE_AUDIENCES = """
    UPDATE outbox_events SET audience = CAST(jsonb_set(
        CAST(audience AS jsonb), '{identifiers}', to_jsonb(array_remove(ARRAY[p.exporter_key, p.importer_key], NULL))
    ) AS text)
    FROM permits p WHERE subject = 'permit:' || p.id AND settled_at IS NULL
"""


def upgrade() -> None:
    op.add_column("declarations", sa.Column("trader_name", sa.Text))
    op.add_column("declarations", sa.Column("trader_country", sa.Text))
    side = "CASE WHEN movement = 'import' THEN content->'importer' ELSE content->'exporter' END"
    op.execute(f"UPDATE declarations SET trader_name = ({side})->>'name', trader_country = ({side})->>'country'")
    op.alter_column("declarations", "trader_name", nullable=False)
    op.alter_column("declarations", "trader_country", nullable=False)
    op.add_column("permits", sa.Column("exporter_key", sa.Text))
    op.add_column("permits", sa.Column("importer_key", sa.Text))
    conn = op.get_bind()
    for rows in _batches(conn, "declarations"):
        _write_words(conn, "declarations", rows, [_words(row, keyed=True) for row in rows])
    for rows in _batches(conn, "permits"):
        _write_words(conn, "permits", rows, [_words(row, keyed=True) for row in rows])
        exporters, importers = ([_key(row, side) for row in rows] for side in ("exporter", "importer"))
        ids = [row.id for row in rows]
        conn.execute(sa.text(WRITE_KEYS), {"ids": ids, "exporters": exporters, "importers": importers})
    op.execute(WRITE_AUDIENCES)
    op.drop_column("permits", "exporter_identifier")
    op.drop_column("permits", "importer_identifier")
    op.create_index("permits_exporter", "permits", ["exporter_key", "id"])
    op.create_index("permits_importer", "permits", ["importer_key", "id"])


def downgrade() -> None:
    op.add_column("permits", sa.Column("exporter_identifier", sa.Text))
    op.add_column("permits", sa.Column("importer_identifier", sa.Text))
    op.execute(
        "UPDATE permits SET exporter_identifier = content->'exporter'->>'identifier',"
        " importer_identifier = content->'importer'->>'identifier'"
    )
    conn = op.get_bind()
    for rows in _batches(conn, "declarations"):
        _write_words(conn, "declarations", rows, [_words(row, keyed=False) for row in rows])
    for rows in _batches(conn, "permits"):
        _write_words(conn, "permits", rows, [_other_words(row) for row in rows])
    op.drop_column("permits", "exporter_key")
    op.drop_column("permits", "importer_key")
    op.create_index("permits_exporter", "permits", ["exporter_identifier", "id"])
    op.create_index("permits_importer", "permits", ["importer_identifier", "id"])
    op.drop_column("declarations", "trader_name")
    op.drop_column("declarations", "trader_country")


def _batches(conn: sa.Connection, table: str) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the rows of a table with their holders, in the order of their ids."""
    after = "00000000-0000-0000-0000-000000000000"
    query = sa.text(LIST_HOLDERS.format(table=table))
    while rows := conn.execute(query, {"after": after, "row_limit": BATCH_ROWS}).all():
        yield rows
        after = rows[-1].id


def _write_words(conn: sa.Connection, table: str, rows: Sequence[sa.Row[Any]], words: list[list[str]]) -> None:
    changed = [(row.id, json.dumps(new)) for row, new in zip(rows, words, strict=True) if new != row.search_words]
    if changed:
        ids, texts = zip(*changed, strict=True)
        conn.execute(sa.text(WRITE_WORDS.format(table=table)), {"ids": list(ids), "words": list(texts)})


def _words(row: sa.Row[Any], *, keyed: bool) -> list[str]:
    holders = (comparison_key(one) if keyed else one for one in (row.exporter, row.importer) if one)
    return list(dict.fromkeys([*_other_words(row), *(f"holder:{one}" for one in holders)]))


def _other_words(row: sa.Row[Any]) -> list[str]:
    return [word for word in row.search_words if not word.startswith("holder:")]


def _key(row: sa.Row[Any], side: str) -> str | None:
    identifier = getattr(row, side)
    return None if identifier is None else identifier_key(getattr(row, f"{side}_country"), identifier)
