"""The readiness of permits. It does not depend on notifications: events wait in the outbox."""

from services.permits.actions.context import PermitsContext
from shared.readiness import find_database_fault

LISTING_WAIT_SECONDS = 2.0
"""Seconds that a readiness request waits for the first listing, which a new hub loads at its start."""


async def find_unready_reason(context: PermitsContext) -> str | None:
    """Return why permits is not ready, or None: its database fails, or the first listing is not loaded yet."""
    fault = await find_database_fault(context.engine, "permits")
    if fault is not None:
        return fault
    if await context.initial_listing.wait_until_loaded(LISTING_WAIT_SECONDS):
        return None
    return "The first listing of species is not loaded yet. The permits service loads it now."
