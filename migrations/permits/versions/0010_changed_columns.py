"""Let permits update only the columns that change, and delete neither events nor stored responses.

The content of a permit, the granted quantity of its lines and the party of a declaration never change. A command that
permits refuses after it began is deleted by a function, which accepts only a command without a stored response.
"""

from alembic import op

revision = "0010_changed_columns"
down_revision = "0009_mandates"
branch_labels = None
depends_on = None

CHANGED_COLUMNS = {
    "parties": "version, country, roles, disabled",
    "outbox_events": "due_at, attempts, settled_at",
    "permits": "status, endorsed, transport_documents, registered_by, registering_country, replaced_by, notice_level,"
    " sequence, version, number_key",
    "permit_lines": "endorsed, export_consented, import_consented, export_reserved, import_reserved, import_consumed,"
    " export_closed, import_closed",
    "balance_mismatches": "stored, computed",
    "declarations": "trader_name, trader_country, status, content, search_words, findings, digest, received_at,"
    " sequence, version",
    "applications": "status, decided_at, permit_id, assessment, sequence, version",
    "policies": "version, policy",
    "taxa": "until",
    "taxon_genera": "lineage",
    "suspensions": "until",
    "quotas": "amount, note, taxon, digest, version, ended_on, sequence, notice_level",
}
WITHDRAW_COMMANDS = """
CREATE FUNCTION withdraw_commands(withdrawn uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DELETE FROM public.commands WHERE id = ANY (withdrawn) AND status IS NULL
$$;
"""
"""Delete commands that this transaction began and that have no response."""


def upgrade() -> None:
    for table, columns in CHANGED_COLUMNS.items():
        op.execute(f"REVOKE UPDATE ON {table} FROM permits_runner")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO permits_runner")
    op.execute("REVOKE UPDATE ON citations FROM permits_runner")
    op.execute("REVOKE DELETE ON outbox_events, commands FROM permits_runner")
    op.execute(WITHDRAW_COMMANDS)
    op.execute("REVOKE ALL ON FUNCTION withdraw_commands(uuid[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION withdraw_commands(uuid[]) TO permits_runner")


def downgrade() -> None:
    op.execute("DROP FUNCTION withdraw_commands(uuid[])")
    op.execute("GRANT DELETE ON outbox_events, commands TO permits_runner")
    for table in (*CHANGED_COLUMNS, "citations"):
        op.execute(f"GRANT UPDATE ON {table} TO permits_runner")
