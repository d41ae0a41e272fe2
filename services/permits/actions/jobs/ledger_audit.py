"""Work the balances of permit lines out again from their entries, some lines at a time, and raise an alarm where they
differ: nothing is mended by itself, for either may be wrong."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.ledger.balances import Balance, recompute
from services.permits.store import balance_mismatches, ledger
from shared.logs import logger

LINES = 2000
"""Lines that are looked at in one turn; the next goes on after them, and begins anew after the last."""

Key = tuple[UUID, str]


@dataclass(frozen=True)
class Difference:
    """What a line keeps and what its entries say, where the two are not the same."""

    kept: dict[str, str]
    entries_say: dict[str, str]


class Auditor:
    """Goes through all lines, turn by turn; `differences` counts what it found since it began."""

    def __init__(self, lines: int = LINES) -> None:
        self.lines = lines
        self.differences = 0
        self._after: Key | None = None

    async def turn(self, engine: AsyncEngine, at: datetime) -> None:
        """Look at the next lines; keep those that differ where a monitor sees them, until they agree again."""
        last, seen = self._after, set[Key]()
        differ: dict[Key, Difference] = {}
        async with engine.connect() as conn:
            async for permit, line, kept, entries in ledger.lines_with_entries(conn, after=last, limit=self.lines):
                last = (permit, line)
                seen.add(last)
                found = compared(kept, recompute(entries))
                if found is not None:
                    differ[last] = found
        self._after = last if len(seen) == self.lines else None
        self.differences += len(differ)
        await _keep(engine, seen, differ, at)


def compared(kept: Balance, told: Balance) -> Difference | None:
    """Answer where a balance differs from what its entries say."""
    names = [name for name in vars(told) if getattr(told, name) != getattr(kept, name)]
    if not names:
        return None
    return Difference({n: str(getattr(kept, n)) for n in names}, {n: str(getattr(told, n)) for n in names})


async def _keep(engine: AsyncEngine, seen: set[Key], differ: dict[Key, Difference], at: datetime) -> None:
    async with engine.begin() as conn:
        agree = (await balance_mismatches.known(conn) & seen) - differ.keys()
        if agree:
            await balance_mismatches.forget(conn, agree)
        for key in sorted(differ):
            await balance_mismatches.keep(conn, key, differ[key].kept, differ[key].entries_say, at)
    for (permit, line), one in differ.items():
        logger().error(
            "ledger.differs", alarm=True, permit=str(permit), line=line, kept=one.kept, entries_say=one.entries_say
        )
    for permit, line in agree:
        logger().info("ledger.agrees", permit=str(permit), line=line)
