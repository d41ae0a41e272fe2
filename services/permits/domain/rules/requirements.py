"""Rules about the documents that an item needs, by Appendix, movement, source and purpose (Articles III to VII)."""

from services.permits.domain.reference.habitats import Habitat, find_habitat
from services.permits.domain.reference.listing_lookup import PLANTS
from services.permits.domain.rules.certificate_scope import LIVE_TERMS
from services.permits.domain.rules.item_context import EXPORT_KINDS, ItemContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from services.permits.domain.rules.sources import source_mismatch
from shared.cites.annotations import Effect
from shared.contracts.closed_sets import Appendix, PermitKind, Purpose, Severity, Side, Source


def _cited_kinds(context: ItemContext) -> str:
    return ", ".join(sorted(context.kinds)) or (
        "Y900, not CITES" if context.is_declared_not_cites else "no permit cited"
    )


def _missing_document(context: ItemContext, *kinds: str) -> Discrepancy:
    status = context.listing_status
    is_by_listing = not context.lines and status.known and context.appendix in status.appendices
    appendix = status.dated if is_by_listing else f"Appendix {context.appendix}"
    expected = f"a document of kind {' or '.join(kinds)} for {context.taxon}: {appendix}"
    return Discrepancy(pointer=context.pointer("documents"), expected=expected, found=_cited_kinds(context))


def _has_export_document(context: ItemContext, kinds: frozenset[PermitKind]) -> bool:
    """Return whether the item cites a document of these kinds, an import permit in its place, or one of a wrong kind.

    The wrong kind is the cause then, and has the only finding. Rules of import permits have those of the second case.
    """
    return bool(context.kinds & kinds) or context.cites_kind_of_other_side or context.is_import_permit_enough


@rule(
    "CITES-III-export-document",
    Severity.BLOCK,
    remedy="Cite the export permit or the re-export certificate in a new version.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if the goods may pass.",
)
def appendix_one_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I must have an export permit or re-export certificate (Article III.2 to 4)."""
    if not context.needs_permits_for(Appendix.I) or _has_export_document(context, EXPORT_KINDS):
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


@rule(
    "CITES-III.3-import-permit",
    Severity.BLOCK,
    remedy="Cite the import permit too, in a new version. Ask the authority of the country of import for a "
    "missing one.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if the goods may pass.",
)
def appendix_one_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I must have an import permit (Article III.3)."""
    if context.side is Side.EXPORT or not context.needs_permits_for(Appendix.I) or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


@rule("CITES-III.2(d)-no-import-permit", Severity.NOTE)
def import_permit_precedes_export(context: ItemContext) -> Discrepancy | None:
    """The export of a specimen of Appendix I cites no import permit, which is granted first (Article III.2).

    A re-export needs one only for living specimens. The authority of the country of export has verified the import
    permit, so the hub only informs.
    """
    if context.side is Side.IMPORT or context.has_supporting_import_permit or not context.needs_permits_for(Appendix.I):
        return None
    is_living = context.term in LIVE_TERMS
    if PermitKind.EXPORT not in context.kinds and not (is_living and PermitKind.RE_EXPORT in context.kinds):
        return None
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected=f"the import permit of {context.declaration.import_country}",
        found=_cited_kinds(context),
    )


