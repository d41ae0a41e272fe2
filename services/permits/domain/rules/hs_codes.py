"""Rules about an item that states no species and cites no document: its HS code says whether a species is missing.

A customs message has no place for a taxon. An HS code may suggest listed species, and never decides which one it is.
"""

from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.cites.hs_codes import HsConcern
from shared.contracts.closed_sets import Severity

TAXON_EXPECTED = "the taxon, or code Y900"
TAXON_EXPECTED_IN_ANY_CASE = "the taxon, and code Y900 if the goods are not CITES"
TAXON_OR_HS_CODE_EXPECTED = "the taxon, or the HS code"
CITES_FIELDS = ("term", "source", "exemption")
"""Fields that only goods of a listed species have. With one of them, an HS code does not settle the question."""


def _is_undescribed(context: ItemContext) -> bool:
    """Return whether neither a taxon nor a document says what the goods are."""
    cites_document = context.cites_document or context.has_supporting_import_permit
    return context.item.taxon is None and not cites_document


def _states_cites_goods(context: ItemContext) -> bool:
    """Return whether the trader itself states that the goods are of a listed species."""
    return context.has_absent_document or any(getattr(context.item, name) is not None for name in CITES_FIELDS)


@rule("not-concerned", Severity.NOTE)
def is_not_concerned(context: ItemContext) -> Discrepancy | None:
    """The HS code has no goods of listed species, and the item cites no document of the Convention."""
    code = context.item.hs_code
    if code is None or not _is_undescribed(context) or _states_cites_goods(context):
        return None
    row = context.hs_row
    if row is not None and row.concern is not HsConcern.NONE:
        return None
    return Discrepancy(
        pointer=context.pointer("hs_code"),
        found=f"HS code {code}",
        note=None if row is None else f"{row.code}: {row.reason}",
    )


@rule(
    "taxon-stated",
    Severity.REFER,
    remedy="State the scientific name of the species in a new version, or the other answer that the finding expects.",
    officer_remedy="Customs asks the trader for the species, or inspects the goods. It overrides the finding with a "
    "reason or refuses the goods.",
)
def taxon_is_stated(context: ItemContext) -> Discrepancy | None:
    """Goods that may be of a listed species must state which species it is."""
    if not _is_undescribed(context) or is_not_concerned.find_discrepancy(context) is not None:
        return None
    if is_stated_not_cites(context):
        return None
    code, row = context.item.hs_code, context.hs_row
    if code is None:
        return Discrepancy(
            pointer=context.pointer("taxon"), expected=TAXON_OR_HS_CODE_EXPECTED, found="no taxon and no HS code"
        )
    is_enough = row is not None and row.concern is HsConcern.POSSIBLE and not _states_cites_goods(context)
    return Discrepancy(
        pointer=context.pointer("taxon"),
        expected=TAXON_EXPECTED if is_enough else TAXON_EXPECTED_IN_ANY_CASE,
        found=f"no taxon, for HS code {code}",
        note=None if row is None else f"{row.code}: {row.reason}",
    )


def is_stated_not_cites(context: ItemContext) -> bool:
    """Return whether code Y900 is a sufficient statement: the HS code has few goods of listed species."""
    if not context.is_declared_not_cites or not _is_undescribed(context) or _states_cites_goods(context):
        return False
    return context.hs_row is not None and context.hs_row.concern is HsConcern.POSSIBLE


@rule("not-CITES-by-statement", Severity.NOTE)
def is_not_cites_by_statement(context: ItemContext) -> Discrepancy | None:
    """The trader states that the goods are not CITES, and their HS code has few goods of listed species (code Y900)."""
    if not is_stated_not_cites(context):
        return None
    return Discrepancy(pointer=context.pointer("documents"), found=f"Y900, for HS code {context.item.hs_code}")


RULES: tuple[Rule[ItemContext], ...] = (is_not_concerned, is_not_cites_by_statement, taxon_is_stated)
