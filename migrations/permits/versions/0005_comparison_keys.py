"""Compare the numbers of permits and the references of declarations and applications by their keys.

Two rows of before may have one key: one paper that was registered twice, or one reference in two forms. The oldest row
keeps the key. Each later one gets the key, a blank and its id, which no number has. It stays readable by its id, and a
citation of the number means the oldest. Nothing of what is registered is lost, and the migration does not stop.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.contracts.comparison import comparison_key

revision = "0005_comparison_keys"
down_revision = "0004_open_applications"
branch_labels = None
depends_on = None

BATCH_ROWS = 5_000
FIRST_ID = "00000000-0000-0000-0000-000000000000"
LIST_ROWS = "SELECT {columns} FROM {table} WHERE id > CAST(:after AS uuid) ORDER BY id LIMIT :row_limit"
WRITE_KEYS = """
    UPDATE {table} SET {column} = given.key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[])) AS given(id, key) WHERE {table}.id = given.id
"""
WRITE_WORDS = """
    UPDATE declarations SET search_words = CAST(given.words AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS given(id, words) WHERE declarations.id = given.id
"""
MARK_LATER_ROWS = """
    UPDATE {table} SET {column} = {table}.{column} || ' ' || {table}.id
    FROM (SELECT id, row_number() OVER (PARTITION BY {owner}, {column} ORDER BY id) AS place FROM {table}) AS ranked
    WHERE ranked.id = {table}.id AND ranked.place > 1
"""


def upgrade() -> None:
    conn = op.get_bind()
    for table, column in (("permits", "number"), ("declarations", "reference"), ("applications", "reference")):
        op.add_column(table, sa.Column(f"{column}_key", sa.Text))
        for rows in _batches(conn, table, f"id, {column} AS written"):
            stated = [row for row in rows if row.written is not None]
            keys = {"ids": [row.id for row in stated], "keys": [comparison_key(row.written) for row in stated]}
            conn.execute(sa.text(WRITE_KEYS.format(table=table, column=f"{column}_key")), keys)
    for rows in _batches(conn, "declarations", "id, search_words"):
        _write_words(conn, rows)
    op.execute(MARK_LATER_ROWS.format(table="permits", column="number_key", owner="issuer"))
    op.execute(MARK_LATER_ROWS.format(table="declarations", column="reference_key", owner="trader_id"))
    _index("permits", "issuer", "number_key", "permits_issuer_number_key", "permits_number")
    _index("declarations", "trader_id", "reference_key", "declarations_reference_key", "declarations_reference")


def downgrade() -> None:
    """Compare as written again. The words of declarations keep their keys, which find less of what is not ASCII."""
    _index("permits", "issuer", "number", "permits_issuer_number_key", "permits_number")
    _index("declarations", "trader_id", "reference", "declarations_reference_key", "declarations_reference")
    for table, column in (("permits", "number"), ("declarations", "reference"), ("applications", "reference")):
        op.drop_column(table, f"{column}_key")


def _batches(conn: sa.Connection, table: str, columns: str) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the rows of a table in the order of their ids."""
    query, after = sa.text(LIST_ROWS.format(table=table, columns=columns)), FIRST_ID
    while rows := conn.execute(query, {"after": after, "row_limit": BATCH_ROWS}).all():
        yield rows
        after = rows[-1].id


def _write_words(conn: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    """Write the search words of declarations whose cited numbers are not their own keys."""
    changed = [(row.id, words) for row in rows if (words := _keyed_words(row.search_words)) != row.search_words]
    if changed:
        ids, texts = [one for one, _ in changed], [json.dumps(words) for _, words in changed]
        conn.execute(sa.text(WRITE_WORDS), {"ids": ids, "words": texts})


def _keyed_words(words: list[str]) -> list[str]:
    parts = (word.partition(":") for word in words)
    keyed = (
        f"permit:{comparison_key(rest)}" if kind == "permit" else kind + colon + rest for kind, colon, rest in parts
    )
    return list(dict.fromkeys(keyed))


def _index(table: str, owner: str, column: str, constraint: str, index: str) -> None:
    """Make a column unique for each owner and index it, in the place of the column that was."""
    op.alter_column(table, column, nullable=False)
    op.drop_constraint(constraint, table, type_="unique")
    op.drop_index(index, table)
    op.create_unique_constraint(constraint, table, [owner, column])
    op.create_index(index, table, [column])
