"""Reports of a country's year, streamed as CSV to its authority. Only some are streamed at the same time."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.permits.actions import reports
from services.permits.actions.reports import ReportSlots
from services.permits.api.dependencies import Authority, Context
from shared.contracts.closed_sets import Side
from shared.contracts.parties import Party
from shared.problems import NotFound

router = APIRouter(prefix="/v1/reports", tags=["reports"])
BYTE_ORDER_MARK = "\ufeff"
"""The first character of a report. Without it, Excel reads UTF-8 in the encoding of the system."""


class YearQuery(BaseModel):
    """The country and the year of a report."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1975, le=2999)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class YearAndSideQuery(YearQuery):
    """The country, the year and the side of the trade of a report."""

    side: Side


class ReportResponse(StreamingResponse):
    """A streamed report. It returns its slot when it ends, by success, error, a closed connection or its time limit.

    After the last line it returns the slot before the client sees the end. The next report of the country may follow at
    once.
    """

    def __init__(
        self, first_lines: str, lines: AsyncGenerator[str], *, name: str, country: str, slots: ReportSlots
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        super().__init__(self._read_lines(first_lines, lines), media_type="text/csv; charset=utf-8", headers=headers)
        self._lines = lines
        self._country = country
        self._slots = slots
        self._has_slot = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines, then return the slot and close the source of the lines. Raise TimeoutError."""
        try:
            async with asyncio.timeout(reports.MAX_REPORT_SECONDS):
                await super().__call__(scope, receive, send)
        finally:
            self._return_slot()
            await self._lines.aclose()

    async def _read_lines(self, first_lines: str, lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
        yield BYTE_ORDER_MARK + first_lines
        async for line in lines:
            yield line
        self._return_slot()

    def _return_slot(self) -> None:
        if self._has_slot:
            self._has_slot = False
            self._slots.release(self._country)


@router.get("/annual")
async def annual_report(
    context: Context, party: Authority, query: Annotated[YearAndSideQuery, Query()]
) -> ReportResponse:
    """Stream the annual report of the authority's own country."""
    lines = reports.annual_report(context.engine, query.year, query.side, query.country)
    return await _stream_report(
        context.report_slots, party, query, lines, name=f"annual-{query.country}-{query.year}-{query.side}"
    )


@router.get("/mirror")
async def mirror_report(context: Context, party: Authority, query: Annotated[YearQuery, Query()]) -> ReportResponse:
    """Stream the quantities endorsed at export and released at import, for the authority's own country."""
    lines = reports.mirror_report(context.engine, query.year, query.country)
    return await _stream_report(context.report_slots, party, query, lines, name=f"mirror-{query.country}-{query.year}")


async def _stream_report(
    slots: ReportSlots, party: Party, query: YearQuery, lines: AsyncGenerator[str], *, name: str
) -> ReportResponse:
    """Return the response once the first lines are read, so that an early fault gives an error and no cut report.

    Raise NotFound for another country, Unavailable if no slot is free.
    """
    if query.country != party.country:
        raise NotFound
    slots.acquire(query.country)
    try:
        first_lines = await anext(lines)
    except BaseException:
        slots.release(query.country)
        raise
    return ReportResponse(first_lines, lines, name=name, country=query.country, slots=slots)
