"""Compare the stored balances of permit lines with their ledger entries, and raise an alarm for each mismatch.

The auditor corrects nothing: the balance or the entries may be wrong.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.ledger.balances import Balance, recompute
from services.permits.store import balance_mismatches, ledger
from shared.logs import logger

LINES_PER_RUN = 2000
"""Lines per run. The next run continues after them, and after the last line it starts again at the first."""

Key = tuple[UUID, str]


@dataclass(frozen=True)
class BalanceMismatch:
    """The fields of a line's balance that differ: as stored, and as computed from the entries."""

    stored: dict[str, str]
    computed: dict[str, str]


class LedgerAuditor:
    """The job that compares all lines, some per run. `mismatch_count` counts the mismatches since its start."""

    def __init__(self, lines: int = LINES_PER_RUN) -> None:
        self.lines = lines
        self.mismatch_count = 0
        self._after: Key | None = None

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare the next lines. Store each mismatch for the monitor, until balance and entries agree again."""
        last, seen = self._after, set[Key]()
        mismatches: dict[Key, BalanceMismatch] = {}
        async with engine.connect() as conn:
            async for permit, line, stored, entries in ledger.stream_lines_with_entries(
                conn, after=last, limit=self.lines
            ):
                last = (permit, line)
                seen.add(last)
                mismatch = compare(stored, recompute(entries))
                if mismatch is not None:
                    mismatches[last] = mismatch
        self._after = last if len(seen) == self.lines else None
        self.mismatch_count += len(mismatches)
        await _save(engine, seen, mismatches, at)


def compare(stored: Balance, computed: Balance) -> BalanceMismatch | None:
    """Return the fields in which two balances differ, or None if they agree."""
    names = [name for name in vars(computed) if getattr(computed, name) != getattr(stored, name)]
    if not names:
        return None
    return BalanceMismatch({n: str(getattr(stored, n)) for n in names}, {n: str(getattr(computed, n)) for n in names})


async def _save(engine: AsyncEngine, seen: set[Key], mismatches: dict[Key, BalanceMismatch], at: datetime) -> None:
    async with engine.begin() as conn:
        resolved = (await balance_mismatches.list_known(conn) & seen) - mismatches.keys()
        if resolved:
            await balance_mismatches.delete_resolved(conn, resolved)
        for key in sorted(mismatches):
            await balance_mismatches.upsert(conn, key, mismatches[key].stored, mismatches[key].computed, at)
    for (permit, line), mismatch in mismatches.items():
        logger().error(
            "ledger.mismatch_found",
            alarm=True,
            permit=str(permit),
            line=line,
            stored=mismatch.stored,
            computed=mismatch.computed,
        )
    for permit, line in resolved:
        logger().info("ledger.mismatch_resolved", permit=str(permit), line=line)
