"""The report about reference lists in the log, when permits starts: it tells the operator which checks have no data."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference.read import list_reference_lists
from shared.logs import logger


async def log_reference_lists(engine: AsyncEngine) -> None:
    """Log the state of each reference list, as a warning if the administrator has to load it."""
    for one in await list_reference_lists(engine):
        fields = {"list": one.list, "state": one.state.value, "rows": one.rows, "effect": one.effect}
        if one.remedy is None:
            logger().info("reference_list.found", loaded_at=str(one.loaded_at), **fields)
        else:
            logger().warning("reference_list.unavailable", remedy=one.remedy, **fields)
