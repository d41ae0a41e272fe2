"""The cost of a check, the order in which a batch is checked, and the verdict on what costs too much."""

from dataclasses import replace

from services.permits.domain.checks.check import check
from services.permits.domain.checks.cost import (
    LARGE_COST,
    NAME_COST,
    PART_COST,
    CheckParts,
    estimate_cost,
    maximum_cost,
    split_by_cost,
)
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules.check_limits import CHECK_COST, is_small_enough
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.limits import DOCUMENTS, DOCUMENTS_PER_ITEM, LINES
from tests.permits.domain.rules.test_requirements import facts
from tests.permits.rule_scenarios import PERMIT, permit_with_lines, received_declaration
from tests.permits.sample_data import declaration, item, line

WITH_MOST_LINES = permit_with_lines(*(line(f"L{n}") for n in range(LINES)))


def citing(documents: int, *, permits: int = 1, line_letter: str | None = None) -> DeclarationRecord:
    """Return a declaration with this many documents, which cite this many permits."""
    cited = [
        {"number": f"ZA-{n % permits}", "issuer": "ZA"} | ({"line": line_letter} if line_letter else {})
        for n in range(documents)
    ]
    items = [
        {**item(PERMIT.content, "1", n + 1), "documents": cited[start : start + DOCUMENTS_PER_ITEM]}
        for n, start in enumerate(range(0, documents, DOCUMENTS_PER_ITEM))
    ]
    return replace(received_declaration(PERMIT), content=declaration(*items))


def test_cost_of_a_document_without_line_grows_with_the_lines_of_its_permit() -> None:
    named, open_ = citing(500, line_letter="L1"), citing(500)
    permits = {("ZA", "za-0"): WITH_MOST_LINES}
    assert (
        estimate_cost(open_.content, permits, {}) - estimate_cost(named.content, permits, {})
        == (500 + NAME_COST) * LINES
    )
    assert estimate_cost(open_.content, {}, {("ZA", "za-0"): LINES}) == estimate_cost(open_.content, permits, {})
    assert maximum_cost(open_.content) == estimate_cost(open_.content, permits, {})


def test_cost_of_a_document_whose_item_is_completed_counts_two_comparisons_per_line() -> None:
    stated = citing(500)
    items = tuple(one.model_copy(update={"taxon": None}) for one in stated.content.items)
    left_out = stated.content.model_copy(update={"items": items})
    assert maximum_cost(left_out) - maximum_cost(stated.content) == 500 * LINES


def test_largest_declaration_on_one_permit_of_most_lines_is_checked() -> None:
    largest = citing(DOCUMENTS, line_letter="L1")
    assert estimate_cost(largest.content, {("ZA", "za-0"): WITH_MOST_LINES}, {}) <= CHECK_COST
    each_item_once = citing(500)
    assert estimate_cost(each_item_once.content, {("ZA", "za-0"): WITH_MOST_LINES}, {}) <= CHECK_COST


def test_declaration_that_costs_too_much_is_referred_without_a_check() -> None:
    largest = citing(DOCUMENTS, permits=DOCUMENTS)
    counted = replace(facts(), line_counts={("ZA", f"za-{n}"): int(LINES) for n in range(DOCUMENTS)})
    verdict = check(largest, {}, counted)
    assert verdict.status is DeclarationStatus.REFERRED
    assert [finding.rule for finding in verdict.findings] == [is_small_enough.name]
    assert (verdict.citations, verdict.second_uses, dict(verdict.reserved_permits)) == ((), (), {})


def test_large_declaration_is_not_checked_with_the_others_of_its_batch() -> None:
    first, large, second = citing(2), citing(DOCUMENTS), citing(1)
    assert maximum_cost(large.content) > LARGE_COST >= maximum_cost(first.content)
    assert split_by_cost([large, first, large, second]) == CheckParts(usual=[[first, second]], large=[large, large])


def test_declaration_that_loads_too_many_lines_is_too_large() -> None:
    """A line may have texts of some kilobytes, so even lines that no document is compared with have a cost."""
    citing_long_permits = citing(260, permits=260, line_letter="L1").content
    line_counts = {("ZA", f"za-{n}"): int(LINES) for n in range(260)}
    assert estimate_cost(citing_long_permits, {}, line_counts) > CHECK_COST
    line_counts = dict.fromkeys(line_counts, 20)
    assert estimate_cost(citing_long_permits, {}, line_counts) <= CHECK_COST


def test_batch_is_checked_in_parts_of_bounded_cost() -> None:
    some = [citing(10, permits=10)] * 60
    parts = split_by_cost(some).usual
    assert [one for part in parts for one in part] == some
    assert 1 < len(parts) < 10
    assert all(sum(maximum_cost(one.content) for one in part) <= PART_COST for part in parts)
