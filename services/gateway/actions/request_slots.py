"""Long requests of one kind in this process: a few for each party, and a bound for all of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from shared.limits import Limit, LimitSubject

FEED_WAITS_PER_PARTY = Limit(
    4,
    "requests",
    subject=LimitSubject.WAITS,
    meaning="Requests of a party that wait for events, in each process of the gateway",
    beyond="429 `too-many-waits`",
)
FEED_WAITS = Limit(
    4_000,
    "requests",
    subject=LimitSubject.WAITS,
    meaning="Requests of all parties that wait for events, in each process of the gateway",
    beyond="200 at once, with the events that there are",
)
SUBMISSION_WAITS_PER_PARTY = Limit(
    100,
    "requests",
    subject=LimitSubject.WAITS,
    meaning="Submissions of a party that wait for their check, in each process of the gateway",
    beyond="202 at once",
)
SUBMISSION_WAITS = Limit(
    2_000,
    "requests",
    subject=LimitSubject.WAITS,
    meaning="Submissions of all parties that wait for their check, in each process of the gateway",
    beyond="202 at once",
)


BULKS_PER_PARTY = Limit(
    8,
    "requests",
    subject=LimitSubject.REQUESTS,
    meaning="Bulk requests of a party at once, in each process of the gateway",
    beyond="429 `too-many-bulk-requests`",
)
BULKS = Limit(
    100,
    "requests",
    subject=LimitSubject.REQUESTS,
    meaning="Bulk requests of all parties at once, in each process of the gateway",
    beyond="503 `overloaded`",
)


@dataclass
class RequestSlots:
    """Counts the requests under way. The caller decides what happens to a request that finds no slot."""

    per_party: int
    total: int
    _taken: int = 0
    _by_party: Counter[UUID] = field(default_factory=Counter)

    def is_full(self) -> bool:
        """Return whether all slots of the process are taken."""
        return self._taken >= self.total

    def is_full_for(self, party_id: UUID) -> bool:
        """Return whether a party has taken all slots that it may have."""
        return self._by_party[party_id] >= self.per_party

    @contextmanager
    def taken(self, party_id: UUID) -> Iterator[None]:
        """Count a request of a party during the block."""
        self._taken += 1
        self._by_party[party_id] += 1
        try:
            yield
        finally:
            self._taken -= 1
            self._by_party[party_id] -= 1
            if not self._by_party[party_id]:
                del self._by_party[party_id]
