"""Rules about the annotations of the Appendices: specimens, zero quotas, parts of plants (Resolution Conf. 11.21)."""

from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.personal_effects import is_exempt
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.cites.annotations import Annotation, Effect, possible_decisions
from shared.contracts.closed_sets import Appendix, PermitKind, Severity

UNREADABLE = "a specimen that the annotation names, because all others are in Appendix I"

LIMITED_IN_APPENDIX_ONE = frozenset({PermitKind.MUSICAL_INSTRUMENT, PermitKind.SAMPLE_COLLECTION})
"""Certificates that cover fewer sources in Appendix I, so that the Appendix of the specimen decides."""
FOR_WILD_SPECIMENS = LIMITED_IN_APPENDIX_ONE | {PermitKind.PERSONAL_OWNERSHIP, PermitKind.INTRODUCTION_FROM_THE_SEA}
"""Certificates that may cover wild specimens, to which a quota of zero applies."""


def _described(context: ItemContext) -> str:
    """Return the codes of the goods that an annotation asks for."""
    codes = (("term", context.term), ("purpose", context.purpose), ("source", context.source))
    stated = ", ".join(f"{name} {code}" for name, code in codes if code is not None)
    return f"{stated}, from {context.country}" if stated else f"goods from {context.country}"


@rule(
    "CITES-Conf-11.21-specimen",
    Severity.REFER,
    remedy="State term, purpose and source in a new version, or wait for the decision of customs.",
    officer_remedy="Customs finds out whether the annotation includes the specimen in Appendix II. It overrides the "
    "finding with a reason or refuses the goods.",
)
def specimen_is_of_appendix_two(context: ItemContext) -> Discrepancy | None:
    """The annotation of the listing must include the specimen in Appendix II (Resolution Conf. 11.21).

    The codes of a declaration do not always decide it.
    """
    status = context.listing_status
    if not status.is_open or context.appendix != Appendix.II or context.cites_unknown_document:
        return None
    if context.is_exempt and not context.kinds & LIMITED_IN_APPENDIX_ONE:
        return None
    return Discrepancy(
        pointer=context.pointer("term"),
        expected=UNREADABLE if status.annotation is None else f"{status.annotation.text} ({status.annotation.source})",
        found=_described(context),
    )


@rule(
    "CITES-Conf-11.21-zero-quota",
    Severity.BLOCK,
    remedy="Do not ship the goods. Correct term, purpose, source or origin in a new version if it is wrong.",
    officer_remedy="Customs overrides the finding with a reason only if the annotation does not apply to the goods.",
)
def quota_is_not_zero(context: ItemContext) -> Discrepancy | None:
    """The specimen must not be under a quota of zero (Resolution Conf. 11.21)."""
    rows = _zero_quota(context)
    if rows is None or rows.keys() != {Effect.ZERO_QUOTA} or not _comes_from_origin(context) or context.is_exempt:
        return None
    return _zero_quota_discrepancy(context, rows[Effect.ZERO_QUOTA])


@rule(
    "CITES-Conf-11.21-zero-quota-open",
    Severity.REFER,
    remedy="State origin, term, purpose and source in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def zero_quota_does_not_apply(context: ItemContext) -> Discrepancy | None:
    """It must be certain that no quota of zero applies to the specimen (Resolution Conf. 11.21).

    A quota of zero is for the export from the country of origin. An officer decides about a re-export and about a
    certificate that may cover wild specimens.
    """
    rows = _zero_quota(context)
    if rows is None or quota_is_not_zero.find_discrepancy(context) is not None:
        return None
    return _zero_quota_discrepancy(context, rows.get(Effect.OPEN_ZERO_QUOTA) or next(iter(rows.values())))


def _zero_quota(context: ItemContext) -> dict[Effect, Annotation] | None:
    """Return the zero quotas that apply or may apply to the goods; None if there are none."""
    if context.taxon is None or (context.is_exempt and not context.kinds & FOR_WILD_SPECIMENS):
        return None
    rows = context.facts.listings.annotations(context.taxon, context.day, context.country).quotas
    if not rows:
        return None
    decisions = possible_decisions(rows, context.specimen)
    is_certain = any(row.fits(context.specimen) for row in decisions.values())
    if decisions.keys() == {Effect.ZERO_QUOTA} and not is_certain:
        return {Effect.OPEN_ZERO_QUOTA: decisions[Effect.ZERO_QUOTA]}
    return decisions or None


def _comes_from_origin(context: ItemContext) -> bool:
    return context.country == context.declaration.export_country


def _zero_quota_discrepancy(context: ItemContext, row: Annotation) -> Discrepancy:
    return Discrepancy(
        pointer=context.pointer("taxon"),
        expected=f"{row.text} ({row.source})",
        found=_described(context),
    )


@rule(
    "CITES-Conf-11.21-part",
    Severity.REFER,
    remedy="Cite a permit or a certificate in a new version, or wait for the decision of customs.",
    officer_remedy="Customs finds out whether the annotation excludes the goods. It overrides the finding with a "
    "reason or refuses them.",
)
def part_is_decided(context: ItemContext) -> Discrepancy | None:
    """Goods without a permit must be a part that the annotation of the plant excludes (Article I(b)(iii)).

    The term alone does not always decide it. Personal effects within the limits need no documents in either case.
    """
    return None if is_exempt(context) else _part_discrepancy(context, Effect.OPEN)


@rule("CITES-I(b)-excluded-part", Severity.NOTE)
def part_is_excluded(context: ItemContext) -> Discrepancy | None:
    """The annotation of the plant excludes this part, so the Convention does not apply to it (Article I(b)(iii))."""
    return _part_discrepancy(context, Effect.EXCLUDED)


def _part_discrepancy(context: ItemContext, coverage: Effect) -> Discrepancy | None:
    status = context.listing_status
    if context.cites_document or status.coverage is not coverage or context.taxon is None:
        return None
    row = status.annotation
    described = f"{row.text} ({', '.join(filter(None, (row.symbol, row.source)))})" if row is not None else None
    return Discrepancy(pointer=context.pointer("term"), expected=described, found=_described(context))


RULES: tuple[Rule[ItemContext], ...] = (
    specimen_is_of_appendix_two,
    quota_is_not_zero,
    zero_quota_does_not_apply,
    part_is_decided,
    part_is_excluded,
)
