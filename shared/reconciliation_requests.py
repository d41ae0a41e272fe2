"""The query parameters of the routes by which a service states its ids for a reconciliation."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from shared.id_groups import DIGITS
from shared.reconciliation import Period


async def read_period(since: datetime, until: datetime) -> Period:
    """Return the period of a request. It is a coroutine, because FastAPI runs a plain function in a thread."""
    return Period(since=since, until=until)


ReconciledPeriod = Annotated[Period, Depends(read_period)]
IdPrefix = Annotated[str, Query(pattern=f"^[0-9a-f]{{0,{DIGITS}}}$")]
IdDigits = Annotated[int, Query(ge=1, le=DIGITS)]
