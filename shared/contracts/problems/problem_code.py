"""The parts of an entry in the catalogue of problem codes."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple


class Responsible(StrEnum):
    """The person who does the next step after a problem. `YOU` is the caller of the request."""

    YOU = "You"
    TRADER = "The trader"
    CUSTOMS = "Customs"
    AUTHORITY = "The Management Authority"
    ADMINISTRATOR = "The administrator of the hub"
    OPERATOR = "The operator of the hub"


class Step(NamedTuple):
    """One next step: the person who does it, and the instruction to that person."""

    responsible: Responsible
    action: str


you = partial(Step, Responsible.YOU)
trader = partial(Step, Responsible.TRADER)
customs = partial(Step, Responsible.CUSTOMS)
authority = partial(Step, Responsible.AUTHORITY)
administrator = partial(Step, Responsible.ADMINISTRATOR)
operator = partial(Step, Responsible.OPERATOR)


class ExampleFault(NamedTuple):
    """One place in `errors` of the example. Without a code or a detail it has those of the problem."""

    pointer: str
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class ProblemCode:
    """An entry of the catalogue: all that the page of a code shows."""

    status: int
    meaning: str
    """One sentence."""
    causes: tuple[str, ...]
    """The usual reasons, each one sentence or two."""
    steps: tuple[Step, ...]
    """The next steps, the most probable first."""
    example: str
    """A `detail` as the hub writes it."""
    example_faults: tuple[ExampleFault, ...] = ()
    fault_codes: tuple[str, ...] = ()
    """Codes that its `errors` may have in addition to its own code."""
