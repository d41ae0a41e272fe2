"""The own delivery queues of withdrawals, which overtake the failing deliveries of their subject.

A withdrawal joins the queue of its subject, as every event does. If the head of that queue has failed, the withdrawal
moves to a queue of its own. The head keeps its place, its attempts and the wait that its receiver requests. No two
withdrawals share a queue, because the first of them may fail and wait too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.withdrawals import QUEUE_SUFFIX, WITHDRAWALS, is_withdrawal_queue
from shared.database import column_arrays

_OWN_QUEUE = "d.subject || ' ' || d.position || :suffix"
_ADD_QUEUES = """
    INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)
    SELECT DISTINCT endpoint_id, subject, CAST(:at AS timestamptz), 0 FROM moved ORDER BY 1, 2
    ON CONFLICT (endpoint_id, subject) DO UPDATE SET attempts = delivery_queues.attempts
"""
# Raw: one statement moves the deliveries and adds their queues, from the rows that it moved.
_OVERTAKE = text(f"""
    WITH withdrawn AS MATERIALIZED (
        SELECT id, endpoint_id, subject FROM deliveries WHERE position = ANY (CAST(:positions AS bigint[]))
    ), moved AS (
        UPDATE deliveries d SET subject = {_OWN_QUEUE}
        FROM withdrawn w JOIN delivery_queues q
             ON q.endpoint_id = w.endpoint_id AND q.subject = w.subject AND q.attempts > 0
        WHERE d.id = w.id AND d.status = 'pending'
        RETURNING d.endpoint_id, d.subject
    )
    {_ADD_QUEUES}
""")  # noqa: S608
# Raw: as above. The head of each queue is not moved, whatever its type.
_OVERTAKE_FAILING = text(f"""
    WITH moved AS (
        UPDATE deliveries d SET subject = {_OWN_QUEUE}
        FROM unnest(CAST(:endpoint_id AS uuid[]), CAST(:subject AS text[]), CAST(:delivery_id AS uuid[]))
                 AS failing(endpoint_id, subject, delivery_id), events e
        WHERE d.endpoint_id = failing.endpoint_id AND d.subject = failing.subject AND d.status = 'pending'
              AND d.id <> failing.delivery_id AND e.position = d.position AND e.type = ANY (CAST(:types AS text[]))
        RETURNING d.endpoint_id, d.subject
    )
    {_ADD_QUEUES}
""")  # noqa: S608
_KEYS = ["endpoint_id", "subject", "delivery_id"]


async def overtake(conn: AsyncConnection, positions: Sequence[int], *, at: datetime) -> None:
    """Move the new deliveries of withdrawals out of the queues whose heads have failed.

    It is a statement after the fan-out, which has locked the queues. So it sees each failure that is settled, and the
    settlement of a later failure sees the withdrawal.
    """
    await conn.execute(_OVERTAKE, {"positions": list(positions), "suffix": QUEUE_SUFFIX, "at": at})


async def overtake_failing(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Move the withdrawals that wait behind a first failure: endpoint_id, subject, delivery_id, attempts of each head.

    The caller has locked the queues. A withdrawal that arrives after the first failure moves at its intake.
    """
    first = [row for row in rows if row["attempts"] == 1 and not is_withdrawal_queue(row["subject"])]
    if first:
        given = {**column_arrays(first, _KEYS), "types": sorted(WITHDRAWALS), "suffix": QUEUE_SUFFIX, "at": at}
        await conn.execute(_OVERTAKE_FAILING, given)
