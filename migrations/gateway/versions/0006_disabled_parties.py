"""Send the disabled parties to notifications again, which keeps the events of a disabled party from now on."""

from alembic import op

revision = "0006_disabled_parties"
down_revision = "0005_restored_submissions"
branch_labels = None
depends_on = None

SEND_AGAIN = """
    INSERT INTO outbox_parties (id, destination, party, due_at)
    SELECT gen_random_uuid(), 'notifications', v.party, now()
    FROM parties p JOIN party_versions v ON v.party_id = p.id AND v.version = p.version
    WHERE p.disabled
"""


def upgrade() -> None:
    op.execute(SEND_AGAIN)


def downgrade() -> None:
    pass
