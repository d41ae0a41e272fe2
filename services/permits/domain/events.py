"""Common fields of event data, and the audience of an event."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from decimal import Decimal
from functools import lru_cache
from typing import TypedDict, TypeVar
from uuid import UUID

from services.permits.domain.ledger.balances import available, reserved, total_amount, used
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.customs_offices import acting_country, deciding_country
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import Followers
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from shared.cites.time_zones import country_codes
from shared.contracts.closed_sets import Movement, PermitKind, Role, Side
from shared.contracts.events.applications import ApplicationAssessed, ApplicationEventData
from shared.contracts.events.parts import PermitReference, UsedLine
from shared.contracts.findings import Finding, FindingCounts, RuleCount, count_findings, count_rules
from shared.contracts.identifiers import identifier_key
from shared.contracts.limits import EVENT_ENTRIES
from shared.contracts.messages import AgentOfTrader, Audience, RoleInCountry, Sender
from shared.contracts.quantities import format_quantity

Thing = TypeVar("Thing")
Named = TypeVar("Named")

NO_FINDINGS = FindingCounts()


class FindingFields(TypedDict):
    """The fields by which an event reports the findings of a declaration: their number, and their rules."""

    finding_counts: FindingCounts
    rules: tuple[RuleCount, ...] | None


class DeclarationFields(TypedDict):
    """The fields of every event about a declaration, except its status."""

    sequence: int
    declaration_id: UUID
    reference: str
    movement: Movement
    version: int


class PermitFields(TypedDict):
    """The fields of every event about a permit, except its status."""

    sequence: int
    permit_id: UUID
    issuer: str
    number: str


class ApplicationFields(TypedDict):
    """The fields of every event about an application, except its status."""

    sequence: int
    application_id: UUID
    reference: str | None
    issuer: str
    kind: PermitKind


class CausingDeclarationFields(TypedDict):
    """The fields by which an event about a permit names the declaration that caused it."""

    declaration_id: UUID
    reference: str
    movement: Movement


def finding_fields(findings: Iterable[Finding]) -> FindingFields:
    """Return the fields of an event about open findings. A declaration may have hundreds, so it names their rules."""
    findings = tuple(findings)
    if not findings:
        return {"finding_counts": NO_FINDINGS, "rules": None}
    return {"finding_counts": count_findings(findings), "rules": count_rules(findings) or None}


def name_first(things: Sequence[Thing], name: Callable[[Thing], Named]) -> tuple[tuple[Named, ...], int | None]:
    """Return the first things as an event names them, and the number of the others; None if there are no others."""
    return tuple(map(name, things[:EVENT_ENTRIES])), max(len(things) - EVENT_ENTRIES, 0) or None


def declaration_fields(declaration: DeclarationRecord, nth: int = 1) -> DeclarationFields:
    """Return the declaration's fields for the `nth` event of a command, from 1."""
    content = declaration.content
    return {
        "sequence": declaration.sequence + nth,
        "declaration_id": declaration.id,
        "reference": content.reference,
        "movement": content.movement,
        "version": declaration.version,
    }


def permit_fields(permit: PermitRecord, nth: int = 1) -> PermitFields:
    """Return the permit's fields for the `nth` event of a command, from 1."""
    content = permit.content
    return {
        "sequence": permit.sequence + nth,
        "permit_id": permit.id,
        "issuer": content.issuer,
        "number": content.number,
    }


def application_fields(application: ApplicationRecord, nth: int = 1) -> ApplicationFields:
    """Return the application's fields for the `nth` event of a command, from 1."""
    content = application.content
    return {
        "sequence": application.sequence + nth,
        "application_id": application.id,
        "reference": content.reference,
        "issuer": content.authority_country,
        "kind": content.kind,
    }


def causing_declaration_fields(declaration: DeclarationRecord) -> CausingDeclarationFields:
    """Return the fields by which an event about a permit names the declaration that caused it."""
    content = declaration.content
    return {"declaration_id": declaration.id, "reference": content.reference, "movement": content.movement}


def permit_reference(permit: PermitRecord) -> PermitReference:
    """Return the reference by which an event about another permit names this one."""
    return PermitReference(permit_id=permit.id, issuer=permit.content.issuer, number=permit.content.number)


AgentsOfTraders = Set[tuple[UUID, UUID]]
"""Pairs of an agent and a trader that it represents today."""


def _agent_of(record: DeclarationRecord | ApplicationRecord, agents: AgentsOfTraders) -> tuple[AgentOfTrader, ...]:
    """Return the agent while its mandate is valid. The first events belong to what the agent lodges."""
    if record.party == record.trader or (record.sequence and (record.party, record.trader) not in agents):
        return ()
    return (AgentOfTrader(agent=record.party, trader=record.trader),)


