"""Remove addresses from stored reasons of failed attempts, because the owner of an endpoint reads them.

An earlier version stored the addresses to which the name of a host resolved, so they could show an internal network.
An attempt without a response has no status. The reasons of other attempts name no address.
"""

from alembic import op

revision = "0010_reasons_no_addresses"
down_revision = "0009_mandates"
branch_labels = None
depends_on = None

REPLACED = {
    r"^\S+ is no public address (\(.*\))$": r"the host has no public address \1",
    r"^\S+ is sent to by https only$": "the hub sends to this host by https only",
    r"^([a-zA-Z ]+): .*(\[Errno|\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:).*$": r"\1",
}
"""Patterns of stored reasons with their replacements. The words before a library's message stay."""


def upgrade() -> None:
    for pattern, replacement in REPLACED.items():
        op.execute(
            f"UPDATE attempts SET reason = regexp_replace(reason, '{pattern}', '{replacement}')"
            f" WHERE status IS NULL AND reason ~ '{pattern}'"
        )


def downgrade() -> None:
    """Keep the reasons: nothing stores the addresses."""
