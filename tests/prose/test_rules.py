"""The rules of prose find what they name and leave plain sentences alone."""

from pathlib import Path

import pytest

from tests.prose.passages import Kind, Passage, sentences, words
from tests.prose.rules import faults


def faults_of(text: str, kind: Kind = Kind.DOCUMENT) -> list[str]:
    """Return the faults of one passage."""
    return list(faults(Passage(path=Path("x.md"), line=1, kind=kind, text=text)))


PLAIN = {
    Kind.DOCUMENT: "The hub rejects the declaration. The issuer receives `permit.second_use_attempted` (see 4.2).",
    Kind.COMMENT: "The dispatcher waits, because its lease has not ended.",
    Kind.MESSAGE: "Use letters and digits in the number of the permit.",
    Kind.DOCSTRING: "The ledger of one permit line.",
    Kind.FUNCTION: "Return the balance of a line, in the unit of the line.",
    Kind.TEST_NAME: "test_release_after_revocation_is_refused",
}


@pytest.mark.parametrize("kind", PLAIN)
def test_passage_in_plain_words_has_no_fault(kind: Kind) -> None:
    assert faults_of(PLAIN[kind], kind) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (" ".join(["word"] * 26), "26 words"),
        ("The hub waits. What it waits for is a permit.", "begins with “What”"),
        ("Whoever asks gets an answer.", "begins with “Whoever”"),
        ("Of the lines, one is closed.", "begins with “Of”"),
        ("The hub asks anew.", "“anew”"),
        ("Everything is written in one stroke.", "“stroke”"),
        ("The permit stands.", "“stands”"),
        ("The issuer hears of it.", "“hears”"),
        ("The trader is told.", "“told”"),
        ("The worker runs once a day.", "“once a day”"),
        ("The hub takes 300 requests a second.", "“requests a second”"),
        ("The suite starts a process a core.", "“a process a core”"),
        ("Nothing is kept, save the key.", "“save”"),
        ("The courier carries it.", "“courier”"),
        ("The letter is settled.", "“letter”"),
    ],
)
def test_sentence_with_a_fault_is_found(text: str, fault: str) -> None:
    for kind in (Kind.DOCUMENT, Kind.COMMENT, Kind.MESSAGE, Kind.DOCSTRING):
        assert [one for one in faults_of(text, kind) if one.startswith(fault)]


@pytest.mark.parametrize(
    "text", ["Answer the ids.", "Say whether it ends.", "What ends.", "The balance of a line.", "Tell it."]
)
def test_docstring_of_a_function_without_a_verb_is_found(text: str) -> None:
    assert any("verb" in fault for fault in faults_of(text, Kind.FUNCTION))


@pytest.mark.parametrize(
    "name",
    [
        "test_what_is_gone_is_not_let_through",
        "test_a_permit_is_read",
        "test_one_key_gives_one_mandate",
        "test_patience_ends",
        "test_permit_with_news_waits",
    ],
)
def test_test_name_without_subject_condition_and_result_is_found(name: str) -> None:
    assert faults_of(name, Kind.TEST_NAME)


def test_code_in_a_sentence_counts_as_one_word() -> None:
    assert len(words(next(sentences("Run `git pull --rebase origin main` first.")))) == 3


def test_abbreviation_in_a_sentence_does_not_end_it() -> None:
    assert list(sentences("Art. VI.5 and Conf. 12.3 apply. The hub checks them.")) == [
        "Art VI.5 and Conf 12.3 apply.",
        "The hub checks them.",
    ]