@rule(
    "CITES-III.3(c)",
    Severity.BLOCK,
    remedy="State the right purpose in a new version. Cancel the declaration if the trade is commercial.",
    officer_remedy="Customs overrides the finding with a reason only if the trade is not primarily commercial.",
)
def appendix_one_is_not_commercial(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I must not be traded for primarily commercial purposes (Article III.3(c)).

    Source D counts as Appendix II, and so do plants that are propagated for commercial purposes (Article VII.4).
    """
    if not context.needs_permits_for(Appendix.I) or context.purpose != Purpose.COMMERCIAL:
        return None
    return Discrepancy(
        pointer=context.pointer("purpose"),
        expected="a purpose that is not primarily commercial",
        found=Purpose.COMMERCIAL,
    )


@rule(
    "CITES-IV-export-document",
    Severity.BLOCK,
    remedy="Cite the export permit or the re-export certificate in a new version.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if the goods may pass.",
)
def appendix_two_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix II must have an export permit or re-export certificate (Article IV.2 to 5)."""
    if not context.needs_permits_for(Appendix.II) or _has_export_document(context, EXPORT_KINDS):
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


@rule(
    "CITES-XIV.1-import-permit",
    Severity.BLOCK,
    remedy="Cite the import permit too, in a new version. Ask the authority of the country of import for a "
    "missing one.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if the goods may pass.",
)
def appendix_two_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix II must have an import permit in this country of import (Article XIV.1).

    The policy of the country of import asks for it.
    """
    policy = context.facts.policy(context.declaration.import_country)
    if context.side is Side.EXPORT or not policy.import_permit_for_appendix_ii:
        return None
    if not context.needs_permits_for(Appendix.II) or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


@rule(
    "CITES-V-document",
    Severity.BLOCK,
    remedy="Cite the expected document in a new version.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if the goods may pass.",
)
def appendix_three_has_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix III must have an export permit or a certificate of origin (Article V).

    The country that listed the taxon issues an export permit, other countries a certificate of origin (Article V.2 and
    V.3). A re-export certificate replaces both (Article V.4). Where the listing country is not known, either is enough.
    """
    if not context.needs_permits_for(Appendix.III):
        return None
    listed_it = context.listing_status.party == context.declaration.export_country
    enough = EXPORT_KINDS if listed_it else EXPORT_KINDS | {PermitKind.CERTIFICATE_OF_ORIGIN}
    if _has_export_document(context, enough):
        return None
    return _missing_document(context, PermitKind.EXPORT if listed_it else PermitKind.CERTIFICATE_OF_ORIGIN)


@rule(
    "CITES-Conf-9.7-transit-document",
    Severity.BLOCK,
    remedy="Cite the export permit or the re-export certificate in a new version.",
    officer_remedy="The trader cites the document in a new version. Customs overrides the finding with a reason "
    "only if it has seen a valid document.",
)
def transit_has_export_document(context: ItemContext) -> Discrepancy | None:
    """Listed goods in transit must have a valid export document that names the final destination (Conf. 9.7).

    Articles III to V do not apply to them (Article VII.1), so they need no import permit.
    """
    enough = EXPORT_KINDS | ({PermitKind.CERTIFICATE_OF_ORIGIN} if context.appendix == Appendix.III else set())
    if not context.is_transit or not context.needs_permits or _has_export_document(context, enough):
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


@rule(
    "CITES-Conf-12.3-retrospective-appendix-I",
    Severity.REFER,
    remedy="Wait for the decision of customs, or cite a permit that was issued before the goods left.",
    officer_remedy="Customs asks the authority that issued the permit, then overrides the finding with a reason or "
    "refuses the goods.",
)
def appendix_one_is_not_retrospective(context: ItemContext) -> Discrepancy | None:
    """A permit for Appendix I must be issued before the goods leave (Resolution Conf. 12.3, part XIII).

    The exceptions of the Resolution are for Appendices II and III. The hub issues and registers no such permit. An
    earlier version of it did.
    """
    if context.appendix != Appendix.I:
        return None
    issued = next((permit.content for permit, _ in context.lines if permit.content.retrospective), None)
    if issued is None:
        return None
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected="a permit issued before the goods left",
        found=f"{issued.number}, issued retrospectively",
    )


@rule(
    "CITES-VII-other-document",
    Severity.REFER,
    remedy="Cite a permit or a certificate under the Convention in a new version, or wait for the decision of customs.",
    officer_remedy="Customs decides whether the document is enough: it overrides the finding with a reason or "
    "refuses the goods.",
)
def other_document_replaces_permit(context: ItemContext) -> Discrepancy | None:
    """A document of another kind must not replace a permit (Articles VI and VII).

    An officer may accept it.
    """
    if not context.has_only_other_documents or context.appendix is None or context.cites_unknown_document:
        return None
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected="a permit or certificate under the Convention",
        found=_cited_kinds(context),
    )


