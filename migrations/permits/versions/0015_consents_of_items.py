"""A consent is for its item alone: a line has more by it only while that item draws on it, and says so by entries.

Until now a consent counted for the line at once and for whoever came. What of the consents given so far is really in
use stays on its line, drawn by the items it was given for as far as they use it; what is not in use is on the line no
more, and waits with its item.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

IN_USE = """
CREATE TEMPORARY TABLE consents_in_use ON COMMIT DROP AS
SELECT permit_id, line, 'export' AS side, greatest(export_reserved + coalesce(endorsed, 0) - granted, 0) AS quantity
FROM permit_lines WHERE export_consented > 0
UNION ALL
SELECT permit_id, line, 'import', greatest(import_reserved + import_consumed - coalesce(endorsed, granted), 0)
FROM permit_lines WHERE import_consented > 0
"""
DRAWN = """
WITH may AS (
    SELECT c.declaration_id, c.item, c.permit_id, c.line, u.quantity,
        least(c.consented, c.reserved + c.used) AS most,
        sum(least(c.consented, c.reserved + c.used)) OVER (
            PARTITION BY c.permit_id, c.line, c.side ORDER BY c.reserved = 0, c.declaration_id, c.item
        ) AS so_far
    FROM citations c JOIN consents_in_use u ON (u.permit_id, u.line, u.side) = (c.permit_id, c.line, c.side)
    WHERE c.consented > 0
)
UPDATE citations c SET drawn = greatest(0, least(may.most, may.quantity - (may.so_far - may.most)))
FROM may
WHERE (c.declaration_id, c.item, c.permit_id, c.line) = (may.declaration_id, may.item, may.permit_id, may.line)
"""
ENTRIES = """
INSERT INTO ledger (id, permit_id, line, side, kind, quantity, closes, opens, day, cause, at, by_role, reason)
SELECT gen_random_uuid(), permit_id, line, side, 'draw', quantity, false, false, current_date, 'consents/0015', now(),
    'rules', 'What was in use of the consents given so far'
FROM consents_in_use WHERE quantity > 0
"""
BALANCES = """
UPDATE permit_lines n SET {side}_consented = u.quantity
FROM consents_in_use u WHERE u.side = '{side}' AND (u.permit_id, u.line) = (n.permit_id, n.line)
"""
AS_BEFORE = """
UPDATE permit_lines n SET {side}_consented = e.quantity
FROM (
    SELECT permit_id, line, sum(quantity) AS quantity FROM ledger
    WHERE kind = 'consent' AND side = '{side}' GROUP BY permit_id, line
) e
WHERE (e.permit_id, e.line) = (n.permit_id, n.line)
"""


def upgrade() -> None:
    op.add_column("citations", sa.Column("drawn", sa.Numeric(), server_default="0", nullable=False))
    op.execute(IN_USE)
    op.execute(DRAWN)
    op.execute(ENTRIES)
    for side in ("export", "import"):
        op.execute(BALANCES.format(side=side))
    op.create_check_constraint("citations_draw_on_consent", "citations", "drawn >= 0 AND drawn <= consented")


def downgrade() -> None:
    for side in ("export", "import"):
        op.execute(AS_BEFORE.format(side=side))
    op.execute("DELETE FROM ledger WHERE kind IN ('draw', 'lapse')")
    op.drop_constraint("citations_draw_on_consent", "citations")
    op.drop_column("citations", "drawn")
