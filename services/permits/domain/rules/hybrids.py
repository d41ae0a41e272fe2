"""Rules about hybrids and propagated plants (Article VII.4; Resolutions Conf. 10.17, 11.11 and 12.3)."""

from services.permits.domain.reference.listing_lookup import ANIMALS
from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import Appendix, Purpose, Severity, Source


@rule(
    "CITES-Conf-10.17-pedigree",
    Severity.REFER,
    remedy="Send customs the pedigree of the last four generations, or cite the permits that the parent needs.",
    officer_remedy="Customs examines the pedigree. It overrides the finding with a reason if no ancestor of four "
    "generations is listed, or refuses the goods.",
)
def hybrid_has_no_listed_ancestor(context: ItemContext) -> Discrepancy | None:
    """A hybrid animal without a permit must have no ancestor of Appendix I or II within four generations.

    The strictest ancestor decides (Resolution Conf. 10.17). Only an officer can accept a pedigree.
    """
    status = context.listing_status
    if context.cites_document or not context.is_animal_hybrid or not status.known or status.appendices == {None}:
        return None
    if not context.claims_pedigree and None not in status.appendices:
        return None
    return Discrepancy(
        pointer=context.pointer("taxon"),
        expected="a pedigree without a listed ancestor in four generations",
        found=f"{context.taxon}: {status.dated}",
    )


@rule("CITES-VII.4-propagated", Severity.NOTE)
def propagated_plant_has_source_d(context: ItemContext) -> Discrepancy | None:
    """Plants of Appendix I, propagated for commercial purposes, count as Appendix II (Article VII.4).

    Resolution Conf. 12.3 gives them source D. Trade often states source A.
    """
    if (
        context.source != Source.A
        or context.purpose != Purpose.COMMERCIAL
        or context.stated_appendix != Appendix.I
        or context.taxon is None
        or context.facts.listings.kingdom(context.taxon) == ANIMALS
    ):
        return None
    return Discrepancy(
        pointer=context.pointer("source"),
        expected=f"{Source.D} (Resolution Conf. 12.3)",
        found=f"{Source.A}, for purpose {Purpose.COMMERCIAL}",
    )


RULES: tuple[Rule[ItemContext], ...] = (hybrid_has_no_listed_ancestor, propagated_plant_has_source_d)