@rule(
    "split-listing",
    Severity.REFER,
    remedy="State the country of origin and the source in a new version, or wait for the decision of customs.",
    officer_remedy="Customs finds out which population the goods are from, then overrides the finding with a reason "
    "or refuses the goods.",
)
def population_is_known(context: ItemContext) -> Discrepancy | None:
    """The country of origin and the source must show which part of a split listing applies.

    The rule also applies where some populations of a taxon are not listed at all.
    """
    if (
        context.lines
        or context.cites_unknown_document
        or context.listing_status.is_certain
        or None not in context.listing_status.appendices
        or context.listing_status.coverage is Effect.EXCLUDED
        or context.is_animal_hybrid
    ):
        return None
    expected = f"one listing for {context.taxon} from {context.country}"
    return Discrepancy(pointer=context.pointer("origin_country"), expected=expected, found=context.listing_status.dated)


@rule("not-CITES", Severity.NOTE)
def is_not_cites(context: ItemContext) -> Discrepancy | None:
    """The trader states that the goods are not CITES, and no listing names the taxon (code Y900)."""
    if (
        not context.is_declared_not_cites
        or context.cited_permits
        or context.cites_unknown_document
        or not context.taxon
    ):
        return None
    if context.listing_status.known or not context.facts.listings.is_complete:
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=None, found=f"{context.taxon} in no listing")


@rule(
    "CITES-Conf-12.3-source",
    Severity.REFER,
    remedy="State the right source in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def source_fits_kingdom(context: ItemContext) -> Discrepancy | None:
    """The source must be one that animals or plants of this taxon can have (Resolution Conf. 12.3).

    Plants are not of the sources C, F and R. Animals are not of the sources A and Y. Only taxa of the sea are of the
    source X.
    """
    if context.taxon is None:
        return None
    kingdom = context.facts.listings.kingdom(context.taxon)
    sources = (("source", context.source), ("underlying_source", context.underlying_source))
    for field, code in sources:
        if context.differs_from_lines(field):
            continue
        fits = None
        if source_mismatch(code, kingdom) is not None:
            fits = "a source of plants" if kingdom == PLANTS else "a source of animals"
        elif code == Source.X and _cannot_be_taken_at_sea(context, context.taxon):
            fits = "a source of taxa of land or freshwater"
        if fits is not None:
            return Discrepancy(pointer=context.pointer(field), expected=fits, found=f"{code}, for {context.taxon}")
    return None


def _cannot_be_taken_at_sea(context: ItemContext, taxon: str) -> bool:
    """Return whether a taxon does not live in the sea. Its certificate of introduction has a finding of its own."""
    if PermitKind.INTRODUCTION_FROM_THE_SEA in context.kinds:
        return False
    return find_habitat(taxon, context.facts.listings) is Habitat.LAND


@rule(
    "unverified",
    Severity.REFER,
    remedy="Cite a permit that covers the goods in a new version, or wait for the decision of customs.",
    officer_remedy="Customs overrides the finding with a reason or refuses the goods. If nothing was checked yet, "
    "an override makes the hub check.",
)
def goods_are_verified(context: ItemContext) -> Discrepancy | None:
    """The hub must be able to check the goods against a permit or a listing.

    If the item states no taxon, its HS code decides (`rules.hs_codes`).
    """
    taxon = context.item.taxon
    if context.cites_document or context.listing_status.known or taxon is None:
        return None
    if is_not_cites.find_discrepancy(context) is not None:
        return None
    found = f"no permit cited, and no listing answers for {taxon}"
    similar = context.facts.listings.similar_names.get(taxon)
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected="a permit or a listing",
        found=found,
        note=None if similar is None else f"a listing has {similar}, a similar name",
    )


RULES: tuple[Rule[ItemContext], ...] = (
    appendix_one_has_export_document,
    appendix_one_has_import_permit,
    import_permit_precedes_export,
    appendix_one_is_not_commercial,
    appendix_two_has_export_document,
    appendix_two_has_import_permit,
    appendix_three_has_document,
    transit_has_export_document,
    appendix_one_is_not_retrospective,
    other_document_replaces_permit,
    population_is_known,
    source_fits_kingdom,
    is_not_cites,
    goods_are_verified,
)
