"""The texts of rules: a message names place and values, and a remedy names acts of its reader."""

import re

import pytest

from services.permits.domain.rules.catalogue import list_rules
from services.permits.domain.rules.rule import Rule
from shared.contracts.closed_sets import Severity
from shared.contracts.findings import Finding
from tests.permits.rule_examples import EXAMPLES

MAX_WORDS, MAX_SENTENCES = 25, 2
SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-Z])")
TRADER_ACTS = {"Ask", "Cancel", "Check", "Cite", "Correct", "Do", "Name", "Send", "State", "Wait"}
"""First words of the sentences that tell a trader what to do."""
OTHER_SUBJECTS = {"The", "It", "For"}
"""First words of the sentences that tell a trader what happens then, or when."""
OFFICER_ACTS = re.compile(r"\b(overrid|consent|endors|settl|refus|releas)\w*", re.IGNORECASE)
REQUESTS = re.compile(r"\bask \w+[^.]*", re.IGNORECASE)
BINDING = [pytest.param(one, id=one.name) for one in list_rules() if one.severity is not Severity.NOTE]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return SENTENCE_END.split(text)


def example_finding(rule: str) -> Finding:
    """Return the finding of a rule about its example."""
    finds, _ = EXAMPLES[rule]
    return next(one for one in finds() if one.rule == rule)


@pytest.mark.parametrize("rule", [entry.name for entry in list_rules()])
def test_message_of_a_finding_names_item_permit_line_and_values(rule: str) -> None:
    finding = example_finding(rule)
    place, _, text = finding.message.partition(": ")
    if finding.pointer.startswith("/items/"):
        assert "Item 1" in place
    if finding.permit is not None:
        assert f"ermit {finding.permit.number} ({finding.permit.issuer})" in place
    if finding.permit is not None and finding.permit.line and finding.pointer.startswith("/items/"):
        assert place.endswith(f"line {finding.permit.line}")
    assert finding.expected is None or f"Expected: {finding.expected}" in text
    assert finding.found is None or re.search(f"[Ff]ound: {re.escape(finding.found)}", text)
    assert finding.found is not None


@pytest.mark.parametrize("rule", [entry.name for entry in list_rules()])
def test_message_of_a_finding_is_two_sentences_without_a_remedy(rule: str) -> None:
    finding = example_finding(rule)
    [one] = [entry for entry in list_rules() if entry.name == rule]
    assert len(sentences(finding.message)) == MAX_SENTENCES
    assert max(len(sentence.split()) for sentence in sentences(finding.message)) <= MAX_WORDS
    assert one.sentence[1:] in finding.message
    assert not any(remedy and remedy in finding.message for remedy in (one.remedy, one.officer_remedy))


@pytest.mark.parametrize("rule", BINDING)
def test_trader_remedy_tells_acts_of_a_trader_and_never_of_an_officer(rule: Rule[object]) -> None:
    first_words = {sentence.split()[0] for sentence in sentences(rule.remedy)}
    assert first_words <= TRADER_ACTS | OTHER_SUBJECTS
    assert first_words & TRADER_ACTS
    assert OFFICER_ACTS.search(REQUESTS.sub("", rule.remedy)) is None


@pytest.mark.parametrize("rule", BINDING)
def test_officer_remedy_names_the_office_that_acts(rule: Rule[object]) -> None:
    assert re.search(r"\b(customs|authority)\b", rule.officer_remedy, re.IGNORECASE)
    assert not {sentence.split()[0] for sentence in sentences(rule.officer_remedy)} & TRADER_ACTS


@pytest.mark.parametrize("rule", BINDING)
def test_remedy_is_at_most_two_short_sentences(rule: Rule[object]) -> None:
    for remedy in (rule.remedy, rule.officer_remedy):
        assert len(sentences(remedy)) <= MAX_SENTENCES
        assert max(len(sentence.split()) for sentence in sentences(remedy)) <= MAX_WORDS
