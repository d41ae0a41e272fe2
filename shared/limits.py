"""Limits in bytes, number and time: plain numbers in the code, and the rows of one generated table.

A limit is declared at module level, next to the code that keeps it. A limit that a writer and a reader in two services
share is declared in `shared.contracts.limits`. `make generate` writes `docs/reference/limits.md` from all of them.
"""

from enum import StrEnum
from typing import Any, Self


class LimitSubject(StrEnum):
    """The parts of the table of limits, in its order."""

    REQUESTS = "Requests and connections"
    MESSAGES = "Texts and numbers in messages"
    DECLARATIONS = "Declarations"
    PERMITS = "Permits and applications"
    ACCOUNTS = "Parties, credentials and sign-in"
    RATES = "Rates"
    LISTS = "Lists, pages and reports"
    WAITS = "Waits"
    EVENTS = "Events and webhooks"
    REFERENCE = "Reference lists"
    SERVICES = "Between the services"
    MEMORY = "Memory and disk of a process"


class Limit(int):
    """A bound: a whole number for the code, with the words of its row for people.

    `meaning` is a noun phrase, such as "Documents of one declaration". `beyond` says what the hub does with more, such
    as "422 `too-many-documents`". `setting` is the variable that changes the value, if there is one.
    """

    subject: LimitSubject
    unit: str
    meaning: str
    beyond: str
    setting: str

    def __new__(
        cls, value: int, unit: str, *, subject: LimitSubject, meaning: str, beyond: str, setting: str = ""
    ) -> Self:
        """Return the limit of `value` in `unit`: `bytes`, `seconds`, or the plural of what is counted."""
        limit = super().__new__(cls, value)
        limit.subject, limit.unit, limit.setting = subject, unit, setting
        limit.meaning, limit.beyond = meaning, beyond
        return limit

    def __getnewargs_ex__(self) -> tuple[tuple[int, str], dict[str, Any]]:
        """Return the arguments of a copy."""
        words = {"meaning": self.meaning, "beyond": self.beyond, "setting": self.setting}
        return (int(self), self.unit), {"subject": self.subject, **words}
