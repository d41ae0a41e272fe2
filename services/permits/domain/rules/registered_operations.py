"""Rules about source D: specimens of Appendix I from a registered operation (Article VII.4; Resolution Conf. 12.10).

Animals of source D come from an operation in the register of the Secretariat, whose number box 12b states. Plants of
source D are propagated for commercial purposes; the registration of their nurseries (Conf. 9.19) is not required.
"""

from services.permits.domain.model.previous_documents import states_nothing
from services.permits.domain.reference.listing_lookup import PLANTS
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import Appendix, Severity, Source
from shared.contracts.permit import PermitLine


def lacks_operation(line: PermitLine, kingdom: str | None) -> bool:
    """Return whether a line of source D names no registered operation, or only "unknown". Plants need none."""
    names_none = line.registered_operation is None or states_nothing(line.registered_operation)
    return line.source == Source.D and names_none and kingdom != PLANTS


def is_outside_appendix_one(line: PermitLine, status: ListingStatus) -> bool:
    """Return whether a line has source D for specimens that neither it nor the listing has in Appendix I.

    A line may state Appendix II for specimens of Appendix I, because those of source D count as Appendix II.
    """
    has_source_d = Source.D in {line.source, line.underlying_source}
    return has_source_d and line.appendix != Appendix.I and Appendix.I not in status.appendices


@rule(
    "CITES-Conf-12.10-operation",
    Severity.REFER,
    remedy="Ask the issuing authority to add the number of the operation, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def operation_is_named(context: CitationContext) -> Discrepancy | None:
    """A line with animals of source D must name the registered operation (box 12b; Resolution Conf. 12.10)."""
    line = context.line.content
    if not lacks_operation(line, context.facts.listings.kingdom(line.taxon)):
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"), expected="the number of a registered operation", found="none"
    )


@rule(
    "CITES-Conf-12.3-source-d",
    Severity.REFER,
    remedy="Ask the issuing authority to correct the source, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def source_d_is_of_appendix_one(context: CitationContext) -> Discrepancy | None:
    """Source D must be of specimens of Appendix I (Article VII.4; Resolution Conf. 12.3)."""
    line = context.line.content
    if not is_outside_appendix_one(line, context.listing_status_on(context.permit.content.issued_on)):
        return None
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="specimens of Appendix I",
        found=f"source D, for {line.taxon} of Appendix {line.appendix}",
    )


RULES: tuple[Rule[CitationContext], ...] = (operation_is_named, source_d_is_of_appendix_one)
