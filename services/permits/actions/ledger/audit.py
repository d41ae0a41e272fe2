"""Work the balances of permit lines out again from their entries, some lines at a time, and raise an alarm where they
differ: nothing is mended by itself, for either may be wrong."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.ledger.balances import Balance, recompute
from services.permits.store import balance_mismatches, ledger
from shared.logs import logger

LINES_PER_RUN = 2000
"""Lines that are looked at in one turn; the next goes on after them, and begins anew after the last."""

Key = tuple[UUID, str]


@dataclass(frozen=True)
class BalanceMismatch:
    """What a line keeps and what its entries say, where the two are not the same."""

    stored: dict[str, str]
    computed: dict[str, str]


class LedgerAuditor:
    """Goes through all lines, run by run; `mismatch_count` counts what it found since it began."""

    def __init__(self, lines: int = LINES_PER_RUN) -> None:
        self.lines = lines
        self.mismatch_count = 0
        self._after: Key | None = None

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Look at the next lines; keep those that differ where a monitor sees them, until they agree again."""
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
    """Answer where a balance differs from what its entries say."""
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
