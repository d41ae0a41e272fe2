"""The routes by which a service states its ids for a reconciliation, and their query parameters."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from shared.contracts.reconciliation import IdGroups, IdList
from shared.id_groups import DIGITS
from shared.reconciliation import IdSet, Period
from shared.web import render_view


async def read_period(since: datetime, until: datetime) -> Period:
    """Return the period of a request. It is a coroutine, because FastAPI runs a plain function in a thread."""
    return Period(since=since, until=until)


ReconciledPeriod = Annotated[Period, Depends(read_period)]
IdPrefix = Annotated[str, Query(pattern=f"^[0-9a-f]{{0,{DIGITS}}}$")]
IdDigits = Annotated[int, Query(ge=1, le=DIGITS)]


def make_id_router(path: str, find_ids: Callable[..., Awaitable[IdSet]]) -> APIRouter:
    """Return the two routes by which a sender compares ids: `path/groups` and `path`.

    `find_ids` is the dependency that returns the ids of the requested period. It names the service that may call.
    """
    router = APIRouter(prefix=path)
    ids_of_period = Depends(find_ids)

    @router.get("/groups")
    async def read_groups(under: IdPrefix = "", digits: IdDigits = 2, ids: IdSet = ids_of_period) -> Response:
        """Return the groups of the ids by their first digits."""
        return render_view(IdGroups(groups=tuple(await ids.read_groups(under, digits))))

    @router.get("")
    async def list_ids(under: IdPrefix = "", ids: IdSet = ids_of_period) -> Response:
        """List the ids of one group."""
        return render_view(IdList(ids=tuple(await ids.list_ids(under))))

    return router
