"""Rules about reservations that end before a release: by displacement, or because no decision came in time."""

from dataclasses import dataclass
from datetime import date

from services.permits.domain.ledger.balances import ZERO, remaining, reserved
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity, Side
from shared.contracts.findings import CitedLine
from shared.contracts.quantities import EXACT, format_quantity


@dataclass(frozen=True, kw_only=True)
class ReservationContext:
    """An import reservation on a permit that was endorsed, and its declaration."""

    permit: PermitRecord
    declaration: DeclarationRecord
    citation: Citation

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
    def cited_line(self) -> None:
        """No permit, because the declaration's reservations end on all of its permits."""
        return None


@rule(
    "CITES-box-14-endorsed-for-less",
    Severity.REFER,
    remedy="State what left in a new version, or customs overrides this and so sets the quantity aside again.",
)
def reservation_fits_endorsement(context: ReservationContext) -> Discrepancy | None:
    """Where less left than was set aside, the youngest reservation gives way (box 14)."""
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
        found=f"{format_quantity(citation.reserved)} {citation.unit} set aside, all given back",
    )


@rule(
    "reservation-ended",
    Severity.REFER,
    remedy="Customs overrides this and so sets the quantity aside again; its trader may cancel.",
)
def reservation_is_released_in_time(context: StaleContext) -> Discrepancy:
    """What is set aside and not released within the days of the country goes back to the permit."""
    return Discrepancy(
        pointer="/items",
        expected=f"released or refused within {context.days} days",
        found=f"nothing happened since {context.last_changed}; all was given back",
    )


RULES: tuple[Rule[ReservationContext] | Rule[StaleContext], ...] = (
    reservation_fits_endorsement,
    reservation_is_released_in_time,
)
