"""An annual quota and what permits take of it: which lines fall under it, and when to tell that it is near its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.lifecycle import By
from services.permits.domain.reference.facts import Facts
from services.permits.domain.values import Line, Move, PermitOnFile
from shared.contracts.messages import Audience, RoleInCountry, Sender
from shared.contracts.parties import Act
from shared.contracts.quantities import EXACT, plain
from shared.problems import Fault, Invalid

NEAR, REACHED = 80, 100
"""Shares of a quota, in per cent, that are told."""
EVENTS = {NEAR: "quota.near", REACHED: "quota.reached"}


@dataclass(frozen=True)
class QuotaOnFile:
    """A quota as the hub holds it; `told` is the share that was last told, `sequence` that of its news."""

    id: UUID
    country: str
    taxon: str
    taxon_key: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    unit: str
    amount: Decimal
    starts: date
    ends: date
    sequence: int
    told: int


@dataclass(frozen=True)
class Share:
    """What one line of a permit takes of a quota, in the quota's unit."""

    quota: UUID
    permit: PermitOnFile
    line: str
    quantity: Decimal


@dataclass(frozen=True)
class Told:
    """A quota after something was taken: its sequence, the share that was told, and the news where there is any."""

    quota: UUID
    sequence: int
    told: int
    hearers: Audience
    move: Move | None
    data: dict[str, Any]


def shares(permits: Iterable[PermitOnFile], quotas: Sequence[QuotaOnFile], facts: Facts) -> list[Share]:
    """Answer what the lines of permits take of quotas."""
    return [
        Share(quota.id, permit, letter, units.convert(line.terms.quantity, line.terms.unit, quota.unit))
        for permit in permits
        for letter, line in permit.lines.items()
        for quota in quotas
        if _falls_under(permit, line, quota, facts)
    ]


def _falls_under(permit: PermitOnFile, line: Line, quota: QuotaOnFile, facts: Facts) -> bool:
    terms, stated = permit.terms, line.terms
    limits = ((quota.terms, stated.term), (quota.sources, stated.source), (quota.purposes, terms.purpose))
    return (
        quota.country == terms.export_country
        and stated.origin_country in {None, quota.country}
        and quota.starts <= terms.issued_on <= quota.ends
        and all(not codes or found in codes for codes, found in limits)
        and units.convertible(stated.unit, quota.unit)
        and facts.within(stated.taxon, quota.taxon_key, terms.issued_on)
    )


def refusals(
    taken: Sequence[Share], quotas: Sequence[QuotaOnFile], left: Mapping[UUID, Decimal]
) -> dict[UUID, Invalid]:
    """Answer, by permit, the refusal of those that would take more than is `left` of a quota, in their order.

    What is refused leaves its part to the next (Resolution Conf. 14.7; box 11a).
    """
    about, rest = {quota.id: quota for quota in quotas}, dict(left)
    refused = {}
    for permit in {share.permit.id: share.permit for share in taken}.values():
        mine = [share for share in taken if share.permit.id == permit.id]
        after = dict(rest)
        for share in mine:
            after[share.quota] = EXACT.subtract(after[share.quota], share.quantity)
        over = [share for share in mine if after[share.quota] < ZERO]
        if over:
            refused[permit.id] = _passed(permit, [(share, about[share.quota], rest[share.quota]) for share in over])
        else:
            rest = after
    return refused


def _passed(permit: PermitOnFile, over: list[tuple[Share, QuotaOnFile, Decimal]]) -> Invalid:
    places = {line.line: index for index, line in enumerate(permit.terms.lines)}
    faults = []
    for share, quota, left in over:
        text = (
            f"Of the quota of {quota.country} for {quota.taxon or 'all species'}, {plain(quota.amount)} {quota.unit} "
            f"from {quota.starts} to {quota.ends}, {plain(max(left, ZERO))} {quota.unit} are left; line {share.line} "
            f"would take {plain(share.quantity)}. Grant no more than is left."
        )
        faults.append(Fault(f"/lines/{places[share.line]}/quantity", "quota-exceeded", text))
    return Invalid("quota-exceeded", faults[0].detail, faults)


def share_of(quota: QuotaOnFile, taken: Decimal) -> int:
    """Answer how much of a quota is taken, in whole per cent; of a quota of nothing anything is all."""
    if quota.amount == 0:
        return REACHED if taken else 0
    return int(EXACT.divide_int(EXACT.multiply(taken, Decimal(100)), quota.amount))


def told(quota: QuotaOnFile, taken: Decimal, by_lines: Sequence[Share], by: Act) -> Told:
    """Decide what is told of a quota after these lines took of it; each level once, until it falls below again."""
    share = share_of(quota, taken)
    level = max((one for one in EVENTS if share >= one), default=0)
    offices = (RoleInCountry(role="authority", country=quota.country),)
    hearers = Audience(offices=offices, countries=(quota.country,), sender=Sender(offices=offices))
    if level <= quota.told:
        return Told(quota.id, quota.sequence, level, hearers, None, {})
    last = [one for one in by_lines if one.quota == quota.id][-1].permit
    act = Act(party=None, role=By.RULES, at=by.at)
    move = Move(None, EVENTS[level], act, EVENTS[level])
    return Told(quota.id, quota.sequence + 1, level, hearers, move, _data(quota, taken, share, last))


def _data(quota: QuotaOnFile, taken: Decimal, share: int, permit: PermitOnFile) -> dict[str, Any]:
    return {
        "quota_id": str(quota.id),
        "country": quota.country,
        "taxon": quota.taxon,
        "terms": list(quota.terms),
        "sources": list(quota.sources),
        "purposes": list(quota.purposes),
        "unit": quota.unit,
        "amount": plain(quota.amount),
        "taken": plain(taken),
        "left": plain(max(EXACT.subtract(quota.amount, taken), ZERO)),
        "share": share,
        "starts": quota.starts.isoformat(),
        "ends": quota.ends.isoformat(),
        "permit_id": str(permit.id),
        "issuer": permit.terms.issuer,
        "number": permit.terms.number,
        "status": permit.status,
    }
