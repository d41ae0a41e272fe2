"""Whether the gateway can do its work. Other services do not count: without them it accepts submissions."""

from services.gateway.actions.context import GatewayContext
from shared.readiness import find_database_fault


async def find_unready_reason(context: GatewayContext) -> str | None:
    """Return why the gateway is not ready: its database, or parties that it has not read yet. None if it is."""
    fault = await find_database_fault(context.engine, "gateway")
    if fault is not None:
        return fault
    return None if context.directory.is_fresh else "The parties are not read yet; the gateway tries again."
