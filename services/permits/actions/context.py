"""The context of permits: the objects that its routes and actions share, built once by the entry point."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations.validate import ValidationSlot
from services.permits.actions.reference.initial_listing import InitialListing
from services.permits.actions.reports import ReportSlots
from shared.sealed_secrets import SecretSealer


@dataclass(frozen=True)
class PermitsContext:
    """The engine, the initial listing and the slots of one process. `sealer` seals stored permit tokens."""

    engine: AsyncEngine
    initial_listing: InitialListing
    report_slots: ReportSlots
    validation_slot: ValidationSlot
    sealer: SecretSealer
