"""The limits of a check: which findings are stored, and what the hub says about the rest."""

import pytest

from services.permits.domain.checks.verdict import status_from_findings
from services.permits.domain.rules.check_limits import (
    CHECK_COST,
    NOT_OVERRIDABLE,
    STORED_FINDINGS,
    all_findings_are_stored,
    all_notes_are_stored,
    count_omitted,
    is_small_enough,
    limit_findings,
    too_large_findings,
)
from services.permits.domain.rules.matching import LINES_IN_FINDING
from services.permits.domain.rules.rule import VALUE_LENGTH, Discrepancy, build_finding
from services.permits.domain.rules.whole_declaration import permit_is_known
from shared.contracts.closed_sets import DeclarationStatus, Severity
from shared.contracts.findings import Finding
from tests.permits.rule_scenarios import OTHER_TAXON, TWO_TAXA, findings_of, permit_with_lines
from tests.permits.sample_data import line


def finding(severity: Severity, number: int = 0) -> Finding:
    """Return a finding of a severity about an item."""
    return Finding(
        rule=f"some-{severity}", severity=severity, pointer=f"/items/{number}/quantity", message="It differs."
    )


def test_findings_within_the_limit_stay_as_they_are() -> None:
    findings = tuple(finding(Severity.NOTE, n) for n in range(STORED_FINDINGS))
    assert limit_findings(findings) == findings
    assert count_omitted(findings) == 0


def test_findings_beyond_the_limit_keep_blocks_then_referrals_then_notes_in_their_order() -> None:
    notes = [finding(Severity.NOTE, n) for n in range(STORED_FINDINGS)]
    refers = [finding(Severity.REFER, n) for n in range(STORED_FINDINGS - 5)]
    blocks = [finding(Severity.BLOCK, n) for n in range(3)]
    kept = limit_findings([*notes, *refers, *blocks])
    assert kept[:-1] == (*notes[:2], *refers, *blocks)
    assert (kept[-1].rule, kept[-1].severity) == (all_notes_are_stored.name, Severity.NOTE)
    assert count_omitted(kept) == STORED_FINDINGS - 2


@pytest.mark.parametrize("severity", [Severity.BLOCK, Severity.REFER])
def test_findings_that_leave_out_more_than_notes_never_accept(severity: Severity) -> None:
    kept = limit_findings([finding(severity, n) for n in range(STORED_FINDINGS + 7)])
    assert len(kept) == STORED_FINDINGS + 1
    assert kept[-1].rule == all_findings_are_stored.name
    assert f"7 {severity}" in kept[-1].message
    settled = [one.model_copy(update={"overridden": one.rule not in NOT_OVERRIDABLE}) for one in kept]
    assert status_from_findings(settled) is DeclarationStatus.REFERRED


def test_findings_that_leave_out_only_notes_accept() -> None:
    kept = limit_findings([finding(Severity.NOTE, n) for n in range(STORED_FINDINGS + 1)])
    assert status_from_findings(kept) is DeclarationStatus.ACCEPTED
    assert count_omitted(kept) == 1


def test_declaration_that_costs_too_much_is_referred() -> None:
    assert too_large_findings(CHECK_COST) == ()
    [found] = too_large_findings(CHECK_COST + 1)
    assert (found.rule, found.severity, found.pointer) == (is_small_enough.name, Severity.REFER, "")


def test_finding_names_the_first_lines_of_a_permit_and_counts_the_rest() -> None:
    permit = permit_with_lines(*(line(f"L{n}", taxon=OTHER_TAXON, source="RW"[n % 2]) for n in range(50)))
    [found] = [one for one in findings_of(permit, taxon=None, source=None) if one.rule == "one-line-meant"]
    assert found.found is not None
    assert found.found.count(OTHER_TAXON) == LINES_IN_FINDING
    assert found.found.endswith(f"; {50 - LINES_IN_FINDING} more")
    [found] = [one for one in findings_of(permit, known=TWO_TAXA) if one.rule == "CITES-box-7-line"]
    assert found.expected is not None
    assert found.expected.endswith(f"; {50 - LINES_IN_FINDING} more")


def test_finding_cuts_a_value_that_is_too_long() -> None:
    long = "x" * (VALUE_LENGTH + 1)
    found = build_finding(permit_is_known, Discrepancy(pointer="/exporter", expected=long, found=long, note=long), ())
    assert found.expected == found.found == "x" * (VALUE_LENGTH - 1) + "…"
    assert len(found.message) < 4 * VALUE_LENGTH
