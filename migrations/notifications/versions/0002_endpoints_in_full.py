"""Endpoints prove themselves, filter, keep a pace; failing ones are noted; what is old is forgotten."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ENDPOINTS = """
ALTER TABLE endpoints
    ADD COLUMN countries text[],
    ADD COLUMN permits text[],
    ADD COLUMN taxa text[],
    ADD COLUMN filters jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN headers text,
    ADD COLUMN rate_limit integer CONSTRAINT endpoints_rate_limit CHECK (rate_limit > 0),
    ADD COLUMN format text NOT NULL DEFAULT 'standard'
        CONSTRAINT endpoints_format CHECK (format IN ('standard', 'cloudevents')),
    ADD COLUMN proven boolean NOT NULL DEFAULT true,
    DROP CONSTRAINT endpoints_status,
    ADD CONSTRAINT endpoints_status CHECK (status IN ('pending', 'active', 'paused', 'disabled', 'deleted')),
    ADD CONSTRAINT endpoints_proven CHECK (proven OR status <> 'active');
GRANT UPDATE (countries, permits, taxa, filters, headers, rate_limit, format, proven) ON endpoints
    TO notifications_runner;
GRANT UPDATE (secret) ON endpoint_secrets TO notifications_runner;
"""

PACES = """
CREATE TABLE paces (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoints (id),
    free_at timestamptz,
    rests_until timestamptz
);
CREATE TABLE failing (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoints (id),
    since timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON paces, failing TO notifications_runner;
CREATE INDEX lanes_flying ON lanes (endpoint_id) WHERE claim IS NOT NULL;
"""

EVENTS = """
ALTER TABLE events ADD COLUMN topics text[], ADD COLUMN sender jsonb;
"""

FORGET = """
CREATE FUNCTION forget(kept interval, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    old bigint[];
    ends timestamptz := now() - greatest(kept, interval '30 days');
BEGIN
    SELECT array_agg(position) INTO old FROM (
        SELECT position FROM (
            SELECT position, taken_at FROM public.events WHERE position IS NOT NULL ORDER BY position LIMIT most
        ) AS oldest WHERE taken_at < ends
    ) AS found;
    IF old IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM FROM public.lanes l WHERE (l.endpoint_id, l.subject) IN (
        SELECT endpoint_id, subject FROM public.deliveries WHERE position = ANY(old) AND status = 'pending'
    ) ORDER BY l.endpoint_id, l.subject FOR UPDATE;
    DELETE FROM public.attempts a USING public.deliveries d WHERE a.delivery_id = d.id AND d.position = ANY(old);
    DELETE FROM public.deliveries WHERE position = ANY(old);
    DELETE FROM public.acknowledgements WHERE position = ANY(old);
    DELETE FROM public.readers WHERE position = ANY(old);
    DELETE FROM public.events WHERE position = ANY(old);
    RETURN cardinality(old);
END $$;
"""
"""What is over is deleted by this and by nothing else: the runner may not delete events or attempts, and not even
this deletes what is younger than the feed promises."""

FORGET_MORE = """
CREATE FUNCTION forget_commands(most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH old AS (
        SELECT party_id, id FROM public.commands WHERE at < now() - interval '8 days' ORDER BY at LIMIT most
    ), gone AS (
        DELETE FROM public.commands c USING old WHERE c.party_id = old.party_id AND c.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
"""

RIGHTS = """
REVOKE ALL ON FUNCTION forget(interval, integer), forget_commands(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget(interval, integer), forget_commands(integer) TO notifications_runner;
CREATE INDEX deliveries_by_position ON deliveries (position);
CREATE INDEX readers_by_position ON readers (position);
"""

DOWN = """
DROP INDEX readers_by_position;
DROP INDEX deliveries_by_position;
DROP FUNCTION forget_commands(integer);
DROP FUNCTION forget(interval, integer);
ALTER TABLE events DROP COLUMN sender, DROP COLUMN topics;
DROP INDEX lanes_flying;
DROP TABLE failing;
DROP TABLE paces;
REVOKE UPDATE (secret) ON endpoint_secrets FROM notifications_runner;
ALTER TABLE endpoints DROP CONSTRAINT endpoints_proven;
UPDATE endpoints SET status = 'paused' WHERE status = 'pending';
ALTER TABLE endpoints DROP CONSTRAINT endpoints_status,
    ADD CONSTRAINT endpoints_status CHECK (status IN ('active', 'paused', 'disabled', 'deleted')),
    DROP COLUMN proven, DROP COLUMN format, DROP COLUMN rate_limit, DROP COLUMN headers, DROP COLUMN filters,
    DROP COLUMN taxa, DROP COLUMN permits, DROP COLUMN countries;
"""


def _run(part: str) -> None:
    for statement in part.split(";\n"):
        if statement.strip():
            op.execute(statement)


def upgrade() -> None:
    for part in (ENDPOINTS, PACES, EVENTS):
        _run(part)
    op.execute(FORGET)
    op.execute(FORGET_MORE)
    _run(RIGHTS)


def downgrade() -> None:
    _run(DOWN)
