"""Rules about suspensions: trade with a country that the Parties recommend to suspend (Resolution Conf. 14.3)."""

from collections.abc import Callable

from services.permits.domain.reference.entries import Suspension
from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import CodesReading, Severity

EXPECTED = "trade that is not suspended"


@rule(
    "CITES-Conf-14.3-suspension",
    Severity.BLOCK,
    remedy="Do not ship the goods. Correct the taxon, term, source or purpose in a new version if it is wrong.",
    officer_remedy="Customs asks the Management Authority about the suspension. It overrides the finding with a reason "
    "only if an exception applies.",
)
def trade_is_not_suspended(context: ItemContext) -> Discrepancy | None:
    """The trade must not be under a recommendation to suspend it (Resolution Conf. 14.3)."""
    return None if context.is_transit else _find_suspended_trade(context)


@rule(
    "CITES-Conf-14.3-suspension-in-transit",
    Severity.REFER,
    remedy="Correct the taxon, term, source or purpose in a new version if it is wrong, or wait for the decision of "
    "customs.",
    officer_remedy="Customs tells the country of destination about the suspension, then overrides the finding with a "
    "reason or refuses the goods.",
)
def trade_in_transit_is_not_suspended(context: ItemContext) -> Discrepancy | None:
    """Goods in transit must not be of a trade that the Parties recommend to suspend (Resolution Conf. 14.3).

    The recommendation is to the countries of the trade, so an officer of the country of transit decides.
    """
    return _find_suspended_trade(context) if context.is_transit else None


def _find_suspended_trade(context: ItemContext) -> Discrepancy | None:
    exporting, importing = context.declaration.export_country, context.declaration.import_country
    suspension = _find_suspension(
        context, lambda s: s.country in ("", exporting) or (s.applies_to_import and s.country == importing)
    )
    if suspension is None:
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=EXPECTED, found=_describe_suspension(suspension))


@rule(
    "CITES-Conf-14.3-suspension-of-origin",
    Severity.REFER,
    remedy="Correct the country of origin in a new version if it is wrong, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def origin_is_not_suspended(context: ItemContext) -> Discrepancy | None:
    """The country of origin must not be under a recommendation to suspend trade (Resolution Conf. 14.3).

    The goods come by way of another country, so an officer decides. A suspension of all countries blocks already.
    """
    if context.country == context.declaration.export_country:
        return None
    suspension = _find_suspension(context, lambda s: s.country == context.country)
    if suspension is None:
        return None
    return Discrepancy(
        pointer=context.pointer("origin_country"), expected=EXPECTED, found=_describe_suspension(suspension)
    )


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
    """Return whether a suspension in force concerns these goods. A field that is not stated always matches."""
    in_force = all(day is None or day <= context.day for day in (suspension.starts, suspension.known_from))
    in_force = in_force and (suspension.ends is None or context.day <= suspension.ends)
    is_covered = suspension.covers(context.item.term, context.source, context.purpose)
    return in_force and is_covered and context.facts.is_within_taxon(context.taxon, suspension.taxon_key, context.day)


def _describe_suspension(suspension: Suspension) -> str:
    limits = "; ".join(
        ", ".join(codes) for codes in (suspension.terms, suspension.sources, suspension.purposes) if codes
    )
    if limits and suspension.codes_reading is CodesReading.EXEMPT:
        limits = f"all except {limits}"
    place = suspension.country or "all countries"
    parts = [f"{suspension.taxon or 'all species'} of {place}", f"({limits})" if limits else ""]
    parts += [
        f"since {suspension.starts}" if suspension.starts else "",
        f"until {suspension.ends}" if suspension.ends else "",
    ]
    return " ".join(part for part in parts if part)


RULES: tuple[Rule[ItemContext], ...] = (
    trade_is_not_suspended,
    trade_in_transit_is_not_suspended,
    origin_is_not_suspended,
)
