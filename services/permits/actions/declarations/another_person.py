"""The policy of two people for a declaration that customs lodged for a traveller."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules import conflict_of_interest
from services.permits.store import policies
from shared.contracts.parties import Party


async def require_another_person(
    conn: AsyncConnection, declaration: DeclarationRecord, party: Party, person: str
) -> None:
    """Raise Conflict `same-person` if the country of customs requires two people, and this person lodged it.

    The caller has locked the declaration, so no amendment adds a person before the decision.
    """
    if declaration.is_for_traveller and (await policies.read(conn, party.country))[0].two_people_for_permits:
        conflict_of_interest.require_another_person(declaration, person, party.country)
