"""Store whether a quota applies in each year or once, and the last notice about a quota by country and period.

Stored quotas apply once, from their first to their last day, until a load changes them. A quota without an end applies
in every year. The level of a quota's last notice moves to its own table, because each year has its own. The column
`quotas.notice_level` remains for processes of the earlier version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_quota_periods"
down_revision = "0014_suspension_codes"
branch_labels = None
depends_on = None

COPY_LEVELS = """
    INSERT INTO quota_notices (quota_id, country, starts, notice_level)
    SELECT id, country, starts, notice_level FROM quotas WHERE notice_level > 0
"""
RETURN_LEVELS = """
    UPDATE quotas SET notice_level = n.notice_level
    FROM quota_notices n WHERE n.quota_id = quotas.id AND n.starts = quotas.starts AND n.country = quotas.country
"""
END_OF_FIRST_YEAR = "UPDATE quotas SET ends = make_date(date_part('year', starts)::integer, 12, 31) WHERE ends IS NULL"


def upgrade() -> None:
    op.add_column("quotas", sa.Column("period", sa.Text, nullable=False, server_default="once"))
    op.alter_column("quotas", "ends", nullable=True)
    op.create_check_constraint("quotas_once_have_an_end", "quotas", "ends IS NOT NULL OR period = 'every_year'")
    op.alter_column("quotas", "notice_level", server_default="0")
    op.create_table(
        "quota_notices",
        sa.Column("quota_id", sa.Uuid, sa.ForeignKey("quotas.id"), primary_key=True),
        sa.Column("country", sa.Text, primary_key=True),
        sa.Column("starts", sa.Date, primary_key=True),
        sa.Column("notice_level", sa.Integer, nullable=False),
    )
    op.execute(COPY_LEVELS)
    op.execute("GRANT UPDATE (period) ON quotas TO permits_runner")
    op.execute("GRANT SELECT, INSERT, UPDATE (notice_level) ON quota_notices TO permits_runner")


def downgrade() -> None:
    op.execute(RETURN_LEVELS)
    op.drop_table("quota_notices")
    op.drop_constraint("quotas_once_have_an_end", "quotas")
    op.execute(END_OF_FIRST_YEAR)
    op.alter_column("quotas", "ends", nullable=False)
    op.alter_column("quotas", "notice_level", server_default=None)
    op.drop_column("quotas", "period")
