"""Rules about the limits of a check: findings that are not stored, and a declaration that is too large to check.

No override settles them: nobody has seen what the hub left out, so it never accepts the declaration because of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.permits.domain.rules.rule import Discrepancy, Rule, build_finding, rule
from shared.contracts.closed_sets import Severity
from shared.contracts.findings import Finding
from shared.limits import Limit, LimitSubject

STORED_FINDINGS = Limit(
    200,
    "findings",
    subject=LimitSubject.DECLARATIONS,
    meaning="Findings of one check that the hub stores: blocks first, then referrals, then notes",
    beyond="One more finding counts the rest. If it counts more than notes, the hub does not accept the declaration.",
)
CHECK_COST = Limit(
    250_000,
    "comparisons",
    subject=LimitSubject.DECLARATIONS,
    meaning="Cost of one check: the permit lines that the hub loads, and those with which it compares documents",
    beyond="The hub refers the declaration with the finding `too-large-to-check`.",
)
_ORDER = tuple(Severity)


@dataclass(frozen=True, kw_only=True)
class OmittedFindings:
    """The numbers of findings that a check made and the hub does not store, by severity."""

    counts: dict[Severity, int]

    @property
    def total(self) -> int:
        """Return the number of all of them."""
        return sum(self.counts.values())


def _count_of(omitted: OmittedFindings) -> Discrepancy:
    parts = ", ".join(f"{count} {severity}" for severity, count in omitted.counts.items() if count)
    expected = f"at most {STORED_FINDINGS} findings"
    return Discrepancy(pointer="", expected=expected, found=f"{omitted.total} more", note=parts)


@rule(
    "findings-omitted",
    Severity.REFER,
    remedy="Correct the findings that you see, in a new version. For a large shipment, send several declarations.",
    officer_remedy="The trader sends a new version, and the hub then shows the other findings. Or customs refuses "
    "the goods.",
)
def all_findings_are_stored(omitted: OmittedFindings) -> Discrepancy | None:
    """A declaration must have few enough findings for the hub to show all of them."""
    return _count_of(omitted) if omitted.total > omitted.counts.get(Severity.NOTE, 0) else None


@rule("notes-omitted", Severity.NOTE)
def all_notes_are_stored(omitted: OmittedFindings) -> Discrepancy | None:
    """The hub shows only the first notes."""
    return _count_of(omitted) if omitted.total and omitted.total == omitted.counts.get(Severity.NOTE, 0) else None


@rule(
    "too-large-to-check",
    Severity.REFER,
    remedy="Name the permit line in each document, or send several smaller declarations.",
    officer_remedy="The trader sends a smaller new version, and the hub checks it. Or customs refuses the goods.",
)
def is_small_enough(cost: int) -> Discrepancy | None:
    """A declaration must cost at most a fixed number of comparisons with permit lines."""
    if cost <= CHECK_COST:
        return None
    return Discrepancy(pointer="", expected=f"at most {CHECK_COST:,} comparisons", found=f"{cost:,}")


RULES: tuple[Rule[OmittedFindings] | Rule[int], ...] = (all_findings_are_stored, all_notes_are_stored, is_small_enough)
NOT_OVERRIDABLE = frozenset({all_findings_are_stored.name, is_small_enough.name})
"""Rules whose findings no officer can settle."""


def limit_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return at most `STORED_FINDINGS` findings in their order, and one more that counts the rest.

    Blocks are kept before referrals, and referrals before notes.
    """
    if len(findings) <= STORED_FINDINGS:
        return tuple(findings)
    by_severity = sorted(range(len(findings)), key=lambda index: _ORDER.index(findings[index].severity))
    kept, rest = sorted(by_severity[:STORED_FINDINGS]), by_severity[STORED_FINDINGS:]
    counts = dict.fromkeys(_ORDER, 0)
    for index in rest:
        counts[findings[index].severity] += 1
    return (*(findings[index] for index in kept), *_findings_of(OmittedFindings(counts=counts)))


def _findings_of(omitted: OmittedFindings) -> Iterable[Finding]:
    for one in (all_findings_are_stored, all_notes_are_stored):
        discrepancy = one.find_discrepancy(omitted)
        if discrepancy is not None:
            yield build_finding(one, discrepancy, ())


def count_omitted(findings: Iterable[Finding]) -> int:
    """Return the number of findings that the hub left out, as the last one of these counts them."""
    counting = {all_findings_are_stored.name, all_notes_are_stored.name}
    return sum(int((one.found or "0").split()[0]) for one in findings if one.rule in counting)


def too_large_findings(cost: int) -> tuple[Finding, ...]:
    """Return the finding of a declaration whose check costs too much; empty if the hub can check it."""
    discrepancy = is_small_enough.find_discrepancy(cost)
    return () if discrepancy is None else (build_finding(is_small_enough, discrepancy, ()),)
