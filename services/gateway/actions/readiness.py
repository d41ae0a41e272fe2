"""The readiness of the gateway. Other services do not count: without them it still accepts submissions.

Their clocks do count: if they differ too much from that of the gateway, no submission is ever checked.
"""

from services.gateway.actions.context import GatewayContext
from shared.clock_skew import find_clock_fault
from shared.readiness import find_database_fault


async def find_unready_reason(context: GatewayContext) -> str | None:
    """Return why the gateway is not ready: its database, parties that it has not read yet, or a clock; else None."""
    fault = await find_database_fault(context.engine, "gateway")
    if fault is not None:
        return fault
    if not context.directory.is_fresh:
        return "The parties are not read yet; the gateway tries again."
    faults = (
        find_clock_fault(f"the {service.name} service", service.clock.skew)
        for service in (context.permits, context.notifications)
    )
    return next((clock_fault for clock_fault in faults if clock_fault is not None), None)
