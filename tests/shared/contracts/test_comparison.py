"""Keys of numbers and names: what looks alike has one key, and the characters of ASCII stay apart."""

import string
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.comparison import comparison_key, is_blank, name_key

ANY_TEXT = st.text(max_size=40)
ASCII_WORD = st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=12)
SEPARATORS = st.text(alphabet=" \u00a0\u3000\u2009-‐‑–—−/\\⁄∕\u2800", min_size=1, max_size=4)


@pytest.mark.parametrize("number", [
    "ke-2026-001", "KE/2026/001", "KE 2026 001", "KE\u00a02026\u3000001", "KE  2026 - 001", " KE-2026-001 ",
    "/KE-2026-001-", "KE\\2026\\001", "KE–2026—001", "KE−2026‐001", "KE\u28002026\u2800001", "KE\t2026\n001",
    "ＫＥ－２０２６－００１", "ＫＥ／２０２６／００１", "𝐊𝐄-𝟐𝟎𝟐𝟔-𝟎𝟎𝟏", "ⓀⒺ-2026-001", "\u212aE-2026-001",
    "K\u200bE-2026-001", "K\u200d\u200cE-2026-001", "\u202eKE-2026-001\u202c", "KE\u2066-2026-001", "KE-2026-0\u00ad01",
    "KE-2026-001\U000e0041\U000e007f", "\ufeffKE-2026-001", "KE\u034f-2026-001", "KE-2026-001\ufe0f",
    "K\u115fE-2026-001",     "KE\u3164-2026-001", "KE\u061c-2026-001",
])  # fmt: skip
def test_comparison_key_of_number_written_otherwise_is_the_same(number: str) -> None:
    assert comparison_key(number) == "ke-2026-001"


@pytest.mark.parametrize("number", [
    "KE2026-001", "KE2026001", "KE-2026-0O1", "KE-2026-00I", "KE-2026-00l", "KE.2026.001", "KE_2026_001", "KÉ-2026-001",
    "KE-2026-01", "КЕ-2026-001", "KE-2026-001A", "KE-2026-٠٠١",
])  # fmt: skip
def test_comparison_key_of_another_number_differs(number: str) -> None:
    assert comparison_key(number) != "ke-2026-001"


def test_comparison_key_of_composed_and_decomposed_accents_is_the_same() -> None:
    assert comparison_key("CÔTE-1") == comparison_key("CO\u0302TE-1") == "côte-1"
    assert comparison_key("STRASSE 1") == comparison_key("straße-1")


@pytest.mark.parametrize("text", ["-", "/", " – ", "\u200b", ""])
def test_comparison_key_of_separators_only_is_a_dash(text: str) -> None:
    assert comparison_key(text) == "-"


@given(ANY_TEXT)
def test_comparison_key_of_a_key_is_itself(text: str) -> None:
    assert comparison_key(comparison_key(text)) == comparison_key(text)


@given(ANY_TEXT)
def test_comparison_key_is_the_same_in_each_normal_form(text: str) -> None:
    forms = (normalize("NFC", text), normalize("NFD", text), normalize("NFKC", text), normalize("NFKD", text))
    assert {comparison_key(form) for form in forms} == {comparison_key(text)}


@given(ASCII_WORD, ASCII_WORD)
def test_comparison_key_tells_ascii_words_apart(one: str, other: str) -> None:
    assert (comparison_key(one) == comparison_key(other)) == (one.lower() == other.lower())


@given(st.lists(ASCII_WORD, min_size=1, max_size=4), st.lists(SEPARATORS, min_size=5, max_size=5))
def test_comparison_key_of_words_does_not_depend_on_separators(words: list[str], separators: list[str]) -> None:
    written = "".join(separator + word for separator, word in zip(separators, words, strict=False)) + separators[-1]
    assert comparison_key(written) == "-".join(words).lower()


@pytest.mark.parametrize("name", [
    "MÜLLER & SÖHNE S.A.", "Müller  &  Söhne, S. A", "Mu\u0308ller & So\u0308hne S A.", "Müller\u200d & Söhne-S.A.",
    "Ｍüller & Söhne S.A.", "‘Müller’ & Söhne S.A.",
])  # fmt: skip
def test_name_key_of_name_written_otherwise_is_the_same(name: str) -> None:
    assert name_key(name) == "müller & söhne s a"


@pytest.mark.parametrize(("one", "other"), [
    ("Muller", "Müller"), ("A & B", "A B"), ("Smith", "Smyth"), ("Ivan", "Иван"), ("A/B", "A B"),
])  # fmt: skip
def test_name_key_of_another_name_differs(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_name_key_leaves_out_joiners() -> None:
    assert name_key("क्\u200dष") == name_key("क्ष") == name_key("क्\u200cष")


def test_name_key_of_marks_only_is_not_empty() -> None:
    assert name_key("...") == "..."


@given(ANY_TEXT)
def test_name_key_of_a_key_is_itself(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize(("text", "blank"), [
    ("", True), (" \t\n\u00a0\u3000", True), ("\u3164\u115f", True), ("\u2800", True), ("\u200b", True), (".", False),
    ("-", False), ("\u0301a", False), ("\U0001d159 \U00013442", True),
])  # fmt: skip
def test_text_without_a_visible_character_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) is blank
