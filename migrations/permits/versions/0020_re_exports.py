"""Store the document under which the goods of each line of a re-export certificate came in: box 12a, else box 12.

The hub adds up by it what is re-exported. The lines of stored certificates get it too.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.contracts.comparison import comparison_key

revision = "0020_re_exports"
down_revision = "0019_customs_unions"
branch_labels = None
depends_on = None

BATCH_ROWS = 1_000
FIRST_ID = "00000000-0000-0000-0000-000000000000"
LIST_CERTIFICATES = """
    SELECT id, content FROM permits WHERE kind = 're_export' AND id > CAST(:after AS uuid) ORDER BY id LIMIT :row_limit
"""
WRITE_DOCUMENTS = """
    UPDATE permit_lines SET previous_document = given.document
    FROM unnest(CAST(:ids AS uuid[]), CAST(:letters AS text[]), CAST(:documents AS text[])) AS given(id, line, document)
    WHERE permit_lines.permit_id = given.id AND permit_lines.line = given.line
"""


def upgrade() -> None:
    conn = op.get_bind()
    op.add_column("permit_lines", sa.Column("previous_document", sa.Text))
    for rows in _batches(conn):
        named = [(row.id, letter, document) for row in rows for letter, document in _named(row.content)]
        if named:
            ids, letters, documents = (list(column) for column in zip(*named, strict=True))
            conn.execute(sa.text(WRITE_DOCUMENTS), {"ids": ids, "letters": letters, "documents": documents})
    op.create_index(
        "permit_lines_previous_document",
        "permit_lines",
        ["previous_document"],
        postgresql_where=sa.text("previous_document IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("permit_lines_previous_document", "permit_lines")
    op.drop_column("permit_lines", "previous_document")


def _batches(conn: sa.Connection) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the re-export certificates in the order of their ids."""
    query, after = sa.text(LIST_CERTIFICATES), FIRST_ID
    while rows := conn.execute(query, {"after": after, "row_limit": BATCH_ROWS}).all():
        yield rows
        after = rows[-1].id


def _named(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each line that names a document by a number, with the issuer and the key of the number."""
    for line in content.get("lines", ()):
        for country, number in (
            ("last_export_country", "last_export_certificate"),
            ("origin_country", "origin_permit"),
        ):
            stated = line.get(number)
            if stated is not None and any(letter.isdigit() for letter in stated):
                issuer = line.get(country) or content["export_country"]
                yield line["line"], f"{issuer} {comparison_key(stated)}"
                break
