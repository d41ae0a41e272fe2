"""Reports: what really left and what really arrived, as the annual report's CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from services.permits.actions import reporting
from services.permits.api.orders import Authority, Engine
from shared.problems import NotFound

router = APIRouter(prefix="/v1/reports", tags=["reports"])


class Which(BaseModel):
    """Which report: a year, a side, a country."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1975, le=9998)]
    side: Literal["export", "import"]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


@router.get("/annual")
async def annual(db: Engine, party: Authority, which: Annotated[Which, Query()]) -> StreamingResponse:
    """Stream the annual report of one's own country."""
    if which.country != party.country:
        raise NotFound
    rows = reporting.annual(db, which.year, which.side, which.country)
    name = f"annual-{which.country}-{which.year}-{which.side}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=disposition)
