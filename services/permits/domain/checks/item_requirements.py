"""The rules about an item with all the documents that it cites."""

from collections.abc import Mapping
from datetime import date

from services.permits.domain.checks.citations import (
    declaration_side,
)
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitsByKey
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules import (
    annotations,
    hs_codes,
    hybrids,
    import_permits,
    measures,
    personal_effects,
    requirements,
    suspensions,
)
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.item_context import ClaimedTotal, ItemContext
from services.permits.domain.rules.rule import evaluate
from shared.contracts.findings import Finding

ITEM_RULES = (
    *requirements.RULES,
    *hs_codes.RULES,
    *import_permits.RULES,
    *personal_effects.RULES,
    *annotations.RULES,
    *hybrids.RULES,
    *suspensions.RULES,
    *measures.RULES,
)


def check_requirements(
    declaration: DeclarationRecord,
    index: int,
    contexts: list[CitationContext],
    *,
    unknown: int,
    supporting: int,
    known_permits: PermitsByKey,
    facts: Facts,
    day: date,
    repaired: frozenset[str],
    claimed_totals: Mapping[str, ClaimedTotal],
) -> list[Finding]:
    """Return what the rules find about an item with all the documents that it cites.

    `unknown` is the number of unknown documents, and `supporting` that of the import permits that an export cites too.
    `repaired` are the pointers of the repairs. The reader of customs messages repairs the documents of an item if it
    leaves one out, because nobody presents it. `claimed_totals` are what all items claim as personal effects.
    """
    item = declaration.content.items[index]
    item_context = ItemContext(
        declaration=declaration.content,
        item_index=index,
        item=item,
        side=declaration_side(declaration),
        day=day,
        facts=facts,
        cited_permits=tuple(
            (context.permit, context.lines[0] if len(context.lines) == 1 else None) for context in contexts
        ),
        cites_unknown_document=unknown > 0,
        has_supporting_import_permit=supporting > 0,
        is_declared_not_cites=any(document.states_not_cites for document in item.documents),
        has_absent_document=f"/items/{index}/documents" in repaired,
        known_permits=known_permits,
        is_lodged_by_customs=declaration.is_for_traveller,
        claimed_totals=claimed_totals,
    )
    return evaluate(ITEM_RULES, item_context)
