"""What a shipment needs by Appendix, movement, source and purpose (Articles III to VII), item by item."""

from collections.abc import Callable
from dataclasses import dataclass

from services.permits.domain.reference.entries import Suspension
from services.permits.domain.rules.context import Discrepancy
from services.permits.domain.rules.item_context import EXPORT_KINDS, ItemContext
from services.permits.domain.rules.remedies import finding_message
from services.permits.domain.rules.sources import PLANTS, source_mismatch
from shared.contracts.closed_sets import PermitKind, Side
from shared.contracts.findings import CitedLine, Finding, Severity


@dataclass(frozen=True)
class ItemRule:
    """A rule about an item with all its papers; the function's docstring is its sentence."""

    name: str
    severity: Severity
    find_discrepancy: Callable[[ItemContext], Discrepancy | None]

    @property
    def sentence(self) -> str:
        """The one sentence that officer, error and documentation read."""
        return " ".join((self.find_discrepancy.__doc__ or "").strip().split("\n\n")[0].split())


def _cited_kinds(context: ItemContext) -> str:
    return ", ".join(sorted(context.kinds)) or (
        "Y900: said not to be CITES" if context.is_declared_not_cites else "no permit cited"
    )


def _missing_document(context: ItemContext, *kinds: str) -> Discrepancy:
    expected = f"{' or '.join(kinds)} for {context.taxon} (Appendix {context.appendix})"
    return Discrepancy(context.pointer("documents"), expected, _cited_kinds(context))


def appendix_one_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I leaves and enters on an export permit or re-export certificate (Article III.2 to 4)."""
    if not context.needs_permits_for("I") or context.kinds & EXPORT_KINDS:
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


def appendix_one_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I enters on an import permit besides the document it left on (Article III.3)."""
    if context.side is Side.EXPORT or not context.needs_permits_for("I") or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


