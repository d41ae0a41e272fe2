"""Loaded reference data: species, suspensions, quotas, HS codes. The administrator loads it, every party reads it."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.permits.actions.reference import load_list, read
from services.permits.api.dependencies import Context
from services.permits.api.pagination import PageQuery, paginate
from services.permits.api.policies import Admin
from services.permits.api.responses import render_view
from services.permits.domain.reference.kept_facts import FileAge, FileAuthority
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import CodesReading
from shared.contracts.fields import Country, Day, HsCode, Name
from shared.contracts.limits import PAGE_ENTRIES
from shared.database import now
from shared.internal_auth import CallingParty
from shared.problems import Invalid
from shared.web import MAX_FILE_BYTES, MAX_LIST_BYTES, render_page, require_csv, stream_body

router = APIRouter(prefix="/v1/reference", tags=["reference"])
OtherList = Literal["taxa", "quotas", "hs-codes"]


class TaxonQuery(BaseModel):
    """A name, the day (default: today in UTC), and the country of origin of the specimens."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    on: Day | None = None
    country: Country | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50


class LoadQuery(BaseModel):
    """The day from which a file is in force (default: today in UTC), and whether it takes facts back.

    A file without that day may be older than the present list.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Annotated[Day | None, Field(alias="from")] = None
    dry_run: bool = False
    confirm_older: bool = False

    @property
    def authority(self) -> FileAuthority:
        """The ground on which the file may contradict the present list."""
        if self.confirm_older:
            return FileAuthority.CONFIRMED
        return FileAuthority.UNKNOWN_DAY if self.from_ is None else FileAuthority.STATED_DAY


class LoadSuspensionsQuery(LoadQuery):
    """The day, and how the file means its codes (default: by its columns)."""

    purposes_and_sources: CodesReading | None = None


@router.get("/taxa")
async def list_taxa(context: Context, party: CallingParty, query: Annotated[TaxonQuery, Query()]) -> Response:
    """List the listings of a name on a day: an accepted name, a synonym, a higher taxon, a hybrid, or a prefix."""
    day = query.on or utc_day(now())
    return render_view(await read.look_up_taxon(context.engine, query.name, day, query.country, limit=query.limit))


class ListQuery(PageQuery):
    """A country and the day (default: today in UTC)."""

    country: Country | None = None
    on: Day | None = None


class HsCodesQuery(ListQuery):
    """A country, the day (default: today in UTC), and the HS code of goods.

    Without a country, only the rows for all countries decide about the code.
    """

    code: HsCode | None = None


@router.get("/lists")
async def list_reference_lists(context: Context, party: CallingParty, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the state of each reference list: rows, last load, and effect on checks."""
    found = await read.list_reference_lists(context.engine)
    return render_page(paginate(found, query, name=lambda row: row.list))


@router.get("/suspensions")
async def list_suspensions(context: Context, party: CallingParty, query: Annotated[ListQuery, Query()]) -> Response:
    """List the suspensions of trade in force on a day."""
    found = await read.list_suspensions(context.engine, query.country, query.on or utc_day(now()))
    return render_page(paginate(found, query, name=lambda row: str(row.id)))


@router.get("/quotas")
async def list_quotas(context: Context, party: CallingParty, query: Annotated[ListQuery, Query()]) -> Response:
    """List the quotas in force on a day, each with the quantity that permits take of it."""
    found = await read.list_quotas(context.engine, query.country, query.on or utc_day(now()))
    return render_page(paginate(found, query, name=lambda row: str(row.id)))


@router.get("/hs-codes")
async def list_hs_codes(context: Context, party: CallingParty, query: Annotated[HsCodesQuery, Query()]) -> Response:
    """List the HS codes in force on a day, or the one that decides about a code in a country."""
    day = query.on or utc_day(now())
    if query.code is None:
        found = await read.list_hs_codes(context.engine, query.country, day)
    else:
        found = await read.find_hs_code(context.engine, query.code, query.country or "", day)
    return render_page(paginate(found, query, name=lambda row: f"{row.country or ''}|{row.hs_code}|{row.list_source}"))


@router.put("/suspensions")
async def load_suspensions(
    request: Request, context: Context, party: Admin, query: Annotated[LoadSuspensionsQuery, Query()]
) -> Response:
    """Load the suspensions from a stream of CSV. The response is the report of the load."""
    return await _load("suspensions", request, context, party, query, query.purposes_and_sources)


@router.put("/{which}")
async def load_reference_list(
    which: OtherList, request: Request, context: Context, party: Admin, query: Annotated[LoadQuery, Query()]
) -> Response:
    """Load a list from a stream of CSV. The response is the report of the load."""
    return await _load(which, request, context, party, query)


async def _load(
    which: str,
    request: Request,
    context: Context,
    party: Admin,
    query: LoadQuery,
    codes_reading: CodesReading | None = None,
) -> Response:
    require_csv(request)
    at = now()
    order = load_list.LoadOrder(
        age=FileAge(day=query.from_ or utc_day(at), authority=query.authority),
        at=at,
        loaded_by=party.id,
        mode=load_list.LoadMode.REPORT if query.dry_run else load_list.LoadMode.STORE,
        codes_reading=codes_reading,
    )
    kind = load_list.LIST_KINDS[which]
    pieces = stream_body(request, limit=MAX_FILE_BYTES if which == "taxa" else MAX_LIST_BYTES)
    try:
        report = await load_list.load(context.engine, kind, pieces, order)
    except Invalid:
        await _drain(pieces)
        raise
    return render_view(report)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read the rest of the request, because many clients read a response only after they have sent everything."""
    async for _ in pieces:
        pass
