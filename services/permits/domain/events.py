"""What is told about a change, and who may hear it: thin enough to send, full enough to act on."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import Side, available, has, reserved, used
from services.permits.domain.values import ApplicationOnFile, Filed, Line, Move, PermitOnFile
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.quantities import plain

ASSESSED = "application.assessed"
"""The one event about an application that its applicant does not hear."""


def about_declaration(filed: Filed, move: Move) -> dict[str, Any]:
    """Write the data of an event about a declaration."""
    return {
        "declaration_id": str(filed.id),
        "reference": filed.document.reference,
        "status": move.after,
        "movement": filed.document.movement,
        "version": filed.version,
        **({"reason": move.reason} if move.reason else {}),
        **_beside(move),
    }


def about_permit(permit: PermitOnFile, move: Move) -> dict[str, Any]:
    """Write the data of an event about a permit."""
    return {
        "permit_id": str(permit.id),
        "issuer": permit.terms.issuer,
        "number": permit.terms.number,
        "status": move.after,
        **({"reason": move.reason} if move.reason else {}),
        **_beside(move),
    }


def about_application(application: ApplicationOnFile, move: Move) -> dict[str, Any]:
    """Write the data of an event about an application."""
    stated = application.document
    return {
        "application_id": str(application.id),
        **({"reference": stated.reference} if stated.reference else {}),
        "status": move.after,
        "issuer": stated.asked,
        "kind": stated.kind,
        **({"reason": move.reason} if move.reason else {}),
        **_beside(move),
    }


def _beside(move: Move) -> dict[str, Any]:
    """Answer what a turn says besides; what there is not is left out, never null."""
    return {name: value for name, value in {**move.extra, **move.detail}.items() if value is not None}


def hearers_of_application(application: ApplicationOnFile, move: Move) -> Audience:
    """Answer who may hear of an application: its trader, the agent that made it, and the authority that is asked.

    Of its own assessment the authority alone hears.
    """
    country = application.document.asked
    offices = (RoleInCountry(role="authority", country=country),)
    if move.event == ASSESSED:
        return Audience(offices=offices)
    return Audience(
        parties=tuple(dict.fromkeys((application.trader, application.party))),
        offices=offices,
        countries=(country,),
        taxa=tuple(sorted({line.taxon for line in application.document.lines})),
        sender=Sender(parties=tuple(dict.fromkeys((application.trader, application.party))), offices=offices),
    )


def hearers_of_declaration(filed: Filed) -> Audience:
    """Answer who may hear of a declaration: trader, lodger, the offices of both countries, partners there."""
    countries = _once(filed.document.export_country, filed.document.import_country)
    items = filed.document.items
    documents = [document for item in items for document in item.documents if document.number]
    cited = {f"{d.issuer}/{d.number}" if d.issuer else str(d.number) for d in documents}
    return Audience(
        parties=tuple({filed.party, filed.trader}),
        offices=_offices(countries),
        countries=countries,
        permits=tuple(sorted(cited | {str(citation.permit) for citation in filed.citations})),
        taxa=tuple(sorted({item.taxon for item in items if item.taxon})),
        sender=Sender(parties=tuple({filed.party, filed.trader})),
    )


def hearers_of_permit(permit: PermitOnFile, also: frozenset[UUID]) -> Audience:
    """Answer who may hear of a permit: its holders, the offices of its countries, and the parties in `also`.

    Its sender is who wrote it here, the authority of another country too, and the authority of its issuer.
    """
    terms = permit.terms
    countries = _once(terms.issuer, terms.export_country, terms.import_country)
    holders = tuple({p.identifier for p in (terms.exporter, terms.importer) if p.identifier is not None})
    return Audience(
        parties=tuple(also),
        identifiers=holders,
        offices=_offices(countries),
        countries=countries,
        permits=(str(permit.id), f"{terms.issuer}/{terms.number}"),
        taxa=tuple(sorted({line.taxon for line in terms.lines})),
        sender=Sender(
            parties=(permit.registered_by,) if permit.registered_by else (),
            offices=(RoleInCountry(role="authority", country=terms.issuer),),
        ),
    )


def cause(filed: Filed) -> dict[str, Any]:
    """Name the declaration in an event about a permit."""
    return {
        "declaration_id": str(filed.id),
        "reference": filed.document.reference,
        "movement": filed.document.movement,
    }


def usage(line: Line, side: Side, quantity: str) -> dict[str, Any]:
    """Say what was used of a line and what is left, in the line's unit."""
    return {
        "line": line.terms.line,
        "taxon": line.terms.taxon,
        "term": line.terms.term,
        "quantity": quantity,
        "unit": line.terms.unit,
        "has": plain(has(line.balance, side)),
        "reserved": plain(reserved(line.balance, side)),
        "used": plain(used(line.balance, side)),
        "left": plain(available(line.balance, side)),
    }


def _once(*countries: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(countries))


@lru_cache(maxsize=4096)
def _offices(countries: tuple[str, ...]) -> tuple[RoleInCountry, ...]:
    return tuple(
        RoleInCountry(role=role, country=country) for country in countries for role in ("authority", "customs")
    )
