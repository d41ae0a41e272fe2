"""Let the gateway store the bytes of a submission that it knows only from permits, after a restore.

The row of such a submission has no bytes. The function accepts only bytes with the digest of the row, so the runner
still cannot change the content of a submission.
"""

from alembic import op

revision = "0005_restored_submissions"
down_revision = "0004_persons"
branch_labels = None
depends_on = None

SIGNATURE = "complete_submission(uuid, text, text, bytea, bytea, jsonb, jsonb)"
COMPLETE_SUBMISSION = """
CREATE FUNCTION complete_submission(
    submission uuid, new_key text, new_content_type text, new_body bytea, new_normalized bytea, new_party jsonb,
    new_represented jsonb
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH completed AS (
        UPDATE public.submissions
        SET key = new_key, content_type = new_content_type, body = new_body, normalized = new_normalized,
            party = new_party, represented = new_represented
        WHERE id = submission AND body = ''::bytea AND digest = sha256(new_body)
        RETURNING 1
    )
    SELECT count(*) = 1 FROM completed
$$;
"""
"""Store the bytes of a submission without bytes, if they have its digest. Return whether it did."""


def upgrade() -> None:
    op.execute(COMPLETE_SUBMISSION)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO gateway_runner")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
