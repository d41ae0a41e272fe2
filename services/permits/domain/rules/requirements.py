"""Rules about the documents that an item needs, by Appendix, movement, source and purpose (Articles III to VII)."""

from services.permits.domain.rules.item_context import EXPORT_KINDS, ItemContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, STATE_IT_RIGHT, Discrepancy, Rule, rule
from services.permits.domain.rules.sources import PLANTS, source_mismatch
from shared.contracts.closed_sets import Appendix, PermitKind, Purpose, Severity, Side


def _cited_kinds(context: ItemContext) -> str:
    return ", ".join(sorted(context.kinds)) or (
        "Y900: said not to be CITES" if context.is_declared_not_cites else "no permit cited"
    )


def _missing_document(context: ItemContext, *kinds: str) -> Discrepancy:
    expected = f"{' or '.join(kinds)} for {context.taxon} (Appendix {context.appendix})"
    return Discrepancy(pointer=context.pointer("documents"), expected=expected, found=_cited_kinds(context))


@rule(
    "CITES-III-export-document",
    Severity.BLOCK,
    remedy="Cite the export permit or re-export certificate, or customs refuses.",
)
def appendix_one_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I leaves and enters on an export permit or re-export certificate (Article III.2 to 4)."""
    if not context.needs_permits_for(Appendix.I) or context.kinds & EXPORT_KINDS:
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


@rule("CITES-III.3-import-permit", Severity.BLOCK, remedy="Cite the import permit of the country of import as well.")
def appendix_one_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I enters on an import permit besides the document it left on (Article III.3)."""
    if context.side is Side.EXPORT or not context.needs_permits_for(Appendix.I) or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


@rule("CITES-III.3(c)", Severity.BLOCK, remedy=STATE_IT_RIGHT)
def appendix_one_is_not_commercial(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I is not traded for primarily commercial purposes (Article III.3(c); D as II, VII.4)."""
    if not context.needs_permits_for(Appendix.I) or context.purpose != Purpose.COMMERCIAL:
        return None
    return Discrepancy(
        pointer=context.pointer("purpose"),
        expected="a purpose that is not primarily commercial",
        found=Purpose.COMMERCIAL,
    )


@rule("CITES-IV-export-document", Severity.BLOCK, remedy="Cite the export permit or re-export certificate.")
def appendix_two_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix II leaves and enters on an export permit or re-export certificate (Article IV.2 to 5)."""
    if not context.needs_permits_for(Appendix.II) or context.kinds & EXPORT_KINDS:
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


@rule(
    "CITES-XIV.1-import-permit",
    Severity.BLOCK,
    remedy="Cite the import permit that the country of import asks for as well.",
)
def appendix_two_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """Where the country of import asks so, a specimen of Appendix II enters on an import permit too (Article XIV.1)."""
    policy = context.facts.policy(context.declaration.import_country)
    if context.side is Side.EXPORT or not policy.import_permit_for_appendix_ii:
        return None
    if not context.needs_permits_for(Appendix.II) or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


@rule("CITES-V-document", Severity.BLOCK, remedy="Cite the document of Appendix III that is expected.")
def appendix_three_has_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix III has an export permit if from the country that listed it, else a certificate of origin.

    Article V.2 and V.3; a re-export certificate stands for both (Article V.4). Where it is not known who listed it,
    either will do.
    """
    if not context.needs_permits_for(Appendix.III):
        return None
    listed_it = context.listing_status.party == context.declaration.export_country
    enough = EXPORT_KINDS if listed_it else EXPORT_KINDS | {PermitKind.CERTIFICATE_OF_ORIGIN}
    if context.kinds & enough:
        return None
    return _missing_document(context, PermitKind.EXPORT if listed_it else PermitKind.CERTIFICATE_OF_ORIGIN)


@rule("CITES-VII-other-document", Severity.REFER, remedy=CUSTOMS_DECIDES)
def other_document_replaces_permit(context: ItemContext) -> Discrepancy | None:
    """A document of another kind stands in place of a permit only if an officer says so (Articles VI and VII)."""
    if not context.has_only_other_documents or context.appendix is None or context.cites_unknown_document:
        return None
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected="a document of a kind that the Convention knows",
        found=_cited_kinds(context),
    )


@rule(
    "split-listing",
    Severity.REFER,
    remedy="Say country of origin and source in a new version, or customs decides.",
)
def population_is_known(context: ItemContext) -> Discrepancy | None:
    """Where a listing is split and no document says which part is meant, taxon, country and source must tell.

    So of a taxon of which some populations are not listed at all; an officer decides.
    """
    if (
        context.lines
        or context.cites_unknown_document
        or context.listing_status.is_certain
        or None not in context.listing_status.appendices
    ):
        return None
    expected = f"one listing for {context.taxon} from {context.country}"
    return Discrepancy(pointer=context.pointer("origin_country"), expected=expected, found=str(context.listing_status))


@rule("not-CITES", Severity.NOTE)
def is_not_cites(context: ItemContext) -> Discrepancy | None:
    """What its trader says is not CITES, and no listing names, needs no document (code Y900)."""
    if (
        not context.is_declared_not_cites
        or context.cited_permits
        or context.cites_unknown_document
        or not context.taxon
    ):
        return None
    if context.listing_status.known or not context.facts.listings.is_complete:
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=None, found=f"{context.taxon}: in no listing")


@rule(
    "CITES-Conf-12.3-source",
    Severity.REFER,
    remedy="State the source that is meant in a new version, or customs overrides or refuses.",
)
def source_fits_kingdom(context: ItemContext) -> Discrepancy | None:
    """Plants are not of the sources C, F and R, nor animals of A and Y (Resolution Conf. 12.3, source codes)."""
    if context.taxon is None:
        return None
    kingdom = context.facts.listings.kingdom(context.taxon)
    sources = (("source", context.source), ("underlying_source", context.item.underlying_source))
    for field, code in sources:
        if source_mismatch(code, kingdom) is not None:
            fits = "a source of plants" if kingdom == PLANTS else "a source of animals"
            return Discrepancy(pointer=context.pointer(field), expected=fits, found=f"{code}, for {context.taxon}")
    return None


@rule(
    "unverified",
    Severity.REFER,
    remedy="Customs decides; citing a permit that covers the goods settles it too.",
)
def goods_are_verified(context: ItemContext) -> Discrepancy | None:
    """What no permit covers and no listing can answer for is not guessed: an officer decides."""
    if context.cites_document or context.listing_status.known or is_not_cites.find_discrepancy(context) is not None:
        return None
    taxon = context.item.taxon
    found = f"no permit cited, and no listing answers for {taxon}" if taxon else "no permit cited, and no taxon stated"
    return Discrepancy(pointer=context.pointer("documents"), expected="a permit or a listing", found=found)


RULES: tuple[Rule[ItemContext], ...] = (
    appendix_one_has_export_document,
    appendix_one_has_import_permit,
    appendix_one_is_not_commercial,
    appendix_two_has_export_document,
    appendix_two_has_import_permit,
    appendix_three_has_document,
    other_document_replaces_permit,
    population_is_known,
    source_fits_kingdom,
    is_not_cites,
    goods_are_verified,
)
