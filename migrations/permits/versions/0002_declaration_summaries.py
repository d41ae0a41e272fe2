"""Columns with the summary of a declaration, which PostgreSQL computes from its content and its findings.

The statement writes the table once, under a lock. Lists then read the new columns and not the large ones.
"""

from alembic import op

revision = "0002_declaration_summaries"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

COLUMNS = {
    "summary": ("jsonb", "content - '{items,repairs}'::text[]"),
    "item_count": ("integer", "jsonb_array_length(content -> 'items'::text)"),
    "taxa": ("jsonb", """jsonb_path_query_array(content, '$."items"[0 to 9]."taxon"'::jsonpath)"""),
    **{
        f"{severity}_count": (
            "integer",
            "jsonb_array_length(jsonb_path_query_array(findings, "
            f"""'$[*]?(@."severity" == "{severity}" && !(@."overridden" == true))'::jsonpath))""",
        )
        for severity in ("block", "refer", "note")
    },
}


def upgrade() -> None:
    """Add all columns in one statement, so that PostgreSQL writes the table once."""
    compiled = ", ".join(
        f"ADD COLUMN {name} {kind} GENERATED ALWAYS AS ({expression}) STORED"
        for name, (kind, expression) in COLUMNS.items()
    )
    op.execute(f"ALTER TABLE declarations {compiled}")


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("declarations", name)
