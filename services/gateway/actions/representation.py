"""The trader for whom a declaration is lodged: the principal, or a trader who gave the principal a mandate.

Customs lodges for a traveller, who is no party of the hub. Such a declaration belongs to the customs party.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.gateway.actions.auth.party_directory import PartyDirectory, Principal
from services.gateway.store.submissions import Submission
from shared.contracts.closed_sets import Movement, Role
from shared.contracts.declaration import DECIDING_COUNTRY, Declaration, declaring_role, declaring_side
from shared.contracts.fields import Trader
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import RepresentedTrader
from shared.contracts.travellers import is_for_traveller
from shared.database import new_id, now
from shared.problems import Fault, NotAllowed

NOT_YOUR_DECLARATION = "not-your-declaration"


ListTraders = Callable[[UUID], Awaitable[list[Principal]]]
"""Lists the traders for whom an agent declares: those with an accepted mandate, or those with an offered one too."""


async def declaring_trader(declaration: Declaration, principal: Principal, list_traders: ListTraders) -> Principal:
    """Return the trader that declares, as `declaring_role` decides by its country. Raise NotAllowed.

    It is the principal, or one of `list_traders`, who gave it a mandate for today (in UTC). `trader` names that trader,
    or the identifier of the declaring side does. A party of the declared country comes first. If the identifier is only
    one of another country, its party declares all the same, and permits refers the declaration because of the country.
    Customs of the deciding country declares only for a traveller, so the declaring side has no identifier.
    """
    if is_own(declaration, principal) or is_for_traveller(declaration, principal.party):
        return principal
    side = declaring_side(declaration, principal.party.country)
    side_name = declaring_role(declaration, principal.party.country)
    declares = f"At {declaration.movement.value} the {side_name} declares."
    if Role.TRADER not in principal.roles:
        raise _not_for_traveller(declaration, side_name)
    if side.identifier is None and declaration.movement is not Movement.TRANSIT:
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The {side_name} has no identifier. {declares} Use an identifier of GET /v1/me, or correct `movement`.",
        )
    is_own_number = declaration.trader in {None, principal.party.id} and _has_number(principal, side.identifier)
    if declaration.trader == principal.party.id:
        if is_own_number:
            return principal
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The identifier of the {side_name} is none of yours. Found: {side.identifier}. {declares} Use an "
            "identifier of GET /v1/me, or correct `movement`.",
        )
    found = await _find_represented_trader(declaration, principal, list_traders)
    if is_own_number and (found is None or not is_own_side(declaration, found)):
        return principal
    if found is None:
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The identifier of the {side_name} is neither yours nor of a trader whose mandate you have today. Found: "
            f"{side.identifier}. {declares} Use an identifier of GET /v1/me, correct `movement`, or ask the trader for "
            "a mandate.",
        )
    return found


def is_own(declaration: Declaration, principal: Principal) -> bool:
    """Return whether the declaring side has an identifier and the country of a trader, so it needs no mandate."""
    return (
        is_own_side(declaration, principal)
        and declaration.trader in {None, principal.party.id}
        and Role.TRADER in principal.roles
    )


def is_own_side(declaration: Declaration, trader: Principal) -> bool:
    """Return whether the side that a trader would declare has an identifier and the country of the trader."""
    return _has_identifier(trader, declaring_side(declaration, trader.party.country))


def _has_identifier(principal: Principal, side: Trader) -> bool:
    """Return whether a side has an identifier of a party, in the country of that party."""
    return side.identifier is not None and identifier_key(side.country, side.identifier) in principal.identifier_keys


def _has_number(principal: Principal, identifier: str | None) -> bool:
    """Return whether an identifier is one of a party, whatever country it is stated with."""
    return identifier is not None and identifier_key(principal.party.country, identifier) in principal.identifier_keys


def _not_for_traveller(declaration: Declaration, side_name: str) -> NotAllowed:
    """Return the error for customs that would lodge for a trader, or in place of customs of another country."""
    if declaration.movement is Movement.TRANSIT:
        return _not_yours(
            "/movement", "Customs lodges no transit for a traveller. The exporter, the importer or an agent lodges it."
        )
    if declaring_side(declaration).identifier is not None:
        return _not_yours(
            f"/{side_name}/identifier",
            f"Customs lodges only for a traveller, and a traveller has no identifier. The {side_name} has one, so the "
            "trader or its agent lodges. Leave the identifier out if it is a traveller.",
        )
    if declaration.trader is not None:
        return _not_yours(
            "/trader", "Customs lodges only for a traveller, and a traveller is no party. Leave `trader` out."
        )
    country = DECIDING_COUNTRY[declaration.movement]
    return _not_yours(
        f"/{country}",
        f"Customs of the deciding country lodges for a traveller. At {declaration.movement.value} that is "
        f"`{country}`, and it is not yours. Correct it, or leave the declaration to customs there.",
    )


def _not_yours(pointer: str, detail: str) -> NotAllowed:
    return NotAllowed(NOT_YOUR_DECLARATION, detail, [Fault(pointer, NOT_YOUR_DECLARATION, detail)])


async def _find_represented_trader(
    declaration: Declaration, principal: Principal, list_traders: ListTraders
) -> Principal | None:
    """Return the trader with the identifier of its declaring side that the principal represents, or None.

    A trader of the country that the side states comes before one of another country.
    Raise NotAllowed if `trader` is another party.
    """
    trader_id = declaration.trader
    traders = await list_traders(principal.party.id)
    candidates = traders if trader_id is None else [trader for trader in traders if trader.party.id == trader_id]
    if trader_id is not None and not candidates:
        raise _not_yours(
            "/trader",
            "`trader` names another party, and you have no mandate of it today. The trader "
            "grants one: POST /v1/mandates.",
        )
    named = [
        trader
        for trader in candidates
        if _has_number(trader, declaring_side(declaration, trader.party.country).identifier)
    ]
    return next((trader for trader in named if is_own_side(declaration, trader)), next(iter(named), None))


def make_acts_for(trader: Principal, principal: Principal) -> RepresentedTrader | None:
    """Return the trader for whom a request goes to other services, or None if it is the principal."""
    if trader.party.id == principal.party.id:
        return None
    party = trader.party
    return RepresentedTrader(
        party=party.id, name=party.name, country=party.country, numbers=tuple(sorted(party.identifier_values))
    )


def make_submission(
    principal: Principal,
    declaration: Declaration,
    trader: Principal,
    *,
    key: str,
    content_type: str,
    body: bytes,
    normalized: bytes,
    digest: bytes,
    at: datetime,
    person: str,
) -> Submission:
    """Return a submission with a new id. It includes the normalized form only if that differs from the body.

    `person` is the person who lodges. The submission names it only if customs lodges for a traveller.
    """
    represented = make_acts_for(trader, principal)
    return Submission(
        id=new_id(at),
        party_id=principal.party.id,
        trader_id=trader.party.id,
        key=key,
        reference=declaration.reference,
        content_type=content_type,
        digest=digest,
        body=body,
        party=principal.party_json,
        received_at=at,
        normalized=None if normalized is body else normalized,
        represented=None if represented is None else represented.model_dump_json(),
        officer=person if is_for_traveller(declaration, principal.party) else None,
    )


def has_mandate_ended(directory: PartyDirectory, submission: Mapping[Any, Any], party_id: UUID) -> bool:
    """Return whether a party lodged a submission as an agent and represents its trader no more."""
    trader_id = submission["trader_id"]
    is_agent = submission["party_id"] == party_id != trader_id
    return is_agent and not directory.is_represented(party_id, trader_id, day=now().date())
