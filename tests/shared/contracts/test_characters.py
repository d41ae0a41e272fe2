"""The characters that a text may have, and its normal form."""

from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.characters import (
    JOINERS,
    LINE_MARKS,
    describe_character,
    escape_forbidden,
    find_forbidden,
    to_nfc,
)

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.characters(categories=None))
def test_character_of_a_forbidden_category_is_found(character: str) -> None:
    assert (find_forbidden(f"a{character}b") == character) == (category(character) in FORBIDDEN)


@pytest.mark.parametrize("character", [
    "\0", "\x1b", "\x7f", "\x9b", "\xad", "\u061c", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\ufffe",
    "\uffff", "\ue000", "\U000f0000", "\U000e0041", "\U0001fffe", "\u0378", "\ud800", "\t", "\n", "\u2028",
])  # fmt: skip
def test_invisible_character_is_found(character: str) -> None:
    assert find_forbidden(f"KE{character}-1") == character


def test_exception_is_not_found() -> None:
    assert find_forbidden("می\u200cروم", JOINERS) is None
    assert find_forbidden("a\tb\r\nc", LINE_MARKS) is None
    assert find_forbidden("a\u200cb", LINE_MARKS) == "\u200c"


@pytest.mark.parametrize("text", ["A (Pty) Ltd", "Ñandú", "北京\u3000動物園", "a\u00a0b", "🦏", "क्षेत्र"])
def test_usual_text_has_no_forbidden_character(text: str) -> None:
    assert find_forbidden(text) is None


@given(st.text())
def test_text_is_stored_in_nfc(text: str) -> None:
    assert is_normalized("NFC", to_nfc(text))


def test_character_is_described_by_code_point_and_name() -> None:
    assert describe_character("\u202e") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert describe_character("\x1b") == "U+001B"


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b[2Jgone", r"\u001b[2Jgone"), ("a\u202eb\u2066", r"a\u202eb\u2066"), ("\0\x7f\x9b", r"\u0000\u007f\u009b"),
    ("\r", r"\u000d"), ("\U000e0041", r"\udb40\udc41"), ("\ud800", r"\ud800"),
    ("a\tb\nc", "a\tb\nc"), ("Ñ 北京\u3000🦏", "Ñ 北京\u3000🦏"),
])  # fmt: skip
def test_text_is_shown_with_escapes_of_forbidden_characters(text: str, shown: str) -> None:
    assert escape_forbidden(text) == shown


@given(st.text())
def test_shown_text_has_no_forbidden_character(text: str) -> None:
    assert find_forbidden(escape_forbidden(text), "\t\n") is None
