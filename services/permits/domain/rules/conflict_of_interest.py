"""The conflict of interest of a party that is both an office and a trader: it decides nothing about its own goods."""

from typing import Protocol

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.rules.parties import has_same_name
from shared.contracts.closed_sets import Role
from shared.contracts.fields import Trader
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Party
from shared.problems import Conflict, NotAllowed


class Shipment(Protocol):
    """A declaration, a permit or an application: all name the exporter and the importer."""

    @property
    def exporter(self) -> Trader:
        """The exporter."""

    @property
    def importer(self) -> Trader:
        """The importer."""


def require_goods_of_others(shipment: Shipment, party: Party) -> None:
    """Raise NotAllowed if the party is the exporter or the importer.

    An identifier decides. A side without one may be a trader of the same name and country.
    """
    if any(_may_be(side, party) for side in (shipment.exporter, shipment.importer)):
        raise conflict_of_interest()


def _may_be(side: Trader, party: Party) -> bool:
    if side.identifier is not None:
        return bool(party.identifiers) and identifier_key(side.country, side.identifier) in party.identifier_keys
    return Role.TRADER in party.roles and side.country == party.country and has_same_name(side.name, party.name)


def require_declaration_of_others(declaration: DeclarationRecord, party: Party) -> None:
    """Raise NotAllowed if the party lodged the declaration, or it is about goods of the party.

    Customs decides what it lodged for a traveller. A party that is a trader too does not: its own goods may be behind
    the name of a traveller.
    """
    decides_for_traveller = declaration.is_for_traveller and Role.TRADER not in party.roles
    if party.id in {declaration.party, declaration.trader} and not decides_for_traveller:
        raise conflict_of_interest()
    require_goods_of_others(declaration.content, party)


def require_another_person(declaration: DeclarationRecord, person: str, country: str) -> None:
    """Raise Conflict `same-person` if this person lodged or amended a declaration for a traveller.

    The country requires two people. An unknown person may be one of those who lodged it.
    """
    if declaration.officers is not None and (person in declaration.officers or person == UNKNOWN_PERSON):
        raise Conflict(
            "same-person",
            f"{country} requires two people: a person who lodged or amended a declaration for a traveller does not "
            "decide it. Ask a colleague to send the same request with another credential.",
        )


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
