"""Declarations that customs lodges for a traveller, who has no account on the hub and no identifier."""

from shared.contracts.closed_sets import Movement, Role
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party


def is_for_traveller(content: Declaration, party: Party) -> bool:
    """Return whether a party lodges as customs of the deciding country, for a declaring side without an identifier.

    The country of import decides about an import, the country of export about an export. Nobody lodges another movement
    for a traveller.
    """
    match content.movement:
        case Movement.IMPORT:
            side, country = content.importer, content.import_country
        case Movement.EXPORT:
            side, country = content.exporter, content.export_country
        case _:
            return False
    if side.identifier is not None or content.trader is not None:
        return False
    return Role.CUSTOMS in party.roles and party.country == country
