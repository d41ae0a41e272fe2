"""Second uses: attempts to use a permit line that another shipment uses or used (Article VI.6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.permits.domain.model.declarations import DeclarationRecord
from shared.contracts.closed_sets import Movement
from shared.contracts.events.parts import SecondUseAttempt


class AttemptKind(NamedTuple):
    """The attempts that share alerts. An attempt of another kind has an alert of its own, at once."""

    permit: UUID
    line: str
    movement: Movement
    trader: UUID


@dataclass(frozen=True, kw_only=True)
class SecondUse:
    """An attempt to use a line that is in use or was used. The issuer of the permit receives an event about it.

    `remaining` is in the line's unit; `unit` is the unit of `requested`. `by_unnamed_party` means that the permit does
    not name the declaring party. That party then receives no event, because it must not learn that the permit exists.
    """

    permit: UUID
    line: str
    item: int
    requested: Decimal
    remaining: Decimal
    unit: str
    by_unnamed_party: bool = False


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A second use, the declaration that states it, and the time of the check that found it."""

    use: SecondUse
    declaration: DeclarationRecord
    at: datetime

    @property
    def kind(self) -> AttemptKind:
        """The kind of the attempt: its permit line, its movement and its trader."""
        use, declaration = self.use, self.declaration
        return AttemptKind(use.permit, use.line, declaration.content.movement, declaration.trader)


@dataclass(frozen=True, kw_only=True)
class HeldAttempts:
    """Attempts of one kind that no alert has counted yet: their number, their times, and the latest of them.

    `party` lodged the latest one. `is_named` means that the permit names that party. `latest` begins with the newest.
    """

    kind: AttemptKind
    party: UUID
    is_named: bool
    count: int
    first_at: datetime
    last_at: datetime
    latest: tuple[SecondUseAttempt, ...]
