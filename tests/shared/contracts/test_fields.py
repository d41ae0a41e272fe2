"""Texts of messages: each kind with the characters that it may have, in NFC, and without look-alikes of numbers."""

from typing import Annotated
from uuid import UUID

import pytest
from pydantic import Field
from pydantic_core import to_json

from shared.contracts.events.parts import PermitReference
from shared.contracts.fields import STORED_CONTEXT, Name, NameOfTrader, Reason, ShortText, Text, WireModel
from shared.problems import Invalid
from shared.strict_json import parse_body


class Message(WireModel):
    """One text of each kind."""

    number: ShortText = "1"
    text: Text = "."
    reason: Reason = "."
    trader: NameOfTrader = "."
    place: Name = "."
    numbers: Annotated[dict[ShortText, ShortText], Field()] = {}


def _parse(**fields: object) -> Message:
    """Parse a message as a service does: in one pass, and strictly if that fails."""
    return parse_body(Message, to_json(fields), lambda message: to_json(fields).count(b":"))


def _refused(**fields: object) -> Invalid:
    with pytest.raises(Invalid) as caught:
        _parse(**fields)
    assert len(caught.value.faults) == 1
    return caught.value


@pytest.mark.parametrize("field", ["number", "text", "reason", "trader", "place"])
@pytest.mark.parametrize(
    "character", ["\u202e", "\u200b", "\ufeff", "\ufffe", "\ue000", "\u0378", "\x9b", "\U000e0041"]
)
def test_text_with_invisible_character_is_refused(field: str, character: str) -> None:
    refused = _refused(**{field: f"a{character}b"})
    assert (refused.code, refused.faults[0].pointer) == ("forbidden-character", f"/{field}")
    assert f"U+{ord(character):04X}" in refused.faults[0].detail


@pytest.mark.parametrize("numbers", [{"EORI\u200b": "1"}, {"EORI": "1\u200b"}])
def test_identifier_with_invisible_character_is_refused(numbers: dict[str, str]) -> None:
    assert _refused(numbers=numbers).code == "forbidden-character"


@pytest.mark.parametrize("field", ["number", "trader", "place"])
@pytest.mark.parametrize("mark", ["\t", "\n", "\r", "\u2028"])
def test_line_break_is_refused_outside_sentences(field: str, mark: str) -> None:
    assert _refused(**{field: f"a{mark}b"}).faults[0].code in {"forbidden-character", "invalid-format"}


@pytest.mark.parametrize("field", ["text", "reason"])
def test_sentences_keep_tabs_and_line_breaks(field: str) -> None:
    assert getattr(_parse(**{field: "one\ttwo\r\nthree"}), field) == "one\ttwo\r\nthree"


def test_joiner_is_kept_in_the_name_of_a_trader_only() -> None:
    assert _parse(trader="می\u200cروم").trader == "می\u200cروم"
    for field in ("number", "text", "reason", "place"):
        assert _refused(**{field: "می\u200cروم"}).code == "forbidden-character"


@pytest.mark.parametrize("field", ["number", "text", "reason", "trader", "place"])
def test_text_is_parsed_into_nfc(field: str) -> None:
    assert getattr(_parse(**{field: "CO\u0302TE"}), field) == "CÔTE"


