"""Rules about completion: the fields that a declaration leaves out and the hub fills."""

from collections.abc import Iterable, Sequence

from services.permits.domain.rules.rule import Discrepancy, Rule, build_finding, rule
from shared.contracts.closed_sets import Severity
from shared.contracts.declaration import Item, Repair
from shared.contracts.findings import Finding


@rule("stated-in-full", Severity.NOTE)
def field_is_stated(repair: Repair) -> Discrepancy | None:
    """The hub filled in a field that the declaration leaves out."""
    return None if repair.others else _completed(repair)


@rule(
    "stated-unmistakably",
    Severity.REFER,
    remedy="State the field in a new version, or wait for the decision of customs.",
    officer_remedy="Customs checks the value that the hub took, then overrides the finding with a reason or refuses "
    "the goods.",
)
def source_is_unambiguous(repair: Repair) -> Discrepancy | None:
    """A field that is left out must have only one possible value."""
    return _completed(repair) if repair.others else None


def _completed(repair: Repair) -> Discrepancy:
    last_step = repair.pointer.rpartition("/")[2]
    field = "document" if last_step.isdigit() else last_step
    found = f"taken from {repair.source}" + "".join(f", or {other}" for other in repair.others)
    return Discrepancy(pointer=repair.pointer, expected=f"{field} stated in the declaration", found=found)


def completion_findings(repairs: Iterable[Repair], items: Sequence[Item]) -> list[Finding]:
    """Return the finding of each field that the hub filled in. `items` are those of the declaration."""
    return [
        build_finding(one, discrepancy, items)
        for repair in repairs
        for one in RULES
        if (discrepancy := one.find_discrepancy(repair)) is not None
    ]


RULES: tuple[Rule[Repair], ...] = (field_is_stated, source_is_unambiguous)
