"""Declarations that customs lodges for a traveller, who has no account on the hub and no identifier."""

from shared.contracts.closed_sets import Movement, Role
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party


def is_for_traveller(content: Declaration, party: Party) -> bool:
    """Return whether a party lodges as customs of the deciding country, for a declaring side without an identifier.

    The country of import decides about an import, the country of export about an export.
    """
    imports = content.movement == Movement.IMPORT
    side = content.importer if imports else content.exporter
    if side.identifier is not None or content.trader is not None or Role.CUSTOMS not in party.roles:
        return False
    return party.country == (content.import_country if imports else content.export_country)