@pytest.mark.parametrize(("field", "length"), [("number", 64), ("text", 500), ("reason", 500), ("trader", 200)])
def test_text_that_is_too_long_in_nfc_is_refused(field: str, length: int) -> None:
    """The next service would refuse it."""
    assert _refused(**{field: "\u0958" * length}).faults[0].code == "too-long"
    assert len(getattr(_parse(**{field: "\u0958" * (length // 2)}), field)) == length


@pytest.mark.parametrize("number", ["KЕ-2026-001", "КЕ-2026-001", "KE-٠٠١"])
def test_number_that_looks_like_another_is_refused(number: str) -> None:
    refused = _refused(number=number)
    assert (refused.code, refused.faults[0].pointer) == ("look-alike-characters", "/number")
    assert _refused(numbers={"EORI": number}).code == "look-alike-characters"
    assert _parse(trader=number, text=number).trader == number


@pytest.mark.parametrize(("number", "message"), [
    ("D’Ivoire-1", "without the character ’ (U+2019 RIGHT SINGLE QUOTATION MARK). Type ' in its place."),
    ("CÔTE-Dʼ1", "without the character ʼ (U+02BC MODIFIER LETTER APOSTROPHE). Type ' in its place."),
    ("“KE-1”", 'without the character “ (U+201C LEFT DOUBLE QUOTATION MARK). Type " in its place.'),
    ("ZA•1", "without the character • (U+2022 BULLET). Leave it out, or type a character of the keyboard instead."),
    ("KЕ-2026-001", "Type it as the document prints it."),
])  # fmt: skip
def test_number_that_looks_like_another_is_refused_with_the_character_to_type(number: str, message: str) -> None:
    assert _refused(number=number).faults[0].detail.endswith(message)


def test_apostrophe_of_a_word_processor_is_kept_in_names_and_sentences() -> None:
    for field in ("trader", "place", "text", "reason"):
        assert getattr(_parse(**{field: "Côte D’Ivoire"}), field) == "Côte D’Ivoire"
    assert _parse(number="D'Ivoire-1").number == "D'Ivoire-1"


@pytest.mark.parametrize("number", ["\u00a0KE-1", "KE-1\u3000", " KE-1", "KE-1 "])
def test_number_with_blank_at_an_end_is_refused(number: str) -> None:
    assert _refused(number=number).faults[0].code == "invalid-format"


@pytest.mark.parametrize("number", ["КГ-1", "北京-12", "KE–1", "CÔTE 1"])
def test_number_in_one_script_is_kept_as_written(number: str) -> None:
    assert _parse(number=number).number == number


@pytest.mark.parametrize("field", ["text", "reason", "trader", "place"])
@pytest.mark.parametrize("blank", [" ", "  ", "\u3164", "\u2800", "\ufe0f", "\u3000\u3164", "\u115f", "\U0001d159"])
def test_text_that_shows_nothing_is_refused(field: str, blank: str) -> None:
    refused = _refused(**{field: blank})
    assert (refused.faults[0].pointer, refused.faults[0].code) == (f"/{field}", "blank")
    assert getattr(_parse(**{field: f"a{blank}b"}), field) == f"a{blank}b"


def test_trader_of_joiners_only_is_refused() -> None:
    assert _refused(trader="\u200d").faults[0].code == "blank"


@pytest.mark.parametrize("number", ["-", "/", "\\", "- /-", "–", "\u3164", "\u2800"])
def test_number_of_separators_only_is_refused(number: str) -> None:
    assert _refused(number=number).faults[0].code == "blank"
    assert _refused(numbers={"EORI": number}).faults[0].code == "blank"
    assert _parse(number=f"-{number}1").number == f"-{number}1"


@pytest.mark.parametrize("reason", ["\u3164", "\u2800 \u2800", "\u3000"])
def test_reason_that_shows_nothing_is_refused(reason: str) -> None:
    assert _refused(reason=reason).faults[0].code == "blank"


def test_stored_text_is_read_whatever_its_characters_are() -> None:
    stored = {
        "number": "KЕ\u202e\ufffe",
        "text": "\x9b",
        "reason": "\u200b",
        "trader": "e\u0301\u202e",
        "place": "\ue000",
    }
    invisible = {"number": "ZA\u2500L 1\u0332", "text": " ", "reason": " ", "trader": "\u3164", "place": "\u2800"}
    assert Message.model_validate(invisible, context=STORED_CONTEXT).model_dump(exclude_unset=True) == invisible
    assert Message.model_validate({"number": "-"}, context=STORED_CONTEXT).number == "-"
    assert Message.model_validate(stored, context=STORED_CONTEXT).model_dump(exclude_unset=True) == stored
    assert Message.model_validate_json(to_json(stored), context=STORED_CONTEXT).number == stored["number"]


def test_event_names_a_stored_number_whatever_its_characters_are() -> None:
    named = PermitReference(permit_id=UUID(int=1), issuer="ZA", number="KЕ\u202e\ufffe")
    assert named.number == "KЕ\u202e\ufffe"
