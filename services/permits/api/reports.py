"""Reports of a country's year, streamed as CSV to its authority, some at a time."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.permits.actions import reports
from services.permits.api.commands import Authority, Engine
from shared.contracts.closed_sets import Side
from shared.contracts.parties import Party
from shared.problems import NotFound, Unavailable

router = APIRouter(prefix="/v1/reports", tags=["reports"])
MAX_CONCURRENT_REPORTS = 3
"""Reports that may flow at once: each holds a connection to the database as long as its reader reads."""


class YearQuery(BaseModel):
    """Whose year."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1975, le=2999)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class YearAndSideQuery(YearQuery):
    """Whose year, and which side of the trade."""

    side: Side


class ReportSlots:
    """The places there are for reports that flow."""

    def __init__(self) -> None:
        self._free = MAX_CONCURRENT_REPORTS

    def acquire(self) -> None:
        """Take a place, or refuse where none is free."""
        if not self._free:
            detail = f"{MAX_CONCURRENT_REPORTS} reports are being read already. Ask again when one of them is through."
            raise Unavailable("reports-busy", detail, retry_after=10)
        self._free -= 1

    def release(self) -> None:
        """Give a place back."""
        self._free += 1


class ReportResponse(StreamingResponse):
    """A report on its way; its place is free again when it ends, whoever ends it."""

    def __init__(self, first_lines: str, lines: AsyncGenerator[str], name: str, slots: ReportSlots) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        super().__init__(_with_first_lines(first_lines, lines), media_type="text/csv; charset=utf-8", headers=headers)
        self._lines = lines
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines, then close what they come from."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._slots.release()
            await self._lines.aclose()


@router.get("/annual")
async def annual_report(
    request: Request, db: Engine, party: Authority, query: Annotated[YearAndSideQuery, Query()]
) -> ReportResponse:
    """Stream the annual report of one's own country."""
    lines = reports.annual_report(db, query.year, query.side, query.country)
    return await _stream_report(request, party, query, lines, f"annual-{query.country}-{query.year}-{query.side}")


@router.get("/mirror")
async def mirror_report(
    request: Request, db: Engine, party: Authority, query: Annotated[YearQuery, Query()]
) -> ReportResponse:
    """Stream what was endorsed at export beside what was released at import, for one's own country."""
    lines = reports.mirror_report(db, query.year, query.country)
    return await _stream_report(request, party, query, lines, f"mirror-{query.country}-{query.year}")


async def _stream_report(
    request: Request, party: Party, query: YearQuery, lines: AsyncGenerator[str], name: str
) -> ReportResponse:
    """Begin to answer once the first lines are there: what cannot begin is refused, and not broken off."""
    if query.country != party.country:
        raise NotFound
    slots: ReportSlots = request.app.state.reports
    slots.acquire()
    try:
        first_lines = await anext(lines)
    except BaseException:
        slots.release()
        raise
    return ReportResponse(first_lines, lines, name, slots)


async def _with_first_lines(first_lines: str, lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    yield first_lines
    async for line in lines:
        yield line
