"""Bodies are read strictly: each thing that JSON parsers let through elsewhere is refused here, by name and place."""

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
def test_what_is_not_json_as_it_must_be_is_malformed(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(body)
    assert refused.value.code == "malformed-json"


def test_thirty_two_levels_are_read() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)


def test_numbers_keep_every_digit() -> None:
    assert parse_json(b'{"q": 1234567890123.123456789012345}') == {"q": Decimal("1234567890123.123456789012345")}


STATED = {
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
def test_each_fault_is_named_with_its_place(item: dict[str, object], pointer: str, code: str) -> None:
    stated = {**STATED, "items": [{"number": 1, "quantity": "1", "unit": "number", **item}]}
    with pytest.raises(Invalid) as refused:
        validate(Declaration, stated)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


def test_a_list_that_is_too_short_is_told_where_nothing_in_it_is_at_fault() -> None:
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**STATED, "items": []})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items", "too-short")]


def test_a_number_that_is_there_twice_is_named_where_it_comes_again() -> None:
    one = {"number": 1, "quantity": "1", "unit": "number"}
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**STATED, "items": [one, {**one, "number": 2}, one]})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items/2/number", "item-number-twice")]


def test_a_list_with_a_faulty_member_is_not_called_too_short() -> None:
    for items, expected in (
        ([{"number": 1, "quantity": "0", "unit": "number"}], [("/items/0/quantity", "not-positive")]),
        ([], [("/items", "too-short")]),
    ):
        with pytest.raises(Invalid) as refused:
            validate(Declaration, {**STATED, "items": items})
        assert [(fault.pointer, fault.code) for fault in refused.value.faults] == expected


def test_a_quantity_is_a_string_or_a_number_on_the_way_in_and_a_string_on_the_way_out() -> None:
    for given in ("100.50", Decimal("100.500"), "1005e-1"):
        item = {"number": 1, "quantity": given, "unit": "kg"}
        read = validate(Declaration, {**STATED, "items": [item]})
        assert read.model_dump(mode="json")["items"][0]["quantity"] == "100.5"
    assert format_quantity(Decimal("1E+3")) == "1000"
    assert format_quantity(Decimal("0.000")) == "0"


def test_exact_arithmetic_raises_where_it_would_round() -> None:
    with pytest.raises(ArithmeticError):
        EXACT.divide(Decimal(1), Decimal(3))


@pytest.mark.parametrize("reason", [" ", "\t \n", "\u00a0\u2003"])
@pytest.mark.parametrize("model", [Refusal, Revocation])
def test_a_reason_of_blanks_is_none(model: type[BaseModel], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(model, {"reason": reason})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/reason", "blank")]
    assert validate(model, {"reason": " as agreed "})


@pytest.mark.parametrize(("dead", "code"), [
    (3, None), ("3", None), ("0", None), (-1, "too-small"), ("3.5", "not-a-whole-number"), ("-1", "not-a-whole-number"),
    ("9" * 10, "too-large"), (True, "not-a-whole-number"), ("", "not-a-whole-number"),
])  # fmt: skip
def test_how_many_were_dead_is_a_number_or_a_string_as_other_quantities_are(dead: object, code: str | None) -> None:
    body = {"items": [{"number": 1, "quantity": "5", "dead_on_arrival": dead}]}
    if code is None:
        assert validate(Release, body).items[0].dead_on_arrival == int(str(dead))
        return
    with pytest.raises(Invalid) as refused:
        validate(Release, body)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/items/0/dead_on_arrival", code)]


@pytest.mark.parametrize(("model", "body", "told"), [
    (Release, {"items": "all"}, {"/items": "Expected a list."}),
    (Release, {"items": [7]}, {"/items/0": "Expected an object."}),
    (Release, [], {"": "Expected an object."}),
    (Refusal, {"reason": 7}, {"/reason": "Expected a text, in quotes."}),
    (Correction, {"items": [], "reason": "recount"}, {"/items": "Expected a list of at least 1 item."}),
    (Release, {"items": [{"number": n} for n in range(1, 502)]}, {"/items": "Expected a list of at most 500 items."}),
    (Consent, {"quantity": "1"}, {"/item": "This is required and is missing."}),
])  # fmt: skip
def test_what_is_wrong_is_told_in_the_words_of_json(model: type[BaseModel], body: object, told: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        validate(model, body)
    assert {fault.pointer: fault.detail for fault in refused.value.faults} == told


@pytest.mark.parametrize("code", ["QQ", "zz", "FRA", "", "F\x00"])
def test_what_is_no_country_is_told_so_however_it_is_written(code: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(Declaration, {**STATED, "export_country": code})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/export_country", "unknown-country")]
