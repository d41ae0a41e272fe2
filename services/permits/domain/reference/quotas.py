"""Quota usage: the permit lines that count against an annual quota, and the notices about it (Conf. 14.7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypedDict
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.events import DomainEvent, system_actor
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import Facts
from shared.contracts.closed_sets import PermitStatus, QuotaPeriod, Role, Unit
from shared.contracts.events.quotas import QuotaEventData, QuotaNear, QuotaReached
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid

NEAR, REACHED = 80, 100
"""Shares of a quota, in per cent, at which the hub sends `quota.near` and `quota.reached`."""


@dataclass(frozen=True, kw_only=True)
class QuotaRecord:
    """A quota as the hub stores it. An empty country means each country. `sequence` is that of its last event."""

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
    ends: date | None
    period: QuotaPeriod
    sequence: int

    def period_on(self, day: date) -> tuple[date, date]:
        """Return the first and the last day of the period that contains a day."""
        return quota_period(self.period, self.starts, self.ends, day)


class QuotaScope(NamedTuple):
    """The permits that count together in a quota: those of one country of export and one period."""

    quota: UUID
    country: str
    starts: date
    """The first day of the period."""


@dataclass(frozen=True, kw_only=True)
class LineQuotaUsage:
    """The quantity of a quota that one permit line uses, in the quota's unit."""

    scope: QuotaScope
    permit: PermitRecord
    line: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class QuotaNotice:
    """A quota after a change of its usage: its sequence, its notice level, and its event if a notice is due.

    `notice_level` is the share of the last notice about these permits, in per cent.
    """

    scope: QuotaScope
    sequence: int
    notice_level: int
    audience: Audience
    event: DomainEvent[QuotaEventData] | None


def quota_period(period: QuotaPeriod, starts: date, ends: date | None, day: date) -> tuple[date, date]:
    """Return the first and the last day of the period of a quota that contains a day."""
    first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    if period is QuotaPeriod.ONCE:
        return starts, ends or last
    return max(first, starts), min(last, ends or last)


def quota_shares(permits: Iterable[PermitRecord], quotas: Sequence[QuotaRecord], facts: Facts) -> list[LineQuotaUsage]:
    """Return the quota usage of each permit line that falls under a quota.

    A line falls under a quota by country of export, origin, day of issue, term, source, purpose, unit and taxon.
    """
    return [
        LineQuotaUsage(
            scope=QuotaScope(quota.id, permit.content.export_country, quota.period_on(permit.content.issued_on)[0]),
            permit=permit,
            line=line_letter,
            quantity=_quantity_in_quota(line, quota),
        )
        for permit in permits
        for line_letter, line in permit.lines.items()
        for quota in quotas
        if _falls_under(permit, line, quota, facts)
    ]


def _quantity_in_quota(line: PermitLineRecord, quota: QuotaRecord) -> Decimal:
    """Return the quantity of a line in the quota's unit. A quota of zero counts it as it is if no conversion exists."""
    quantity, unit = line.content.quantity, line.content.unit
    return units.convert(quantity, unit, quota.unit) if units.is_convertible(unit, quota.unit) else quantity


def _falls_under(permit: PermitRecord, line: PermitLineRecord, quota: QuotaRecord, facts: Facts) -> bool:
    permit_content, line_content = permit.content, line.content
    limits = (
        (quota.terms, line_content.term),
        (quota.sources, line_content.source),
        (quota.purposes, permit_content.purpose),
    )
    return (
        quota.country in ("", permit_content.export_country)
        and line_content.origin_country in (None, permit_content.export_country)
        and quota.starts <= permit_content.issued_on
        and (quota.ends is None or permit_content.issued_on <= quota.ends)
        and all(not codes or found in codes for codes, found in limits)
        # A quota of zero leaves nothing in any unit: zero bones are also zero kilograms of bones.
        and (quota.amount == ZERO or units.is_convertible(line_content.unit, quota.unit))
        and facts.is_within_taxon(line_content.taxon, quota.taxon_key, permit_content.issued_on)
    )


