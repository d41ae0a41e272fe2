"""The hub parses bodies strictly: it refuses JSON that many parsers accept, and names each fault with its place."""

from decimal import Decimal

import pytest
from pydantic import BaseModel

from shared.contracts.declaration import Consent, Correction, Declaration, Refusal, Release
from shared.contracts.permit import Revocation
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Invalid
from shared.strict_json import parse_json, validate


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b"\xff\xfe",
     b'{"a": "\x00"}', b'{"a": "\\ud800"}', b"[" * 33 + b"]" * 33, b"[" * 100_000, b'{"a":' * 33 + b"1" + b"}" * 33,
     b"{'a': 1}", b'{"a": 01}', b'{"a": 1,}', b"[1] [2]"],
)  # fmt: skip
def test_body_that_is_not_strict_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(body)
    assert refused.value.code == "malformed-json"


@pytest.mark.parametrize(("body", "detail"), [
    (b"", "The body is empty. Send a JSON object."),
    (b" \n", "The body is empty. Send a JSON object."),
    (b'{"a": 1, "a": 2}', 'An object of the body has the name "a" twice, at line 1 column 14. Send each name once.'),
    (b'{"%s": 1, "%s": 2}' % (b"s" * 50, b"s" * 50), "An object of the body has the name twice, at line 1 column 112. "
     "Send each name once."),
    (b'{"a": ', "The body is not valid JSON: the body ends within a value at line 1 column 6. Correct it and send it "
     "again."),
    (b'\xef\xbb\xbf{"a": 1}', "The body begins with a byte order mark (EF BB BF). Send UTF-8 without a byte order mark "
     "(RFC 8259, 8.1)."),
    ('{"a": 1}'.encode("utf-16"), "The body begins with the byte order mark of UTF-16 or UTF-32. Send UTF-8 without a "
     "byte order mark."),
])  # fmt: skip
def test_malformed_body_has_a_detail_in_the_words_of_the_hub(body: bytes, detail: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(body)
    assert refused.value.detail == detail


class Identified(BaseModel):
    model_config = {"extra": "forbid"}

    identifiers: dict[str, int] = {}


@pytest.mark.parametrize("body", [
    {f"{n}" + "x" * 100_000: 1 for n in range(9)}, {"identifiers": {f"{n}" + "x" * 100_000: "a" for n in range(9)}},
])  # fmt: skip
def test_pointer_to_a_long_name_is_cut(body: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        validate(Identified, body)
    assert len(refused.value.faults) == 9
    assert all(fault.pointer.endswith("xxx…") and len(fault.pointer) < 90 for fault in refused.value.faults)


def test_body_of_32_levels_is_parsed() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)


def test_numbers_in_body_keep_all_digits() -> None:
    assert parse_json(b'{"q": 1234567890123.123456789012345}') == {"q": Decimal("1234567890123.123456789012345")}


DECLARATION = {
    "reference": "B-1",
    "movement": "import",
    "exporter": {"name": "A", "country": "ZA"},
    "importer": {"name": "B", "country": "FR", "identifier": "FR1"},
    "export_country": "ZA",
    "import_country": "FR",
    "items": [{"number": 1, "quantity": "1", "unit": "number"}],
}


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        ({"quantity": Decimal("1E+400")}, "/items/0/quantity", "too-many-digits"),
        ({"quantity": Decimal("1E-400")}, "/items/0/quantity", "too-many-digits"),
        ({"quantity": "1e400"}, "/items/0/quantity", "too-many-digits"),
        ({"quantity": "9" * 39}, "/items/0/quantity", "too-many-digits"),
        ({"quantity": 10**40}, "/items/0/quantity", "too-many-digits"),
        ({"quantity": -1}, "/items/0/quantity", "not-positive"),
        ({"quantity": "0"}, "/items/0/quantity", "not-positive"),
        ({"quantity": True}, "/items/0/quantity", "not-a-quantity"),
        ({"quantity": "1_000"}, "/items/0/quantity", "not-a-quantity"),
        ({"quantity": " 1"}, "/items/0/quantity", "not-a-quantity"),
        ({"quantity": "NaN"}, "/items/0/quantity", "not-a-quantity"),
        ({"quantity": "١"}, "/items/0/quantity", "not-a-quantity"),
        ({"quantity": None}, "/items/0/quantity", "not-a-quantity"),
        ({"number": "1"}, "/items/0/number", "not-a-whole-number"),
        ({"number": Decimal("1")}, "/items/0/number", "not-a-whole-number"),
        ({"term": "SK"}, "/items/0/term", "unknown-term"),
        ({"unit": "sack"}, "/items/0/unit", "unknown-unit"),
        ({"taxon": "x\x00"}, "/items/0/taxon", "invalid-format"),
        ({"source": "W", "underlying_source": "C"}, "/items/0", "underlying-source-alone"),
        ({"colour": "red"}, "/items/0/colour", "unknown-field"),
    ],
)
def test_fault_of_item_has_pointer_and_code(item: dict[str, object], pointer: str, code: str) -> None:
    declaration = {**DECLARATION, "items": [{"number": 1, "quantity": "1", "unit": "number", **item}]}
    with pytest.raises(Invalid) as refused:
        validate(Declaration, declaration)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


