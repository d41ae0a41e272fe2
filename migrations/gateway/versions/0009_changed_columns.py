"""Let the gateway update only the columns that change. Nothing changes the id of a party or the key of a counter."""

from alembic import op

revision = "0009_changed_columns"
down_revision = "0008_mandate_messages"
branch_labels = None
depends_on = None

CHANGED_COLUMNS = {
    "directory_revision": "revision",
    "parties": "name, country, roles, identifiers, grants, disabled, version, revision",
    "rate_limit_blocks": "used",
}


def upgrade() -> None:
    for table, columns in CHANGED_COLUMNS.items():
        op.execute(f"REVOKE UPDATE ON {table} FROM gateway_runner")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO gateway_runner")


def downgrade() -> None:
    for table in CHANGED_COLUMNS:
        op.execute(f"GRANT UPDATE ON {table} TO gateway_runner")
