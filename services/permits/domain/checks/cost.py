"""The cost of a check, in comparisons of a document with a permit line, before anything is compared.

A document that names its line is compared with one line, any other with all lines of its permit. If the hub completes
its item, the lines count twice. To load a line costs as much as many comparisons, because it may have long texts. The
estimate has no clock, so the same declaration always has the same cost.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.permits.domain.checks.completion import candidate_keys
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitKey, PermitRecord, PermitsByKey
from services.permits.domain.rules.check_limits import CHECK_COST
from shared.contracts.declaration import Declaration
from shared.contracts.limits import LINES
from shared.limits import Limit, LimitSubject

ITEM_COST = 10
DOCUMENT_COST = 30
LOADED_LINE_COST = 16
NAME_COST = 10
"""Costs in comparisons: the rules about an item and about a document, a line that is loaded, and its name's listing.

The hub looks up the names of all lines of a permit only if a document names none of them.
"""
CANDIDATES = 5
"""The most permits that a document without an issuer may mean: `candidate_keys` finds no more."""
NAMED_LINE_COST = LOADED_LINE_COST
SEARCHED_LINE_COST = LOADED_LINE_COST + NAME_COST + 2
"""The most that a line costs, if its document names a line, and if the hub compares two times with all lines."""
LARGEST_DOCUMENT_COST = DOCUMENT_COST + CANDIDATES * LINES * SEARCHED_LINE_COST
SMALL_COST = 20_000
"""Possible cost below which the hub does not search for documents that cite the same permit."""
LARGE_COST = Limit(
    100_000,
    "comparisons",
    subject=LimitSubject.DECLARATIONS,
    meaning="Possible cost of a check, above which the hub checks a declaration after the others of its batch",
    beyond="The hub checks it alone, and in a request of its own.",
)
PART_COST = 2_000_000
"""Possible cost of the declarations that the hub checks in one transaction. A batch of usual ones costs less."""


def estimate_cost(content: Declaration, permits_by_key: PermitsByKey, line_counts: Mapping[PermitKey, int]) -> int:
    """Return the cost of a check. `line_counts` are the numbers of lines of permits that are not loaded.

    The result is zero for a declaration that no permits can make too large.
    """
    if is_always_checked(content):
        return 0
    counts = dict.fromkeys(cited_keys(content), 0)
    for key in counts:
        permit = permits_by_key.get(key)
        counts[key] = len(permit.lines) if permit else line_counts.get(key, 0)
    return _cost(content, counts)


def maximum_cost(content: Declaration) -> int:
    """Return the cost of a check if each permit had as many lines as a permit may have.

    For a small declaration it is the cost if each document also cited a permit of its own, which is quick to compute.
    """
    cost = len(content.items) * ITEM_COST
    for item in content.items:
        for document in item.documents:
            line_cost = SEARCHED_LINE_COST if document.line is None else NAMED_LINE_COST
            cost += DOCUMENT_COST + line_cost * LINES * (CANDIDATES if document.issuer is None else 1)
    return cost if cost <= SMALL_COST else _cost(content, dict.fromkeys(cited_keys(content), int(LINES)))


def is_always_checked(content: Declaration) -> bool:
    """Return whether no permits can make a declaration too large to check."""
    return count_documents(content) * LARGEST_DOCUMENT_COST <= CHECK_COST - len(content.items) * ITEM_COST


def loaded_cost(contents: Iterable[Declaration], permits: Collection[PermitRecord]) -> int:
    """Return the most that the checks of declarations cost if they cite only these permits. It is quick to compute."""
    most_lines = max((len(permit.lines) for permit in permits), default=0)
    documents = items = 0
    for content in contents:
        documents += count_documents(content)
        items += len(content.items)
    loaded = sum(len(permit.lines) for permit in permits) * LOADED_LINE_COST
    return loaded + items * ITEM_COST + documents * (DOCUMENT_COST + most_lines)


@dataclass(frozen=True, kw_only=True)
class CheckParts:
    """Declarations to check: the usual ones in parts that are checked together, and the large ones."""

    usual: list[list[DeclarationRecord]]
    large: list[DeclarationRecord]


def split_by_cost(declarations: Iterable[DeclarationRecord]) -> CheckParts:
    """Return the usual and the large ones of some declarations, in their order."""
    parts: list[list[DeclarationRecord]] = []
    large: list[DeclarationRecord] = []
    rest = 0
    for declaration in declarations:
        cost = maximum_cost(declaration.content)
        if cost > LARGE_COST:
            large.append(declaration)
            continue
        if cost > rest:
            parts.append([])
            rest = PART_COST
        parts[-1].append(declaration)
        rest -= cost
    return CheckParts(usual=parts, large=large)


def count_documents(content: Declaration) -> int:
    """Return the number of documents that all items cite."""
    return sum(len(item.documents) for item in content.items)


def cited_keys(content: Declaration) -> set[PermitKey]:
    """Return issuer and number of all permits that the documents of a declaration may mean."""
    return {
        key for item in content.items for document in item.documents for key in candidate_keys(content, item, document)
    }


def _cost(content: Declaration, line_counts: Mapping[PermitKey, int]) -> int:
    cost = sum(line_counts.values()) * LOADED_LINE_COST
    searched: set[PermitKey] = set()
    for item in content.items:
        cost += ITEM_COST + DOCUMENT_COST * len(item.documents)
        is_completed = None in (item.taxon, item.term, item.source, item.purpose, item.origin_country)
        for document in item.documents:
            if document.line is None:
                keys = candidate_keys(content, item, document)
                searched.update(keys)
                searches = 2 if is_completed or document.issuer is None else 1
                cost += searches * sum(line_counts[key] for key in keys)
    return cost + sum(line_counts[key] for key in searched) * NAME_COST
