"""Reports of a country's year, streamed as CSV to its authority, some at a time."""

from collections.abc import AsyncGenerator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.permits.actions import reports
from services.permits.api.commands import Authority, Engine
from shared.contracts.parties import Party
from shared.problems import NotFound, Unavailable

router = APIRouter(prefix="/v1/reports", tags=["reports"])
AT_ONCE = 3
"""Reports that may flow at once: each holds a connection to the database as long as its reader reads."""


class Year(BaseModel):
    """Whose year."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1975, le=2999)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class SideOfYear(Year):
    """Whose year, and which side of the trade."""

    side: Literal["export", "import"]


class Places:
    """The places there are for reports that flow."""

    def __init__(self) -> None:
        self._free = AT_ONCE

    def take(self) -> None:
        """Take a place, or refuse where none is free."""
        if not self._free:
            detail = f"{AT_ONCE} reports are being read already. Ask again when one of them is through."
            raise Unavailable("reports-busy", detail, retry_after=10)
        self._free -= 1

    def leave(self) -> None:
        """Give a place back."""
        self._free += 1


class Report(StreamingResponse):
    """A report on its way; its place is free again when it ends, whoever ends it."""

    def __init__(self, first: str, lines: AsyncGenerator[str], name: str, places: Places) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        super().__init__(_after(first, lines), media_type="text/csv; charset=utf-8", headers=headers)
        self._lines = lines
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines, then close what they come from."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.leave()
            await self._lines.aclose()


@router.get("/annual")
async def annual(request: Request, db: Engine, party: Authority, which: Annotated[SideOfYear, Query()]) -> Report:
    """Stream the annual report of one's own country."""
    lines = reports.annual(db, which.year, which.side, which.country)
    return await _flow(request, party, which, lines, f"annual-{which.country}-{which.year}-{which.side}")


@router.get("/mirror")
async def mirror(request: Request, db: Engine, party: Authority, which: Annotated[Year, Query()]) -> Report:
    """Stream what was endorsed at export beside what was released at import, for one's own country."""
    lines = reports.mirror(db, which.year, which.country)
    return await _flow(request, party, which, lines, f"mirror-{which.country}-{which.year}")


async def _flow(request: Request, party: Party, which: Year, lines: AsyncGenerator[str], name: str) -> Report:
    """Begin to answer once the first lines are there: what cannot begin is refused, and not broken off."""
    if which.country != party.country:
        raise NotFound
    places: Places = request.app.state.reports
    places.take()
    try:
        first = await anext(lines)
    except BaseException:
        places.leave()
        raise
    return Report(first, lines, name, places)


async def _after(first: str, lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    yield first
    async for line in lines:
        yield line
