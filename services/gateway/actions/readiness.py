"""The readiness of the gateway. Other services do not count: without them it still accepts submissions."""

from services.gateway.actions.context import GatewayContext
from shared.readiness import find_database_fault


async def find_unready_reason(context: GatewayContext) -> str | None:
    """Return why the gateway is not ready (its database, or parties that it has not read yet), or None."""
    fault = await find_database_fault(context.engine, "gateway")
    if fault is not None:
        return fault
    return None if context.directory.is_fresh else "The parties are not read yet; the gateway tries again."