def quota_exceeded_errors(
    shares: Sequence[LineQuotaUsage], quotas: Sequence[QuotaRecord], remaining_by_scope: Mapping[QuotaScope, Decimal]
) -> dict[UUID, Invalid]:
    """Return, by permit id, the error of each permit that would exceed a quota (Resolution Conf. 14.7; box 11a).

    Permits count in their order, against `remaining_by_scope` in the quota's unit. A permit with an error uses nothing,
    so the next permit may use the rest.
    """
    quotas_by_id, remaining = {quota.id: quota for quota in quotas}, dict(remaining_by_scope)
    errors = {}
    for permit in {share.permit.id: share.permit for share in shares}.values():
        permit_shares = [share for share in shares if share.permit.id == permit.id]
        after = dict(remaining)
        for share in permit_shares:
            after[share.scope] = EXACT.subtract(after[share.scope], share.quantity)
        over = [share for share in permit_shares if after[share.scope] < ZERO]
        if over:
            errors[permit.id] = _quota_exceeded(
                permit, [(share, quotas_by_id[share.scope.quota], remaining[share.scope]) for share in over]
            )
        else:
            remaining = after
    return errors


def _quota_exceeded(permit: PermitRecord, over: list[tuple[LineQuotaUsage, QuotaRecord, Decimal]]) -> Invalid:
    places = {line.line: index for index, line in enumerate(permit.content.lines)}
    faults = []
    for share, quota, remaining in over:
        starts, ends = quota.period_on(permit.content.issued_on)
        text = (
            f"The quota of {quota.country or 'all countries'} for {quota.taxon} is {format_quantity(quota.amount)} "
            f"{quota.unit} from {starts} to {ends}. {format_quantity(max(remaining, ZERO))} {quota.unit} "
            f"are left. Line {share.line} needs {format_quantity(share.quantity)}. Grant no more than is left."
        )
        faults.append(Fault(f"/lines/{places[share.line]}/quantity", "quota-exceeded", text))
    return Invalid("quota-exceeded", faults[0].detail, faults)


def percent_used(quota: QuotaRecord, used: Decimal) -> int:
    """Return the used share of a quota in whole per cent, rounded down. Any use of a quota of zero is 100 per cent."""
    if quota.amount == 0:
        return REACHED if used else 0
    return int(EXACT.divide_int(EXACT.multiply(used, Decimal(100)), quota.amount))


def quota_notice(
    quota: QuotaRecord,
    scope: QuotaScope,
    used: Decimal,
    shares: Sequence[LineQuotaUsage],
    *,
    last_level: int,
    actor: Actor,
) -> QuotaNotice:
    """Return the notice about a quota after the usage of these lines. `used` is in the quota's unit.

    Each level is sent once per period, and again only after the usage fell below it. The sender and audience are the
    authority of the country.
    """
    percent = percent_used(quota, used)
    level = max((one for one in (NEAR, REACHED) if percent >= one), default=0)
    offices = (RoleInCountry(role=Role.AUTHORITY, country=scope.country),)
    audience = Audience(offices=offices, countries=(scope.country,), sender=Sender(offices=offices))
    if level <= last_level:
        return QuotaNotice(scope=scope, sequence=quota.sequence, notice_level=level, audience=audience, event=None)
    last = [one for one in shares if one.scope == scope][-1].permit
    fields = _quota_fields(quota, used, percent, last)
    data = QuotaReached(**fields) if level == REACHED else QuotaNear(**fields)
    event = DomainEvent(from_status=None, data=data, actor=system_actor(actor))
    return QuotaNotice(scope=scope, sequence=data.sequence, notice_level=level, audience=audience, event=event)


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
    starts, ends = quota.period_on(permit.content.issued_on)
    return {
        "sequence": quota.sequence + 1,
        "quota_id": quota.id,
        "country": permit.content.export_country,
        "taxon": quota.taxon,
        "terms": quota.terms,
        "sources": quota.sources,
        "purposes": quota.purposes,
        "unit": quota.unit,
        "amount": format_quantity(quota.amount),
        "taken": format_quantity(used),
        "left": format_quantity(max(EXACT.subtract(quota.amount, used), ZERO)),
        "share": percent,
        "starts": starts,
        "ends": ends,
        "permit_id": permit.id,
        "issuer": permit.content.issuer,
        "number": permit.content.number,
        "status": permit.status,
    }
