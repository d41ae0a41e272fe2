"""Failed sign-ins: counted, logged, and refused for a growing time before anything is read or verified.

The growing refusal is for one client id from one address. So nobody elsewhere can lock out the owner of a client id. An
address has a total too, for one that tries many client ids. The total does not stop a client id that signed in from
the address before. So other machines behind the same address do not lock it out.

The figures are of one process, in bounded memory. They slow a guess and limit its cost. The 256 random bits of a
secret are what makes a guess hopeless.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from services.gateway.actions.auth.allowances import Allowances
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.metrics import counter
from shared.problems import TooManyRequests

FREE_FAILURES = Limit(
    5,
    "failures",
    subject=LimitSubject.ACCOUNTS,
    meaning="Failed sign-ins of a client id from one address before a pause",
    beyond="429 `too-many-sign-ins` for 1 s, doubled with each failure",
)
FIRST_REFUSAL_SECONDS = 1.0
"""The first such time. It doubles with each failure."""
MAX_REFUSAL_SECONDS = Limit(
    60,
    "seconds",
    subject=LimitSubject.ACCOUNTS,
    meaning="The pause of a client id at an address after failed sign-ins",
    beyond="The next attempt is allowed.",
)
FORGET_SECONDS = Limit(
    900,
    "seconds",
    subject=LimitSubject.ACCOUNTS,
    meaning="Time for which failed sign-ins count",
    beyond="The gateway forgets them.",
)
FAILURE_BURST = Limit(
    60,
    "failures",
    subject=LimitSubject.ACCOUNTS,
    meaning="Failed sign-ins from one address at once",
    beyond="429 `too-many-sign-ins`, except for clients that signed in there before",
)
FAILURES_PER_MINUTE = Limit(
    30,
    "failures",
    subject=LimitSubject.ACCOUNTS,
    meaning="Failed sign-ins from one address per minute after that",
    beyond="429 `too-many-sign-ins`, except for clients that signed in there before",
)
TOKEN_BURST = Limit(
    100,
    "tokens",
    subject=LimitSubject.ACCOUNTS,
    meaning="Access tokens of one client id at once",
    beyond="429 `too-many-requests`",
)
TOKENS_PER_SECOND = Limit(
    10,
    "tokens",
    subject=LimitSubject.ACCOUNTS,
    meaning="Access tokens of one client id per second after that",
    beyond="429 `too-many-requests`",
)
MAX_PAIRS = Limit(
    20_000,
    "clients",
    subject=LimitSubject.MEMORY,
    meaning="Clients and their addresses that a gateway process remembers after failed sign-ins, and after others",
    beyond="The gateway forgets the oldest.",
)
MAX_CLIENT_ID = Limit(
    64,
    "characters",
    subject=LimitSubject.ACCOUNTS,
    meaning="A client id, as limits and log lines read it",
    beyond="The text is cut.",
)
FAILURE_COUNTER = counter(
    "saola_sign_in_failures", "Failed sign-ins at the gateway, by the proof that was wrong", ["proof"]
)


class Proof(StrEnum):
    """By what a client tried to sign in."""

    SECRET = "secret"  # noqa: S105 - a name, no secret
    ASSERTION = "assertion"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of a pair: their number, the last of them, and the end of the refusal."""

    count: int
    last_at: float
    refused_until: float


class SignIns:
    """The failures and successes of sign-ins, by address and client id."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], Failures] = {}
        self._successes: dict[tuple[str, str], None] = {}
        self._address_failures = Allowances(per_second=FAILURES_PER_MINUTE / 60, burst=FAILURE_BURST)
        self._tokens = Allowances(per_second=TOKENS_PER_SECOND, burst=TOKEN_BURST)

    def require_allowed(self, address: str, client_id: str, *, at: float) -> None:
        """Raise TooManyRequests if a client may not try to sign in from an address now."""
        pair = (address, client_id[:MAX_CLIENT_ID])
        failures = self._failures.get(pair)
        if failures is not None and failures.refused_until > at:
            raise _refusal("This client failed to sign in several times.", failures.refused_until - at)
        if pair not in self._successes and (wait := self._address_failures.seconds_until(address, at=at)):
            raise _refusal("Too many sign-ins from your address failed.", wait)
        if wait := self._tokens.seconds_until(pair[1], at=at):
            raise TooManyRequests(
                "too-many-requests",
                f"This client requested {TOKEN_BURST} access tokens in a short time. Use a token until it ends. "
                f"{_wait_sentence(wait)}",
                ceil(wait),
            )

    def record_failure(self, address: str, client_id: str, *, proof: Proof, reason: str, at: float) -> None:
        """Count and log a failed sign-in. The client may have to wait before its next attempt."""
        pair = (address, client_id[:MAX_CLIENT_ID])
        FAILURE_COUNTER.labels(proof).inc()
        logger().warning("sign_in.failed", client_id=pair[1], address=address, proof=proof, reason=reason)
        self._address_failures.spend(address, at=at)
        before = self._failures.pop(pair, None)
        count = 1 if before is None or before.last_at + FORGET_SECONDS < at else before.count + 1
        doublings = min(count - FREE_FAILURES, 16)
        refusal = min(FIRST_REFUSAL_SECONDS * 2**doublings, MAX_REFUSAL_SECONDS) if doublings >= 0 else 0.0
        if len(self._failures) >= MAX_PAIRS:
            del self._failures[next(iter(self._failures))]
        self._failures[pair] = Failures(count, at, at + refusal)

    def record_success(self, address: str, client_id: str, *, at: float) -> None:
        """Forget the failures of a client at an address, and count its access token."""
        pair = (address, client_id[:MAX_CLIENT_ID])
        self._failures.pop(pair, None)
        self._successes.pop(pair, None)
        if len(self._successes) >= MAX_PAIRS:
            del self._successes[next(iter(self._successes))]
        self._successes[pair] = None
        self._tokens.spend(pair[1], at=at)


def _refusal(reason: str, wait: float) -> TooManyRequests:
    return TooManyRequests(
        "too-many-sign-ins", f"{reason} {_wait_sentence(wait)} Check the client id and its secret first.", ceil(wait)
    )


def _wait_sentence(wait: float) -> str:
    return f"Wait {ceil(wait)} s, then go on."
