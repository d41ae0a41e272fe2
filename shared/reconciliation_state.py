"""The state of the reconciliations of a service, and the messages that they cannot mend.

It is in the database of the service: the process that compares writes it, and each process of the service shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client.core import Metric
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, MetaData, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.reconciliation import LostMessage, ReconciliationState
from shared.database import bulk_insert, column_arrays
from shared.metrics import gauge

_metadata = MetaData()
reconciliations = Table(
    "reconciliations",
    _metadata,
    Column("messages", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("compared_at", DateTime(timezone=True), nullable=True),
    Column("sent_again", BigInteger, nullable=False, server_default="0"),
    Column("adopted", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("status IN ('running', 'done', 'failed')", name="reconciliations_status"),
)
"""The reconciliations of a service by their messages, such as `submissions`, with counts since the beginning."""
lost_messages = Table(
    "lost_messages",
    _metadata,
    Column("messages", Text, primary_key=True),
    Column("loss", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=True),
    Column("found_at", DateTime(timezone=True), nullable=False),
)
"""The declarations, parties and events that a reconciliation cannot mend. `reason` has the next step."""


LOST_COLUMNS = ("messages", "loss", "id", "reason", "detail", "found_at")
_INSERT_LOST = bulk_insert(lost_messages, LOST_COLUMNS, suffix="ON CONFLICT DO NOTHING RETURNING id")


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A kind of loss that a reconciliation cannot mend: its code, and a sentence with the next step."""

    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Mended:
    """The number of messages that a reconciliation sent again, and of those that it took over from the receiver."""

    sent_again: int = 0
    adopted: int = 0

    def __add__(self, other: "Mended") -> "Mended":
        return Mended(sent_again=self.sent_again + other.sent_again, adopted=self.adopted + other.adopted)

    def __bool__(self) -> bool:
        return bool(self.sent_again or self.adopted)


def add_reconciliation_tables(metadata: MetaData) -> None:
    """Add the two tables to those of a service. Each service that reconciles has them, with the same columns."""
    for table in (reconciliations, lost_messages):
        table.to_metadata(metadata)


async def record_status(
    conn: AsyncConnection, messages: str, status: ReconciliationStatus, *, compared_at: datetime | None = None
) -> None:
    """Store the status of a reconciliation, and the time of a comparison that ended."""
    changed = {"status": status} if compared_at is None else {"status": status, "compared_at": compared_at}
    await conn.execute(
        insert(reconciliations)
        .values(messages=messages, **changed)
        .on_conflict_do_update(index_elements=["messages"], set_=changed)
    )


async def record_mended(conn: AsyncConnection, messages: str, mended: Mended) -> None:
    """Add to the counts of a reconciliation, which goes on."""
    c = reconciliations.c
    added = {"sent_again": mended.sent_again, "adopted": mended.adopted}
    await conn.execute(
        insert(reconciliations)
        .values(messages=messages, status=ReconciliationStatus.RUNNING, **added)
        .on_conflict_do_update(
            index_elements=["messages"],
            set_={name: c[name] + count for name, count in added.items()},
        )
    )


async def record_lost(
    conn: AsyncConnection, messages: str, loss: Loss, lost: Mapping[UUID, str | None], *, at: datetime
) -> list[UUID]:
    """Store what cannot be mended, by id with a detail. Return the ids that were not known to be lost, in order."""
    values = {"messages": messages, "loss": loss.code, "reason": loss.reason, "found_at": at}
    rows = [{"id": lost_id, "detail": detail, **values} for lost_id, detail in lost.items()]
    return sorted((await conn.execute(_INSERT_LOST, column_arrays(rows, LOST_COLUMNS))).scalars())


async def read_states(engine: AsyncEngine) -> tuple[ReconciliationState, ...]:
    """Return the states of the reconciliations of a service. One that has compared nothing yet is left out."""
    c = reconciliations.c
    lost = select(func.count()).where(lost_messages.c.messages == c.messages).scalar_subquery()
    async with engine.connect() as conn:
        rows = await conn.execute(select(reconciliations, lost.label("lost")).order_by(c.messages))
        return tuple(ReconciliationState(**row) for row in rows.mappings())


async def list_lost(engine: AsyncEngine) -> tuple[LostMessage, ...]:
    """List what the reconciliations of a service cannot mend, the newest first in each kind of loss."""
    c = lost_messages.c
    async with engine.connect() as conn:
        rows = await conn.execute(select(lost_messages).order_by(c.messages, c.loss, c.found_at.desc(), c.id))
        return tuple(LostMessage(**row) for row in rows.mappings())


def reconciliation_metrics(states: Sequence[ReconciliationState]) -> list[Metric]:
    """Return the metrics of the reconciliations of a service."""
    statuses = [
        ((state.messages, status), float(state.status is status)) for state in states for status in ReconciliationStatus
    ]
    times = [((state.messages,), state.compared_at.timestamp() if state.compared_at else 0.0) for state in states]
    counts = {
        "sent_again": "Messages that the service sent again, because the receiver had lost them",
        "adopted": "Messages that the service took over from the receiver, because it had lost them itself",
        "lost": "Messages that the reconciliation cannot mend: `saola status` names them",
    }
    return [
        gauge("saola_reconciliation_status", "1 for the present status", statuses, ["messages", "status"]),
        gauge(
            "saola_reconciliation_compared_timestamp_seconds",
            "Time of the last comparison that ended; 0 if none did",
            times,
            ["messages"],
        ),
        *(
            gauge(
                f"saola_reconciliation_{name}",
                description,
                [((state.messages,), float(getattr(state, name))) for state in states],
                ["messages"],
            )
            for name, description in counts.items()
        ),
    ]
