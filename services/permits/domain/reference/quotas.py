"""Quota usage: the permit lines that count against an annual quota, and the notices about it (Conf. 14.7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import Facts
from shared.contracts.closed_sets import PermitStatus, Role, Unit
from shared.contracts.events.quotas import QuotaEventData, QuotaNear, QuotaReached
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid

NEAR, REACHED = 80, 100
"""Shares of a quota, in per cent, at which the hub sends `quota.near` and `quota.reached`."""


@dataclass(frozen=True, kw_only=True)
class QuotaRecord:
    """A quota as the hub stores it.

    `notice_level` is the share of the last notice, in per cent; `sequence` is that of its last event.
    """

    id: UUID
    country: str
    taxon: str
    taxon_key: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    unit: Unit
    amount: Decimal
    starts: date
    ends: date
    sequence: int
    notice_level: int


@dataclass(frozen=True, kw_only=True)
class LineQuotaUsage:
    """The quantity of a quota that one permit line uses, in the quota's unit."""

    quota: UUID
    permit: PermitRecord
    line: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class QuotaNotice:
    """A quota after a change of its usage: its sequence, its notice level, and its event if a notice is due."""

    quota: UUID
    sequence: int
    notice_level: int
    audience: Audience
    event: DomainEvent[QuotaEventData] | None


def quota_shares(permits: Iterable[PermitRecord], quotas: Sequence[QuotaRecord], facts: Facts) -> list[LineQuotaUsage]:
    """Return the quota usage of each permit line that falls under a quota.

    A line falls under a quota by country of export, origin, day of issue, term, source, purpose, unit and taxon.
    """
    return [
        LineQuotaUsage(
            quota=quota.id,
            permit=permit,
            line=line_letter,
            quantity=units.convert(line.content.quantity, line.content.unit, quota.unit),
        )
        for permit in permits
        for line_letter, line in permit.lines.items()
        for quota in quotas
        if _falls_under(permit, line, quota, facts)
    ]


def _falls_under(permit: PermitRecord, line: PermitLineRecord, quota: QuotaRecord, facts: Facts) -> bool:
    permit_content, line_content = permit.content, line.content
    limits = (
        (quota.terms, line_content.term),
        (quota.sources, line_content.source),
        (quota.purposes, permit_content.purpose),
    )
    return (
        quota.country == permit_content.export_country
        and line_content.origin_country in {None, quota.country}
        and quota.starts <= permit_content.issued_on <= quota.ends
        and all(not codes or found in codes for codes, found in limits)
        and units.is_convertible(line_content.unit, quota.unit)
        and facts.is_within_taxon(line_content.taxon, quota.taxon_key, permit_content.issued_on)
    )


def quota_exceeded_errors(
    shares: Sequence[LineQuotaUsage], quotas: Sequence[QuotaRecord], remaining_by_quota: Mapping[UUID, Decimal]
) -> dict[UUID, Invalid]:
    """Return, by permit id, the error of each permit that would exceed a quota (Resolution Conf. 14.7; box 11a).

    Permits count in their order, against `remaining_by_quota` in the quota's unit. A permit with an error uses nothing,
    so the next permit may use the rest.
    """
    quotas_by_id, remaining = {quota.id: quota for quota in quotas}, dict(remaining_by_quota)
    errors = {}
    for permit in {share.permit.id: share.permit for share in shares}.values():
        permit_shares = [share for share in shares if share.permit.id == permit.id]
        after = dict(remaining)
        for share in permit_shares:
            after[share.quota] = EXACT.subtract(after[share.quota], share.quantity)
        over = [share for share in permit_shares if after[share.quota] < ZERO]
        if over:
            errors[permit.id] = _quota_exceeded(
                permit, [(share, quotas_by_id[share.quota], remaining[share.quota]) for share in over]
            )
        else:
            remaining = after
    return errors


def _quota_exceeded(permit: PermitRecord, over: list[tuple[LineQuotaUsage, QuotaRecord, Decimal]]) -> Invalid:
    places = {line.line: index for index, line in enumerate(permit.content.lines)}
    faults = []
    for share, quota, remaining in over:
        text = (
            f"The quota of {quota.country} for {quota.taxon or 'all species'} is {format_quantity(quota.amount)} "
            f"{quota.unit} from {quota.starts} to {quota.ends}. {format_quantity(max(remaining, ZERO))} {quota.unit} "
            f"are left. Line {share.line} needs {format_quantity(share.quantity)}. Grant no more than is left."
        )
        faults.append(Fault(f"/lines/{places[share.line]}/quantity", "quota-exceeded", text))
    return Invalid("quota-exceeded", faults[0].detail, faults)


def percent_used(quota: QuotaRecord, used: Decimal) -> int:
    """Return the used share of a quota in whole per cent, rounded down. Any use of a quota of zero is 100 per cent."""
    if quota.amount == 0:
        return REACHED if used else 0
    return int(EXACT.divide_int(EXACT.multiply(used, Decimal(100)), quota.amount))


def quota_notice(quota: QuotaRecord, used: Decimal, shares: Sequence[LineQuotaUsage], actor: Actor) -> QuotaNotice:
    """Return the notice about a quota after the usage of these lines. `used` is in the quota's unit.

    Each level is sent once, and again only after the usage fell below it. The sender and audience are the authority
    of the country.
    """
    percent = percent_used(quota, used)
    level = max((one for one in (NEAR, REACHED) if percent >= one), default=0)
    offices = (RoleInCountry(role=Role.AUTHORITY, country=quota.country),)
    audience = Audience(offices=offices, countries=(quota.country,), sender=Sender(offices=offices))
    if level <= quota.notice_level:
        return QuotaNotice(quota=quota.id, sequence=quota.sequence, notice_level=level, audience=audience, event=None)
    last = [one for one in shares if one.quota == quota.id][-1].permit
    fields = _quota_fields(quota, used, percent, last)
    data = QuotaReached(**fields) if level == REACHED else QuotaNear(**fields)
    event = DomainEvent(from_status=None, data=data, actor=system_actor(actor))
    return QuotaNotice(quota=quota.id, sequence=data.sequence, notice_level=level, audience=audience, event=event)


class _QuotaFields(TypedDict):
    sequence: int
    quota_id: UUID
    country: str
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    unit: Unit
    amount: str
    taken: str
    left: str
    share: int
    starts: date
    ends: date
    permit_id: UUID
    issuer: str
    number: str
    status: PermitStatus


def _quota_fields(quota: QuotaRecord, used: Decimal, percent: int, permit: PermitRecord) -> _QuotaFields:
    return {
        "sequence": quota.sequence + 1,
        "quota_id": quota.id,
        "country": quota.country,
        "taxon": quota.taxon,
        "terms": quota.terms,
        "sources": quota.sources,
        "purposes": quota.purposes,
        "unit": quota.unit,
        "amount": format_quantity(quota.amount),
        "taken": format_quantity(used),
        "left": format_quantity(max(EXACT.subtract(quota.amount, used), ZERO)),
        "share": percent,
        "starts": quota.starts,
        "ends": quota.ends,
        "permit_id": permit.id,
        "issuer": permit.content.issuer,
        "number": permit.content.number,
        "status": permit.status,
    }
