"""The context of permits: what its routes and actions work with, made once by the entry point."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference.initial_listing import InitialListing
from services.permits.actions.reports import ReportSlots


@dataclass(frozen=True)
class PermitsContext:
    """Everything a route may need, by name."""

    engine: AsyncEngine
    initial_listing: InitialListing
    report_slots: ReportSlots
