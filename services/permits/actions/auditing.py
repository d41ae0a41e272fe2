"""Work the balances of permit lines out again from their entries, some lines at a time, and raise an alarm where they
differ: nothing is mended by itself, for either may be wrong."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.ledger import Balance, recompute
from services.permits.store import ledger
from shared.logs import logger

LINES = 2000
"""Lines that are looked at in one turn; the next goes on after them, and begins anew after the last."""


class Auditor:
    """Goes through all lines, turn by turn; `differences` counts what it found since it began."""

    def __init__(self, lines: int = LINES) -> None:
        self.lines = lines
        self.differences = 0
        self._after: tuple[UUID, str] | None = None

    async def turn(self, engine: AsyncEngine, at: datetime) -> None:
        """Look at the next lines."""
        last, seen = self._after, 0
        async with engine.connect() as conn:
            async for permit, line, kept, entries in ledger.lines_with_entries(conn, after=last, limit=self.lines):
                self._compare(permit, line, kept, recompute(entries))
                last, seen = (permit, line), seen + 1
        self._after = last if seen == self.lines else None

    def _compare(self, permit: UUID, line: str, kept: Balance, told: Balance) -> None:
        names = [name for name in vars(told) if getattr(told, name) != getattr(kept, name)]
        if not names:
            return
        self.differences += 1
        logger().error(
            "ledger.differs",
            alarm=True,
            permit=str(permit),
            line=line,
            kept={name: str(getattr(kept, name)) for name in names},
            entries_say={name: str(getattr(told, name)) for name in names},
        )
