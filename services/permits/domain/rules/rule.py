"""Rules: conditions that a check applies, each with a name, severity, sentence and remedies, and their findings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from services.permits.domain.rules.place import describe_place
from shared.contracts.closed_sets import Severity
from shared.contracts.declaration import Item
from shared.contracts.findings import CitedLine, Finding
from shared.limits import Limit, LimitSubject

AGREE_WITH_PERMIT = "Correct it in a new version, or ask the issuing authority to correct the permit."
WAIT_OR_AGREE = "Wait for the decision of customs, or send a new version that agrees with the permit."
CUSTOMS_OVERRIDES = (
    "Customs overrides the finding with a reason only if the goods may pass. Else the trader corrects it."
)
CUSTOMS_DECIDES = "Customs compares goods and documents, then overrides the finding with a reason or refuses the goods."
"""Remedies that several rules share: two for the trader, two for the officer."""

VALUE_LENGTH = Limit(
    600,
    "characters",
    subject=LimitSubject.DECLARATIONS,
    meaning="The expected and the found value of a finding",
    beyond="The finding has the beginning of the value.",
)


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """A place where a rule is not met, with the expected and the found value and a note for the officer."""

    pointer: str
    expected: str | None = None
    found: str | None = None
    note: str | None = None


class RuleContext(Protocol):
    """A case to which rules apply."""

    @property
    def items(self) -> Sequence[Item]:
        """The items of the declaration, which a finding names by their numbers."""

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit, with its line if one was found, that a finding about this case names."""


Context = TypeVar("Context")
CitingContext = TypeVar("CitingContext", bound=RuleContext)
DiscrepancyFinder = Callable[[Context], Discrepancy | None]


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[Context]):
    """One condition of the law or of the hub, applied to one kind of context.

    `sentence` states the condition. If it is not met, `remedy` states what the trader can do. `officer_remedy` states
    what an officer of customs or of an authority can do. A rule of severity `note` has neither.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    officer_remedy: str
    find_discrepancy: DiscrepancyFinder[Context]


def rule(
    name: str, severity: Severity, *, remedy: str = "", officer_remedy: str = ""
) -> Callable[[DiscrepancyFinder[Context]], Rule[Context]]:
    """Return a decorator that turns a function into a rule. The first paragraph of its docstring is the sentence."""

    def declare(find_discrepancy: DiscrepancyFinder[Context]) -> Rule[Context]:
        paragraph = (find_discrepancy.__doc__ or "").strip().split("\n\n")[0]
        return Rule(
            name=name,
            severity=severity,
            sentence=" ".join(paragraph.split()),
            remedy=remedy,
            officer_remedy=officer_remedy,
            find_discrepancy=find_discrepancy,
        )

    return declare


def evaluate(rules: Iterable[Rule[CitingContext]], context: CitingContext) -> list[Finding]:
    """Return the findings of rules about a case, in the order of the rules."""
    findings = []
    for one in rules:
        discrepancy = one.find_discrepancy(context)
        if discrepancy is not None:
            findings.append(build_finding(one, discrepancy, context.items, context.cited_line))
    return findings


def build_finding(
    broken: Rule[Any], discrepancy: Discrepancy, items: Sequence[Item], cited_line: CitedLine | None = None
) -> Finding:
    """Return the finding of a rule whose condition is not met; `items` are those of the declaration."""
    discrepancy = _shortened(discrepancy)
    return Finding(
        rule=broken.name,
        severity=broken.severity,
        pointer=discrepancy.pointer,
        permit=cited_line,
        expected=discrepancy.expected,
        found=discrepancy.found,
        message=_message(broken, discrepancy, describe_place(discrepancy.pointer, items, cited_line)),
    )


def _shortened(discrepancy: Discrepancy) -> Discrepancy:
    """Return the discrepancy with values that are not too long to store and to read."""
    texts = (discrepancy.expected, discrepancy.found, discrepancy.note)
    if all(text is None or len(text) <= VALUE_LENGTH for text in texts):
        return discrepancy
    expected, found, note = (text and shorten(text) for text in texts)
    return Discrepancy(pointer=discrepancy.pointer, expected=expected, found=found, note=note)


def shorten(text: str) -> str:
    """Return a text of at most `VALUE_LENGTH` characters. Three dots mark a cut."""
    return text if len(text) <= VALUE_LENGTH else f"{text[: VALUE_LENGTH - 1]}…"


def _message(broken: Rule[Any], discrepancy: Discrepancy, place: str) -> str:
    """Return two sentences for a person: the place with the condition, then the values.

    The remedy is not among them: it differs by reader, and a finding is stored once.
    """
    sentence = broken.sentence[0].lower() + broken.sentence[1:]
    labels = (("expected", discrepancy.expected), ("found", discrepancy.found), ("note", discrepancy.note))
    values = "; ".join(f"{label}: {value}" for label, value in labels if value is not None)
    return f"{place}: {sentence} {values[:1].upper()}{values[1:]}." if values else f"{place}: {sentence}"