def application_audience(
    application: ApplicationRecord, data: ApplicationEventData, agents: AgentsOfTraders
) -> Audience:
    """Return the audience of an event about an application: its trader, its agent and the authority.

    Only the authority receives an assessment.
    """
    country = application.content.authority_country
    offices = (RoleInCountry(role=Role.AUTHORITY, country=country),)
    if isinstance(data, ApplicationAssessed):
        return Audience(offices=offices)
    parties, notified_agents = (application.trader,), _agent_of(application, agents)
    return Audience(
        parties=parties,
        agents=notified_agents,
        offices=offices,
        countries=(country,),
        taxa=tuple(sorted({line.taxon for line in application.content.lines})),
        sender=Sender(parties=parties, agents=notified_agents, offices=offices),
    )


Members = Mapping[str, Set[str]]
"""By country, the members of its customs union whose customs acts in its place."""
NO_MEMBERS: Members = {}


def declaration_audience(
    declaration: DeclarationRecord, agents: AgentsOfTraders, members: Members = NO_MEMBERS
) -> Audience:
    """Return the audience of an event about a declaration: its trader, its agent, the offices of its countries.

    These are the countries of export, import and transit. Their partners receive it too. A code that customs write in
    place of a country, such as QU, has no offices. The senders are the trader and the agent. Customs of a member that
    acts in place of the deciding country receives it while the policy names it.
    """
    content = declaration.content
    acting = acting_country(content)
    acts = acting is not None and acting in members.get(deciding_country(content) or "", ())
    offices = (RoleInCountry(role=Role.CUSTOMS, country=acting),) if acting is not None and acts else ()
    transit = (content.transit_country,) if content.transit_country is not None else ()
    stated = _unique(content.export_country, content.import_country, *transit)
    countries = tuple(country for country in stated if country in country_codes())
    parties, notified_agents = (declaration.trader,), _agent_of(declaration, agents)
    items = declaration.content.items
    documents = [document for item in items for document in item.documents if document.number and document.is_cites]
    cited = {f"{d.issuer}/{d.number}" if d.issuer else str(d.number) for d in documents}
    return Audience(
        parties=parties,
        agents=notified_agents,
        offices=(*_offices(countries), *offices),
        countries=countries,
        permits=tuple(sorted(cited | {str(citation.permit) for citation in declaration.citations})),
        taxa=tuple(sorted({item.taxon for item in items if item.taxon})),
        sender=Sender(parties=parties, agents=notified_agents),
    )


def permit_audience(permit: PermitRecord, also_notify: Followers, agents: AgentsOfTraders) -> Audience:
    """Return the audience of an event about a permit: its holders, the offices of its countries, and `also_notify`.

    `agents` are the pairs of an agent and a trader with a valid mandate. The senders are the party that registered it
    and the authority of its issuer.
    """
    content = permit.content
    countries = _unique(content.issuer, content.export_country, content.import_country)
    holders = {
        identifier_key(p.country, p.identifier)
        for p in (content.exporter, content.importer)
        if p.identifier is not None
    }
    return Audience(
        parties=tuple(also_notify.parties),
        agents=tuple(
            AgentOfTrader(agent=agent, trader=trader) for agent, trader in sorted(also_notify.agents & agents)
        ),
        identifiers=tuple(sorted(holders)),
        offices=_offices(countries),
        countries=countries,
        permits=(str(permit.id), f"{content.issuer}/{content.number}"),
        taxa=tuple(sorted({line.taxon for line in content.lines})),
        sender=Sender(
            parties=(permit.registered_by,) if permit.registered_by else (),
            offices=(RoleInCountry(role=Role.AUTHORITY, country=content.issuer),),
        ),
    )


def used_line(line: PermitLineRecord, side: Side, quantity: Decimal) -> UsedLine:
    """Return the use of a line for an event, and what is left on the side, in the line's unit."""
    content = line.content
    return UsedLine(
        line=content.line,
        taxon=content.taxon,
        term=content.term,
        quantity=format_quantity(quantity),
        unit=content.unit,
        has=format_quantity(total_amount(line.balance, side)),
        reserved=format_quantity(reserved(line.balance, side)),
        used=format_quantity(used(line.balance, side)),
        left=format_quantity(available(line.balance, side)),
    )


def _unique(*countries: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(countries))


@lru_cache(maxsize=4096)
def _offices(countries: tuple[str, ...]) -> tuple[RoleInCountry, ...]:
    return tuple(
        RoleInCountry(role=role, country=country) for country in countries for role in (Role.AUTHORITY, Role.CUSTOMS)
    )