def test_list_that_is_empty_is_too_short() -> None:
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**DECLARATION, "items": []})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items", "too-short")]


def test_item_number_that_occurs_twice_is_a_fault_at_its_second_place() -> None:
    one = {"number": 1, "quantity": "1", "unit": "number"}
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**DECLARATION, "items": [one, {**one, "number": 2}, one]})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items/2/number", "item-number-twice")]


def test_list_whose_only_item_is_at_fault_is_not_too_short() -> None:
    for items, expected in (
        ([{"number": 1, "quantity": "0", "unit": "number"}], [("/items/0/quantity", "not-positive")]),
        ([], [("/items", "too-short")]),
    ):
        with pytest.raises(Invalid) as refused:
            validate(Declaration, {**DECLARATION, "items": items})
        assert [(fault.pointer, fault.code) for fault in refused.value.faults] == expected


def test_quantity_as_string_or_number_is_rendered_as_string() -> None:
    for given in ("100.50", Decimal("100.500"), "1005e-1"):
        item = {"number": 1, "quantity": given, "unit": "kg"}
        read = validate(Declaration, {**DECLARATION, "items": [item]})
        assert read.model_dump(mode="json")["items"][0]["quantity"] == "100.5"
    assert format_quantity(Decimal("1E+3")) == "1000"
    assert format_quantity(Decimal("0.000")) == "0"


def test_exact_arithmetic_that_would_round_raises() -> None:
    with pytest.raises(ArithmeticError):
        EXACT.divide(Decimal(1), Decimal(3))


@pytest.mark.parametrize("reason", [" ", "\t \n", "\u00a0\u2003"])
@pytest.mark.parametrize("model", [Refusal, Revocation])
def test_reason_of_blanks_only_is_refused(model: type[BaseModel], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(model, {"reason": reason})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/reason", "blank")]
    assert validate(model, {"reason": " as agreed "})


@pytest.mark.parametrize(("dead", "code"), [
    (3, None), ("3", None), ("0", None), (-1, "too-small"), ("3.5", "not-a-whole-number"), ("-1", "not-a-whole-number"),
    ("9" * 10, "too-large"), (True, "not-a-whole-number"), ("", "not-a-whole-number"),
])  # fmt: skip
def test_number_dead_on_arrival_is_a_whole_number_or_its_string(dead: object, code: str | None) -> None:
    body = {"items": [{"number": 1, "quantity": "5", "dead_on_arrival": dead}]}
    if code is None:
        assert validate(Release, body).items[0].dead_on_arrival == int(str(dead))
        return
    with pytest.raises(Invalid) as refused:
        validate(Release, body)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items/0/dead_on_arrival", code)]


@pytest.mark.parametrize(("model", "body", "details"), [
    (Release, {"items": "all"}, {"/items": "Expected a list. Found: a text."}),
    (Release, {"items": [7]}, {"/items/0": "Expected an object. Found: a number."}),
    (Release, [], {"": "Expected an object. Found: a list."}),
    (Refusal, {"reason": 7}, {"/reason": "Expected a text, in quotes. Found: a number."}),
    (Correction, {"items": [], "reason": "recount"}, {"/items": "Expected a list of at least 1 item."}),
    (Release, {"items": [{"number": n} for n in range(1, 502)]}, {"/items": "Expected a list of at most 500 items."}),
    (Consent, {"quantity": "1"}, {"/item": "This is required and is missing."}),
])  # fmt: skip
def test_detail_of_fault_uses_the_words_of_json(model: type[BaseModel], body: object, details: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        validate(model, body)
    assert {fault.pointer: fault.detail for fault in refused.value.faults} == details


@pytest.mark.parametrize("code", ["QQ", "zz", "FRA", "", "F\x00"])
def test_country_code_that_is_unknown_is_a_fault(code: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**DECLARATION, "export_country": code})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/export_country", "unknown-country")]
