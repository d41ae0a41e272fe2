"""Rules about transit: goods pass through a country under customs control (Article VII.1; Resolution Conf. 9.7)."""

from dataclasses import dataclass
from datetime import date

from services.permits.domain.ledger.balances import ZERO, permit_amount
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.cites.time_zones import iso_country_codes
from shared.contracts.closed_sets import Severity, Side
from shared.contracts.declaration import Declaration, Item
from shared.contracts.quantities import EXACT, format_quantity


@dataclass(frozen=True, kw_only=True)
class TransitContext:
    """A declaration of a transit, on a day in UTC."""

    declaration: Declaration
    day: date

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> None:
        """No permit, because the rules are about the shipment."""
        return None


@rule(
    "CITES-VII.1-transit-country",
    Severity.REFER,
    remedy="State `transit_country` in a new version. Cancel the declaration if the goods cross no third country.",
    officer_remedy="The trader states the country in a new version. Only customs of that country decides a transit.",
)
def transit_country_is_known(context: TransitContext) -> Discrepancy | None:
    """A transit must pass through a third country, whose customs decides it (Article VII.1)."""
    declared = context.declaration
    ends = {declared.export_country, declared.import_country}
    if declared.transit_country in iso_country_codes() - ends:  # a code such as QU has no customs
        return None
    return Discrepancy(
        pointer="/transit_country",
        expected=f"a country other than {declared.export_country} and {declared.import_country}",
        found=declared.transit_country or "none",
    )


@rule(
    "CITES-Conf-9.7-exit-overdue",
    Severity.REFER,
    remedy="Send customs of the country of transit the proof that the goods left, or wait for its decision.",
    officer_remedy="Customs of the country of transit finds out where the goods are. It overrides the finding with a "
    "reason and releases them at the exit, or refuses them.",
)
def exit_is_in_time(context: TransitContext) -> Discrepancy | None:
    """The goods must leave the country of transit by the declared day (Resolution Conf. 9.7)."""
    due = context.declaration.exit_due
    if due is None or context.day <= due:
        return None
    return Discrepancy(pointer="/exit_due", expected=f"an exit by {due}", found="no exit known")


@rule("CITES-box-14-in-transit", Severity.NOTE)
def transit_was_endorsed(context: CitationContext) -> Discrepancy | None:
    """Customs of the country of export has not endorsed the permit of goods in transit (box 14)."""
    if context.permit.endorsed:
        return None
    expected = f"an endorsement by customs of {context.permit.content.export_country}"
    return Discrepancy(pointer=context.document_pointer("number"), expected=expected, found="none")


@rule(
    "CITES-box-11-in-transit",
    Severity.REFER,
    remedy="State at most the quantity of the permit in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def quantity_is_on_permit(context: CitationContext) -> Discrepancy | None:
    """The quantity in transit must not exceed what left, or what the permit grants (boxes 11 and 14).

    Goods that have arrived, under a use that customs released, pass through no other country.
    """
    if len(context.lines) != 1 or context.requested is None:
        return None
    balance, unit = context.line.balance, context.line.content.unit
    most = max(EXACT.subtract(permit_amount(balance, Side.IMPORT), balance.import_consumed), ZERO)
    if context.requested <= most:
        return None
    return Discrepancy(
        pointer=context.pointer("quantity"),
        expected=f"at most {format_quantity(most)} {unit}",
        found=f"{format_quantity(context.requested)} {unit}",
    )


SHIPMENT_RULES: tuple[Rule[TransitContext], ...] = (transit_country_is_known, exit_is_in_time)
CITATION_RULES: tuple[Rule[CitationContext], ...] = (transit_was_endorsed, quantity_is_on_permit)
RULES: tuple[Rule[TransitContext] | Rule[CitationContext], ...] = (*SHIPMENT_RULES, *CITATION_RULES)
