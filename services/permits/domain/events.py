"""What is told about a change, and who may hear it: thin enough to send, full enough to act on."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import available, reserved, total_amount, used
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from shared.contracts.closed_sets import Role, Side
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.quantities import format_quantity

APPLICATION_ASSESSED = "application.assessed"
"""The one event about an application that its applicant does not hear."""


def declaration_payload(declaration: DeclarationRecord, event: DomainEvent) -> dict[str, Any]:
    """Write the data of an event about a declaration."""
    return {
        "declaration_id": str(declaration.id),
        "reference": declaration.content.reference,
        "status": event.to_status,
        "movement": declaration.content.movement,
        "version": declaration.version,
        **({"reason": event.reason} if event.reason else {}),
        **_details(event),
    }


def permit_payload(permit: PermitRecord, event: DomainEvent) -> dict[str, Any]:
    """Write the data of an event about a permit."""
    return {
        "permit_id": str(permit.id),
        "issuer": permit.content.issuer,
        "number": permit.content.number,
        "status": event.to_status,
        **({"reason": event.reason} if event.reason else {}),
        **_details(event),
    }


def application_payload(application: ApplicationRecord, event: DomainEvent) -> dict[str, Any]:
    """Write the data of an event about an application."""
    content = application.content
    return {
        "application_id": str(application.id),
        **({"reference": content.reference} if content.reference else {}),
        "status": event.to_status,
        "issuer": content.authority_country,
        "kind": content.kind,
        **({"reason": event.reason} if event.reason else {}),
        **_details(event),
    }


def _details(event: DomainEvent) -> dict[str, Any]:
    """Answer what a turn says besides; what there is not is left out, never null."""
    return {name: value for name, value in {**event.payload, **event.detail}.items() if value is not None}


def application_audience(application: ApplicationRecord, event: DomainEvent) -> Audience:
    """Answer who may hear of an application: its trader, the agent that made it, and the authority that is asked.

    Of its own assessment the authority alone hears.
    """
    country = application.content.authority_country
    offices = (RoleInCountry(role=Role.AUTHORITY, country=country),)
    if event.event_type == APPLICATION_ASSESSED:
        return Audience(offices=offices)
    return Audience(
        parties=tuple(dict.fromkeys((application.trader, application.party))),
        offices=offices,
        countries=(country,),
        taxa=tuple(sorted({line.taxon for line in application.content.lines})),
        sender=Sender(parties=tuple(dict.fromkeys((application.trader, application.party))), offices=offices),
    )


def declaration_audience(declaration: DeclarationRecord) -> Audience:
    """Answer who may hear of a declaration: trader, lodger, the offices of both countries, partners there."""
    countries = _unique(declaration.content.export_country, declaration.content.import_country)
    items = declaration.content.items
    documents = [document for item in items for document in item.documents if document.number]
    cited = {f"{d.issuer}/{d.number}" if d.issuer else str(d.number) for d in documents}
    return Audience(
        parties=tuple({declaration.party, declaration.trader}),
        offices=_offices(countries),
        countries=countries,
        permits=tuple(sorted(cited | {str(citation.permit) for citation in declaration.citations})),
        taxa=tuple(sorted({item.taxon for item in items if item.taxon})),
        sender=Sender(parties=tuple({declaration.party, declaration.trader})),
    )


def permit_audience(permit: PermitRecord, also_notify: frozenset[UUID]) -> Audience:
    """Answer who may hear of a permit: its holders, the offices of its countries, and the parties in `also_notify`.

    Its sender is who wrote it here, the authority of another country too, and the authority of its issuer.
    """
    content = permit.content
    countries = _unique(content.issuer, content.export_country, content.import_country)
    holders = tuple({p.identifier for p in (content.exporter, content.importer) if p.identifier is not None})
    return Audience(
        parties=tuple(also_notify),
        identifiers=holders,
        offices=_offices(countries),
        countries=countries,
        permits=(str(permit.id), f"{content.issuer}/{content.number}"),
        taxa=tuple(sorted({line.taxon for line in content.lines})),
        sender=Sender(
            parties=(permit.registered_by,) if permit.registered_by else (),
            offices=(RoleInCountry(role=Role.AUTHORITY, country=content.issuer),),
        ),
    )


def declaration_reference(declaration: DeclarationRecord) -> dict[str, Any]:
    """Name the declaration in an event about a permit."""
    return {
        "declaration_id": str(declaration.id),
        "reference": declaration.content.reference,
        "movement": declaration.content.movement,
    }


def line_usage(line: PermitLineRecord, side: Side, quantity: str) -> dict[str, Any]:
    """Say what was used of a line and what is left, in the line's unit."""
    return {
        "line": line.content.line,
        "taxon": line.content.taxon,
        "term": line.content.term,
        "quantity": quantity,
        "unit": line.content.unit,
        "has": format_quantity(total_amount(line.balance, side)),
        "reserved": format_quantity(reserved(line.balance, side)),
        "used": format_quantity(used(line.balance, side)),
        "left": format_quantity(available(line.balance, side)),
    }


def _unique(*countries: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(countries))


@lru_cache(maxsize=4096)
def _offices(countries: tuple[str, ...]) -> tuple[RoleInCountry, ...]:
    return tuple(
        RoleInCountry(role=role, country=country) for country in countries for role in (Role.AUTHORITY, Role.CUSTOMS)
    )
