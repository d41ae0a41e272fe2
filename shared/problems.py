"""The kinds of refusal every service answers with, none of which knows HTTP.

`code` is stable and in kebab-case; `detail` says what is wrong and what to do next; `faults` name the places.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One place at fault: a JSON Pointer (RFC 6901), a stable code, one sentence."""

    pointer: str
    code: str
    detail: str


class ProblemError(Exception):
    """A plain no: what was asked cannot be done as asked."""

    def __init__(self, code: str, detail: str, faults: Iterable[Fault] = (), **extra: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.extra = extra


class NotFound(ProblemError):
    """It is not there, or not for this caller: the two look the same."""

    def __init__(self, detail: str = "There is no such thing here for you.", code: str = "not-found") -> None:
        super().__init__(code, detail)


class NotAllowed(ProblemError):
    """This caller's role may never do this."""


class Conflict(ProblemError):
    """The thing is not in a state in which this can be done."""


class Invalid(ProblemError):
    """What was sent is not well formed; `faults` name the places."""


class TooManyRequests(ProblemError):
    """This caller asks more than its share; it may go on after `retry_after` seconds."""

    def __init__(self, code: str, detail: str, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(ProblemError):
    """Something this answer needs is away; try again after `retry_after` seconds."""

    def __init__(self, code: str, detail: str, retry_after: int = 2) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after
