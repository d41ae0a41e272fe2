"""The trader for whom a declaration is lodged: the principal, or a trader who gave the principal a mandate."""

from datetime import datetime
from uuid import UUID

from services.gateway.actions.auth.party_directory import PartyDirectory, Principal
from services.gateway.store.submissions import Submission
from shared.contracts.closed_sets import Movement
from shared.contracts.declaration import Declaration
from shared.contracts.fields import Trader
from shared.contracts.parties import RepresentedTrader
from shared.database import new_id
from shared.problems import Fault, NotAllowed

NOT_YOUR_DECLARATION = "not-your-declaration"


async def declaring_trader(
    declaration: Declaration, principal: Principal, directory: PartyDirectory, *, at: datetime
) -> Principal:
    """Return the trader that declares: the importer of an import, the exporter of an export. Raise NotAllowed.

    It is the principal, or a trader who gave it a mandate for today (in UTC). `trader` names that trader, or the
    identifier of the declaring side does.
    """
    if is_own(declaration, principal):
        return principal
    side = declaring_side(declaration)
    side_name = "importer" if declaration.movement == Movement.IMPORT else "exporter"
    declares = f"At {declaration.movement.value} the {side_name} declares."
    if side.identifier is None:
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The {side_name} has no identifier. {declares} Use an identifier of GET /v1/me, or correct `movement`.",
        )
    if declaration.trader == principal.party.id:
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The identifier of the {side_name} is none of yours. Found: {side.identifier}. {declares} Use an "
            "identifier of GET /v1/me, or correct `movement`.",
        )
    found = await _find_represented_trader(declaration.trader, side.identifier, principal, directory, at)
    if found is None:
        raise _not_yours(
            f"/{side_name}/identifier",
            f"The identifier of the {side_name} is neither yours nor of a trader whose mandate you have today. Found: "
            f"{side.identifier}. {declares} Use an identifier of GET /v1/me, correct `movement`, or ask the trader for "
            "a mandate.",
        )
    return found


def is_own(declaration: Declaration, principal: Principal) -> bool:
    """Return whether the principal itself is the trader that declares, so that it needs no mandate."""
    return declaring_side(declaration).identifier in principal.numbers and declaration.trader in {
        None,
        principal.party.id,
    }


def declaring_side(declaration: Declaration) -> Trader:
    """Return the side that declares: the importer of an import, the exporter of an export."""
    return declaration.importer if declaration.movement == Movement.IMPORT else declaration.exporter


def _not_yours(pointer: str, detail: str) -> NotAllowed:
    return NotAllowed(NOT_YOUR_DECLARATION, detail, [Fault(pointer, NOT_YOUR_DECLARATION, detail)])


async def _find_represented_trader(
    trader_id: UUID | None, identifier: str, principal: Principal, directory: PartyDirectory, at: datetime
) -> Principal | None:
    """Return the trader with this identifier that the principal represents, or None.

    Raise NotAllowed if `trader_id` is that of another party.
    """
    traders = await directory.list_represented_traders(principal.party.id, day=at.date())
    candidates = traders if trader_id is None else [trader for trader in traders if trader.party.id == trader_id]
    if trader_id is not None and not candidates:
        raise _not_yours(
            "/trader",
            "`trader` names another party, and you have no mandate of it today. The trader "
            "grants one: POST /v1/mandates.",
        )
    return next((trader for trader in candidates if identifier in trader.numbers), None)


def make_acts_for(trader: Principal, principal: Principal) -> RepresentedTrader | None:
    """Return the trader for whom a request goes to other services, or None if it is the principal."""
    if trader.party.id == principal.party.id:
        return None
    return RepresentedTrader(party=trader.party.id, numbers=tuple(sorted(trader.numbers)))


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
) -> Submission:
    """Return a submission with a new id. It includes the normalized form only if that differs from the body."""
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
    )
