"""The kinds of problems of every service. None of them knows HTTP.

`code` is stable and in kebab-case. `detail` says what is wrong and what to do next. `faults` name the places.
"""

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import Any

from shared.limits import Limit, LimitSubject


@dataclass(frozen=True)
class Fault:
    """One place that is wrong: a JSON Pointer (RFC 6901), a stable code, one sentence."""

    pointer: str
    code: str
    detail: str


class ProblemError(Exception):
    """The service refuses a request; subclasses are the kinds of reasons."""

    def __init__(self, code: str, detail: str, faults: Iterable[Fault] = (), **extra: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.extra = extra


MAX_NAMES = Limit(
    20,
    "names",
    subject=LimitSubject.REQUESTS,
    meaning="Names that one message lists",
    beyond="The message counts the rest.",
)
NOTHING_HERE = "Nothing that you may read has this address. Check the path and the id."


def list_names(names: Iterable[object]) -> str:
    """Return names for a sentence: "A, B, C". After the first 20 it gives the number of the others."""
    found = [str(name) for name in names]
    more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
    return ", ".join(found[:MAX_NAMES]) + more


class NotFound(ProblemError):
    """The resource does not exist, or this caller may not read it. The response is the same for both."""

    def __init__(self, detail: str = NOTHING_HERE, code: str = "not-found") -> None:
        super().__init__(code, detail)


class NotAllowed(ProblemError):
    """The caller's roles never permit this."""


def role_not_allowed(allowed: Iterable[str], present: Iterable[str]) -> NotAllowed:
    """Return the problem of a party with the roles `present` that needs one of the roles `allowed`."""
    needed, roles = sorted(allowed), sorted(present)
    has = f"{_name_roles(roles)} {list_names(roles)}" if roles else "no role"
    return NotAllowed(
        "role-not-allowed",
        f"Only {_name_roles(needed)} {list_names(needed)} may do this; your party has {has}. Leave it to a party with "
        f"{'that role' if len(needed) == 1 else 'one of those roles'}. If it is your task, the administrator of the "
        "hub adds the role.",
    )


def _name_roles(roles: Sized) -> str:
    return "the role" if len(roles) == 1 else "the roles"


class Conflict(ProblemError):
    """The present state of the resource does not allow this."""


class Invalid(ProblemError):
    """The request is not well formed; `faults` name the places."""


class TooManyRequests(ProblemError):
    """The caller exceeds its rate limit; it may send again after `retry_after` seconds."""

    def __init__(self, code: str, detail: str, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(ProblemError):
    """A service or database that the response needs is away; the caller may try again after `retry_after` seconds."""

    def __init__(self, code: str, detail: str, retry_after: int = 2) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


OUT_OF_SPACE_RETRY_SECONDS = 10
"""Seconds in Retry-After while a disk is full: an operator must free space first."""


def out_of_space() -> Unavailable:
    """Return the problem of a request that finds no space on a disk of the hub."""
    return Unavailable(
        "out-of-space",
        "The disk of the hub is full. Repeat the request later. With the same Idempotency-Key it counts once.",
        OUT_OF_SPACE_RETRY_SECONDS,
    )
