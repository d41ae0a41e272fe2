"""Withdrawals: the events that take back what an earlier event of their subject allowed.

A receiver that acts on the earlier event does harm, so a withdrawal does not wait behind a delivery that fails. Why:
docs/decisions/0035-withdrawals-overtake.md.
"""

from shared.cites.events import EventType

WITHDRAWALS = frozenset(
    {
        EventType.DECLARATION_REFERRED,
        EventType.DECLARATION_REJECTED,
        EventType.DECLARATION_REFUSED,
        EventType.DECLARATION_CANCELLED,
        EventType.PERMIT_REVOKED,
        EventType.PERMIT_REPLACED,
        EventType.PERMIT_LOST,
    }
)
QUEUE_SUFFIX = " withdrawals"
"""The end of the name of a withdrawal's own queue, after its subject and position. A subject has no blank."""


def is_withdrawal_queue(queue: str) -> bool:
    """Return whether a delivery queue is the own one of a withdrawal."""
    return queue.endswith(QUEUE_SUFFIX)


def event_subject(queue: str) -> str:
    """Return the subject of the events in a delivery queue."""
    return queue.partition(" ")[0]
