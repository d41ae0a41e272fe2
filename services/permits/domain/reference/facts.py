"""What holds beyond the papers that declarations cite: listings, suspensions, quotas, policies, as they were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain.reference import names
from services.permits.domain.reference.entries import Suspension
from services.permits.domain.reference.listings import Listings, Standing
from services.permits.domain.rules.matching import covers as plainly_covers
from shared.contracts.policy import Policy


@dataclass(frozen=True)
class Taking:
    """What a permit line takes of a quota: the running total with this permit included, in the quota's unit."""

    quota: UUID
    taxon: str
    amount: Decimal
    total: Decimal
    unit: str
    starts: date
    ends: date


@dataclass(frozen=True)
class Facts:
    """The facts rules are asked with. `empty` names the lists that were never loaded: nothing of them is known.

    `named` are declarations by trader and reference, those that are said to have counted a use.
    """

    listings: Listings = field(default_factory=Listings)
    suspensions: tuple[Suspension, ...] = ()
    takings: Mapping[tuple[UUID, str], tuple[Taking, ...]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    named: Mapping[tuple[UUID, str], UUID] = field(default_factory=dict)

    def policy(self, country: str) -> Policy:
        """Answer a country's policy; every switch is off where nobody turned one on."""
        return self.policies.get(country, OFF)

    def standing(self, name: str | None, day: date, country: str | None) -> Standing:
        """Answer where specimens of a name from a country stand on a day."""
        return self.listings.standing(name, day, country)

    def covers(self, listed: str, stated: str, day: date) -> bool:
        """Say whether a name on a permit covers a stated one: the same, a synonym, or a higher taxon of it."""
        if self.means(listed, stated, day):
            return True
        if parents := names.parents(stated):  # a hybrid is neither of its parents
            return all(self._is_above_parent(listed, stated, parent, day) for parent in parents)
        return plainly_covers(listed, stated) or self.is_above(listed, stated, day)

    def _is_above_parent(self, listed: str, hybrid: str, parent: str, day: date) -> bool:
        above = self.listings.above_parent(hybrid, parent, day)
        return names.key(listed) in above or bool(self.listings.accepted(listed, day) & above)

    def means(self, one: str, other: str, day: date) -> bool:
        """Say whether two names are of the same taxon, as the listing has it."""
        mixed, key = frozenset(names.parents(one)), names.key(one)
        if (key and key == names.key(other)) or (mixed and mixed == frozenset(names.parents(other))):
            return True
        return bool(self.listings.accepted(one, day) & self.listings.accepted(other, day))

    def meant(self, listed: str, stated: str | None, day: date) -> str:
        """Answer which of two names a listing is asked for: the stated one where it is known below the listed one.

        A line for a higher taxon (`Felidae spp.`) covers species that stand in other Appendices than most of it.
        """
        if stated is None or names.key(listed) == names.key(stated) or not self.standing(stated, day, None).known:
            return listed
        narrower = not self.means(listed, stated, day) and self.covers(listed, stated, day)
        return stated if narrower else listed

    def is_above(self, listed: str, stated: str, day: date) -> bool:
        """Say whether a listed name is a higher taxon of the stated one."""
        above = self.listings.above(stated, day)
        return names.key(listed) in above or bool(self.listings.accepted(listed, day) & above)

    def within(self, name: str | None, taxon_key: str, day: date) -> bool:
        """Say whether a name is of a taxon of a list, or below it; an empty key means all."""
        if not taxon_key or name is None:
            return not taxon_key
        every = {names.key(name), *self.listings.above(name, day), *self.listings.accepted(name, day)}
        return taxon_key in every or bool(self.listings.accepted(taxon_key, day) & every)


OFF = Policy()
NOTHING = Facts()
"""Where nothing was read: the papers speak alone."""
