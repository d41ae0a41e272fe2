"""Rules about reservations that end before a release: by displacement, or because no decision came in time."""

from dataclasses import dataclass
from datetime import date

from services.permits.domain.ledger.balances import ZERO, remaining, reserved
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity, Side
from shared.contracts.declaration import Item
from shared.contracts.findings import CitedLine
from shared.contracts.quantities import EXACT, format_quantity


@dataclass(frozen=True, kw_only=True)
class ReservationContext:
    """An import reservation on a permit that was endorsed, and its declaration."""

    permit: PermitRecord
    declaration: DeclarationRecord
    citation: Citation

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.content.items

    @property
    def cited_line(self) -> CitedLine:
        """The permit's line that the reservation is on."""
        content = self.permit.content
        return CitedLine(issuer=content.issuer, number=content.number, line=self.citation.line)


@dataclass(frozen=True, kw_only=True)
class StaleContext:
    """A declaration without a decision within the days of its country; `last_changed` is the day of its last event."""

    days: int
    last_changed: date

    @property
    def items(self) -> tuple[Item, ...]:
        """No item: the finding is about the declaration as a whole."""
        return ()

    @property
    def cited_line(self) -> None:
        """No permit, because the declaration's reservations end on all of its permits."""
        return None


@rule(
    "CITES-box-14-endorsed-for-less",
    Severity.REFER,
    remedy="State the quantity that left in a new version, or wait for the decision of customs.",
    officer_remedy="Customs overrides the finding with a reason, and the hub sets the quantity aside again. Or "
    "customs refuses the goods.",
)
def reservation_fits_endorsement(context: ReservationContext) -> Discrepancy | None:
    """The quantity set aside must not exceed what customs endorsed at export (box 14).

    The hub returns the youngest reservations until the rest fits.
    """
    citation = context.citation
    balance = context.permit.lines[citation.line].balance
    rest = remaining(balance, Side.IMPORT)
    if rest >= ZERO:
        return None
    possible = EXACT.add(rest, min(citation.reserved, reserved(balance, Side.IMPORT)))
    items = context.declaration.content.items
    index = next(n for n, item in enumerate(items) if item.number == citation.item)
    return Discrepancy(
        pointer=f"/items/{index}/quantity",
        expected=f"at most {format_quantity(max(possible, ZERO))} {citation.unit}",
        found=f"{format_quantity(citation.reserved)} {citation.unit} set aside, all returned",
    )


@rule(
    "reservation-ended",
    Severity.REFER,
    remedy="Ask customs to decide, or cancel the declaration.",
    officer_remedy="Customs overrides the finding with a reason, and the hub sets the quantities aside again. Or "
    "customs refuses the goods.",
)
def reservation_is_released_in_time(context: StaleContext) -> Discrepancy:
    """Customs must decide within the days for which the country keeps a reservation.

    After these days the hub returns what is set aside to the permit.
    """
    return Discrepancy(
        pointer="/items",
        expected=f"a decision within {context.days} days",
        found=f"no decision since {context.last_changed}, all quantities returned",
    )


RULES: tuple[Rule[ReservationContext] | Rule[StaleContext], ...] = (
    reservation_fits_endorsement,
    reservation_is_released_in_time,
)
