"""The numbers of new permits: each is unique per issuer, and an issuer may use its own numbers.

Another country may have registered a permit under a number of the issuer before the issuer's authority joined. The
issuer takes that permit over, or replaces it by its own. A registered permit that is void gives up its number.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.permits import permit_key
from services.permits.store import permits
from services.permits.store.permits import Key, NumberOwner
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.parties import Party
from shared.contracts.permit import Permit
from shared.problems import Conflict

VOID = frozenset({PermitStatus.REVOKED, PermitStatus.REPLACED})


@dataclass(frozen=True, kw_only=True)
class ReadNumbers:
    """The permits that have the numbers of new permits: those in the way, and those that can give up their number."""

    in_the_way: Mapping[Key, NumberOwner]
    void: Mapping[Key, UUID]


async def read_numbers(
    conn: AsyncConnection, party: Party, keys: Collection[Key], *, replaced: UUID | None = None
) -> ReadNumbers:
    """Return the permits that have these numbers. A registered one is void if its issuer withdrew or now replaces it.

    `party` writes the new permits. Only the issuer uses a number again: else the use of a permit could be forgotten.
    """
    owners = await permits.list_number_owners(conn, keys) if keys else {}
    void = {
        key: owner.permit
        for key, owner in owners.items()
        if owner.registering_country != key[0] == party.country and (owner.status in VOID or owner.permit == replaced)
    }
    return ReadNumbers(in_the_way={key: one for key, one in owners.items() if key not in void}, void=void)


async def list_void_permits(
    conn: AsyncConnection, party: Party, content: Permit, *, replaced: UUID | None = None
) -> Collection[UUID]:
    """List the void permits that give up their number to a new one: one or none.

    `replaced` is the permit that the new one replaces. Raise Conflict (409) if another permit has the number.
    """
    key = permit_key(content)
    numbers = await read_numbers(conn, party, {key}, replaced=replaced)
    if key in numbers.in_the_way:
        raise number_taken_error(party, content, numbers.in_the_way[key])
    return numbers.void.values()


def number_taken_error(party: Party, content: Permit, owner: NumberOwner | None = None) -> Conflict:
    """Return the error for a permit number that another permit of the issuer has."""
    issuer, number = content.issuer, content.number
    if owner is not None and owner.registering_country != issuer == party.country:
        detail = (
            f"The authority of {owner.registering_country} registered permit {number} before yours joined. If it is "
            f"yours, take it over: POST /v1/permits/{owner.permit}/takeover. Else put yours in its place: POST "
            f"/v1/permits/{owner.permit}/replacement."
        )
        return Conflict("permit-number-registered", detail)
    return _number_taken(issuer, number)


def _number_taken(issuer: str, number: str) -> Conflict:
    detail = (
        f"{issuer} has a permit {number} on the hub, perhaps with other capitals, blanks or dashes. A number is unique "
        "per issuer. Use that permit or another number."
    )
    return Conflict("permit-number-taken", detail)


def raise_number_taken(error: IntegrityError, issuer: str, number: str) -> None:
    """Raise Conflict (409) if the database error says that a concurrent command took this permit number."""
    if "permits_issuer_number_key" in str(error):
        raise _number_taken(issuer, number) from None
