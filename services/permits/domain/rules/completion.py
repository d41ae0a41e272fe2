"""Rules about completion: the fields that a declaration leaves out and the hub fills."""

from collections.abc import Iterable

from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, build_finding, rule
from shared.contracts.closed_sets import Severity
from shared.contracts.declaration import Repair
from shared.contracts.findings import Finding


@rule("stated-in-full", Severity.NOTE)
def field_is_stated(repair: Repair) -> Discrepancy | None:
    """What the declaration leaves out is taken from the only place it can stand."""
    return None if repair.others else _completed(repair)


@rule(
    "stated-unmistakably",
    Severity.REFER,
    remedy=CUSTOMS_DECIDES,
)
def source_is_unambiguous(repair: Repair) -> Discrepancy | None:
    """Where what is left out may be taken from several places, an officer says which is meant."""
    return _completed(repair) if repair.others else None


def _completed(repair: Repair) -> Discrepancy:
    field = repair.pointer.rpartition("/")[2]
    found = f"taken from {repair.source}" + "".join(f", or {other}" for other in repair.others)
    return Discrepancy(pointer=repair.pointer, expected=f"{field} stated", found=found)


def completion_findings(repairs: Iterable[Repair]) -> list[Finding]:
    """Return the finding about each field that the hub filled."""
    return [
        build_finding(one, discrepancy)
        for repair in repairs
        for one in RULES
        if (discrepancy := one.find_discrepancy(repair)) is not None
    ]


RULES: tuple[Rule[Repair], ...] = (field_is_stated, source_is_unambiguous)
