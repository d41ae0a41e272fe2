"""The conflict of interest of a party that is both an office and a trader: it decides nothing about its own goods."""

from typing import Protocol

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from shared.contracts.fields import Trader
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Party
from shared.problems import NotAllowed


class Shipment(Protocol):
    """A declaration, a permit or an application: all name the exporter and the importer."""

    @property
    def exporter(self) -> Trader:
        """The exporter."""

    @property
    def importer(self) -> Trader:
        """The importer."""


def require_goods_of_others(shipment: Shipment, party: Party) -> None:
    """Raise NotAllowed if an identifier of the party is that of the exporter or the importer."""
    if not party.identifiers:
        return
    sides = (shipment.exporter, shipment.importer)
    stated = {identifier_key(side.country, side.identifier) for side in sides if side.identifier is not None}
    if stated & party.identifier_keys:
        raise conflict_of_interest()


def require_declaration_of_others(declaration: DeclarationRecord, party: Party) -> None:
    """Raise NotAllowed if the party lodged the declaration, or it is about goods of the party."""
    if party.id in {declaration.party, declaration.trader}:
        raise conflict_of_interest()
    require_goods_of_others(declaration.content, party)


def require_application_of_others(application: ApplicationRecord, party: Party) -> None:
    """Raise NotAllowed if the party submitted the application, or it is about goods of the party."""
    if party.id in {application.party, application.trader}:
        raise conflict_of_interest()
    require_goods_of_others(application.content, party)


def conflict_of_interest() -> NotAllowed:
    """Return the error for an office that would decide about its own goods."""
    return NotAllowed(
        "conflict-of-interest",
        "Your party is the trader or its agent here, so it decides nothing about these goods. Another office of your "
        "country decides.",
    )
