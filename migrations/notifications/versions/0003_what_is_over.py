"""What is over is deleted in small steps that pass over what is still to be delivered."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FORGET_EVENTS = """
CREATE FUNCTION forget_events(kept interval, after bigint, most integer, OUT last bigint, OUT gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    old bigint[];
    ends timestamptz := now() - greatest(kept, interval '30 days');
BEGIN
    gone := 0;
    IF NOT pg_try_advisory_xact_lock(20241117) THEN
        RETURN;
    END IF;
    SELECT max(position) INTO last FROM (
        SELECT position FROM (
            SELECT position, taken_at FROM public.events WHERE position > after ORDER BY position LIMIT most
        ) AS next WHERE taken_at < ends
    ) AS looked_at;
    PERFORM FROM public.events WHERE position > after AND position <= last AND taken_at < ends
    ORDER BY position FOR UPDATE;
    SELECT array_agg(position) INTO old FROM public.events e
    WHERE position > after AND position <= last AND taken_at < ends
      AND NOT EXISTS (SELECT FROM public.deliveries d WHERE d.position = e.position AND d.status = 'pending');
    IF old IS NOT NULL THEN
        DELETE FROM public.attempts a USING public.deliveries d WHERE a.delivery_id = d.id AND d.position = ANY(old);
        DELETE FROM public.deliveries WHERE position = ANY(old);
        DELETE FROM public.acknowledgements WHERE position = ANY(old);
        DELETE FROM public.readers WHERE position = ANY(old);
        DELETE FROM public.events WHERE position = ANY(old);
        gone := cardinality(old);
    END IF;
END $$;
"""
"""Looks at the next events after a position and deletes those that are over: older than the feed promises, and nothing
of them to be delivered. Their rows are held first, so that no replay begins on what is about to go. Answers up to where
it looked (NULL: nothing left to look at, or another one is at it) and how many went."""

FORGET_DELIVERIES = """
CREATE FUNCTION forget_deliveries(kept interval, after bigint, most integer, OUT last bigint, OUT gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    old uuid[];
    ends timestamptz := now() - greatest(kept, interval '1 day');
BEGIN
    gone := 0;
    IF NOT pg_try_advisory_xact_lock(20241117) THEN
        RETURN;
    END IF;
    SELECT max(position) INTO last FROM (
        SELECT position FROM (
            SELECT position, taken_at FROM public.events WHERE position > after ORDER BY position LIMIT most
        ) AS next WHERE taken_at < ends
    ) AS looked_at;
    SELECT array_agg(id) INTO old FROM (
        SELECT id FROM public.deliveries
        WHERE position > after AND position <= last AND status IN ('delivered', 'dropped') AND settled_at < ends
        ORDER BY id FOR UPDATE
    ) AS over;
    IF old IS NOT NULL THEN
        DELETE FROM public.attempts WHERE delivery_id = ANY(old);
        DELETE FROM public.deliveries WHERE id = ANY(old);
        gone := cardinality(old);
    END IF;
END $$;
"""
"""Deletes, of the next events after a position, the deliveries that went well or were dropped long enough ago, with
their attempts. What was given up stays as long as its event: it can still be sent again."""

RIGHTS = """
REVOKE ALL ON FUNCTION forget_events(interval, bigint, integer), forget_deliveries(interval, bigint, integer)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_events(interval, bigint, integer), forget_deliveries(interval, bigint, integer)
    TO notifications_runner;
DROP FUNCTION forget(interval, integer);
"""

FORGET = """
CREATE FUNCTION forget(kept interval, most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT 0::bigint WHERE kept IS NOT NULL AND most IS NOT NULL
$$;
"""
"""The way back leaves a function that deletes nothing: the one that was could delete what was still to be delivered."""

BACK = """
DROP FUNCTION forget_deliveries(interval, bigint, integer);
DROP FUNCTION forget_events(interval, bigint, integer);
REVOKE ALL ON FUNCTION forget(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget(interval, integer) TO notifications_runner;
"""


def _run(part: str) -> None:
    for statement in part.split(";\n"):
        if statement.strip():
            op.execute(statement)


def upgrade() -> None:
    op.execute(FORGET_EVENTS)
    op.execute(FORGET_DELIVERIES)
    _run(RIGHTS)


def downgrade() -> None:
    op.execute(FORGET)
    _run(BACK)