def appendix_one_is_not_commercial(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix I is not traded for primarily commercial purposes (Article III.3(c); D as II, VII.4)."""
    if not context.needs_permits_for("I") or context.purpose != "T":
        return None
    return Discrepancy(context.pointer("purpose"), "a purpose that is not primarily commercial", "T")


def appendix_two_has_export_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix II leaves and enters on an export permit or re-export certificate (Article IV.2 to 5)."""
    if not context.needs_permits_for("II") or context.kinds & EXPORT_KINDS:
        return None
    return _missing_document(context, PermitKind.EXPORT, PermitKind.RE_EXPORT)


def appendix_two_has_import_permit(context: ItemContext) -> Discrepancy | None:
    """Where the country of import asks so, a specimen of Appendix II enters on an import permit too (Article XIV.1)."""
    policy = context.facts.policy(context.declaration.import_country)
    if context.side is Side.EXPORT or not policy.import_permit_for_appendix_ii:
        return None
    if not context.needs_permits_for("II") or PermitKind.IMPORT in context.kinds:
        return None
    return _missing_document(context, PermitKind.IMPORT)


def appendix_three_has_document(context: ItemContext) -> Discrepancy | None:
    """A specimen of Appendix III has an export permit if from the country that listed it, else a certificate of origin.

    Article V.2 and V.3; a re-export certificate stands for both (Article V.4). Where it is not known who listed it,
    either will do.
    """
    if not context.needs_permits_for("III"):
        return None
    listed_it = context.listing_status.party == context.declaration.export_country
    enough = EXPORT_KINDS if listed_it else EXPORT_KINDS | {PermitKind.CERTIFICATE_OF_ORIGIN}
    if context.kinds & enough:
        return None
    return _missing_document(context, PermitKind.EXPORT if listed_it else PermitKind.CERTIFICATE_OF_ORIGIN)


def other_document_replaces_permit(context: ItemContext) -> Discrepancy | None:
    """A document of another kind stands in place of a permit only if an officer says so (Articles VI and VII)."""
    if not context.has_only_other_documents or context.appendix is None or context.cites_unknown_document:
        return None
    return Discrepancy(
        context.pointer("documents"), "a document of a kind that the Convention knows", _cited_kinds(context)
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
    return Discrepancy(context.pointer("origin_country"), expected, str(context.listing_status))


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
    return Discrepancy(context.pointer("taxon"), None, f"{context.taxon}: in no listing")


def source_fits_kingdom(context: ItemContext) -> Discrepancy | None:
    """Plants are not of the sources C, F and R, nor animals of A and Y (Resolution Conf. 12.3, source codes)."""
    if context.taxon is None:
        return None
    kingdom = context.facts.listings.kingdom(context.taxon)
    sources = (("source", context.source), ("underlying_source", context.item.underlying_source))
    for field, code in sources:
        if source_mismatch(code, kingdom) is not None:
            fits = "a source of plants" if kingdom == PLANTS else "a source of animals"
            return Discrepancy(context.pointer(field), fits, f"{code}, for {context.taxon}")
    return None


def _find_suspension(context: ItemContext, concerns: Callable[[Suspension], bool]) -> Suspension | None:
    if context.appendix is None:
        return None
    return next(
        (
            suspension
            for suspension in context.facts.suspensions
            if concerns(suspension) and _applies(context, suspension)
        ),
        None,
    )


def _applies(context: ItemContext, suspension: Suspension) -> bool:
    """Say whether a suspension in force is about these goods; what is not stated is not told apart."""
    in_force = all(day is None or day <= context.day for day in (suspension.starts, suspension.known_from))
    in_force = in_force and (suspension.ends is None or context.day <= suspension.ends)
    limits = (
        (suspension.terms, context.item.term),
        (suspension.sources, context.source),
        (suspension.purposes, context.purpose),
    )
    fits = all(not codes or found is None or found in codes for codes, found in limits)
    return in_force and fits and context.facts.is_within_taxon(context.taxon, suspension.taxon_key, context.day)


def _describe_suspension(suspension: Suspension) -> str:
    limits = "; ".join(
        ", ".join(codes) for codes in (suspension.terms, suspension.sources, suspension.purposes) if codes
    )
    parts = [f"{suspension.taxon or 'all species'} of {suspension.country}", f"({limits})" if limits else ""]
    parts += [
        f"since {suspension.starts}" if suspension.starts else "",
        f"until {suspension.ends}" if suspension.ends else "",
    ]
    return " ".join(part for part in parts if part)


def trade_is_not_suspended(context: ItemContext) -> Discrepancy | None:
    """Trade that the Parties recommend to suspend is not let through (Resolution Conf. 14.3)."""
    exporting, importing = context.declaration.export_country, context.declaration.import_country
    suspension = _find_suspension(
        context, lambda s: s.country == exporting or (s.applies_to_import and s.country == importing)
    )
    if suspension is None:
        return None
    return Discrepancy(context.pointer("taxon"), "trade that is not suspended", _describe_suspension(suspension))


def origin_is_not_suspended(context: ItemContext) -> Discrepancy | None:
    """Where trade with the country of origin is suspended and the goods come by way of another, an officer decides."""
    if context.country == context.declaration.export_country:
        return None
    suspension = _find_suspension(context, lambda s: s.country == context.country)
    return (
        None
        if suspension is None
        else Discrepancy(
            context.pointer("origin_country"), "trade that is not suspended", _describe_suspension(suspension)
        )
    )


NOT_LISTED_RULE, KINGDOM_RULE = "not-CITES", "CITES-Conf-12.3-source"
RULES: tuple[ItemRule, ...] = (
    ItemRule("CITES-III-export-document", "block", appendix_one_has_export_document),
    ItemRule("CITES-III.3-import-permit", "block", appendix_one_has_import_permit),
    ItemRule("CITES-III.3(c)", "block", appendix_one_is_not_commercial),
    ItemRule("CITES-IV-export-document", "block", appendix_two_has_export_document),
    ItemRule("CITES-XIV.1-import-permit", "block", appendix_two_has_import_permit),
    ItemRule("CITES-V-document", "block", appendix_three_has_document),
    ItemRule("CITES-VII-other-document", "refer", other_document_replaces_permit),
    ItemRule("split-listing", "refer", population_is_known),
    ItemRule(KINGDOM_RULE, "refer", source_fits_kingdom),
    ItemRule("CITES-Conf-14.3-suspension", "block", trade_is_not_suspended),
    ItemRule("CITES-Conf-14.3-suspension-of-origin", "refer", origin_is_not_suspended),
    ItemRule(NOT_LISTED_RULE, "note", is_not_cites),
)


def evaluate(context: ItemContext) -> list[Finding]:
    """Put an item with its papers to each rule in turn and gather what they find."""
    found = []
    for rule in RULES:
        discrepancy = rule.find_discrepancy(context)
        if discrepancy is not None:
            found.append(_build_finding(rule, context, discrepancy))
    return found


def _build_finding(rule: ItemRule, context: ItemContext, discrepancy: Discrepancy) -> Finding:
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        pointer=discrepancy.pointer,
        permit=_only_cited_document(context),
        expected=discrepancy.expected,
        found=discrepancy.found,
        message=finding_message(rule.sentence, rule.name, rule.severity, discrepancy.expected, discrepancy.found),
    )


def _only_cited_document(context: ItemContext) -> CitedLine | None:
    """Name the document that an item cites, where it is one alone."""
    if len(context.cited_permits) != 1 or context.cites_unknown_document:
        return None
    [(permit, line)] = context.cited_permits
    return CitedLine(
        issuer=permit.content.issuer, number=permit.content.number, line=line.content.line if line else None
    )
