"""Compare the permits in the filters of endpoints by their keys. Events that are stored keep the keys that they have.

The two differ only for numbers with blanks, slashes or characters outside ASCII.
"""

import sqlalchemy as sa
from alembic import op

from shared.contracts.comparison import comparison_key

revision = "0003_comparison_keys"
down_revision = "0002_identifiers_by_country"
branch_labels = None
depends_on = None

LIST_FILTERS = "SELECT id, permits FROM endpoints WHERE permits IS NOT NULL"
WRITE_FILTERS = "UPDATE endpoints SET permits = CAST(:permits AS text[]) WHERE id = :id"


def upgrade() -> None:
    conn = op.get_bind()
    for row in conn.execute(sa.text(LIST_FILTERS)).all():
        keys = sorted({key for word in row.permits for key in _keyed(word)})
        conn.execute(sa.text(WRITE_FILTERS), {"id": row.id, "permits": keys})


def downgrade() -> None:
    """Leave the keys as they are. Those of usual numbers are the same, and the others cannot be computed back."""


def _keyed(word: str) -> set[str]:
    """Return the filter keys of `permit:` and an id, a number, or issuer and number, as the service computes them."""
    name = word.removeprefix("permit:")
    issuer, slash, number = name.partition("/")
    with_issuer = {f"permit:{issuer}/{comparison_key(number)}"} if slash and len(issuer) == 2 else set()
    return {f"permit:{comparison_key(name)}"} | with_issuer
