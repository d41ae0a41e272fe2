"""The fast path of parsing has the same result as the strict path, for valid and invalid bodies."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.gateway.formats import declaration_json as as_json
from services.gateway.formats.declaration_json import count_names
from shared import strict_json
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid
from shared.strict_json import parse_json, validate
from tests.gateway.conftest import declaration

LODGER = Party(id=new_id(), name="B SARL", country="FR", roles=(Role.TRADER,), identifiers={})
VALUES = (
    "NaN", "-Infinity", "1e400", "1E2", "1.0", "-0", "0", "1", "1_0", "01", "118.50", "0.25", "12345678901234567.8",
    "1234567890123456.123456789", "9" * 39, "9" * 5000, "true", "null", "{}", "[]", "[[]]", '""', '"\\ud800"',
    '"\\ud83d\\ude00"', '"\\u0000"', '"a\\u003ab"', '"\\":"', '"a: b"', '"a\\": 1"', '"é"', '"１"', '"1e2"', '"+1"',
    '"1 "', '" 1"', '"1\\n"', '"0.10"', '"9999999999999999"', '"0"', '"-1"', '"1."', '".5"', '"fr"', '"FR"', '"XX"',
    '"SKI"', '"XXX"', '"W"', '"I"', '"01a200e4-a932-723d-849a-2dcd407eac9e"', '{"a":' * 40 + "1" + "}" * 40,
)  # fmt: skip
COLONS = (":", ": ", " :", " : ", "\t:", "\n:", "\r\n:", "\f:", "::")
PIECES = (
    b"", b" ", b"\n", b":", b'"', b'":', b",", b"{", b"}", b"[", b"]", b"\\", b"\x00", b"\x1f", b"\xff", b"\xc3",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800", b"\\u0022", b"0", b"1", b"e5", b".5", b"NaN", b"/**/",
    b'"number":1,', b'"number" :1,', b'"reference" : "R-1",', b'"colour":1,', b"\xe2\x80\xa8",
)  # fmt: skip


@dataclass
class Written:
    """An object before it is written: raw names and values, in any number and order."""

    members: list[tuple[str, Any]] = field(default_factory=list)


def _to_written(value: Any) -> Any:
    if isinstance(value, dict):
        return Written([(json.dumps(name), _to_written(inner)) for name, inner in value.items()])
    return [_to_written(inner) for inner in value] if isinstance(value, list) else json.dumps(value)


def _objects(value: Any) -> list[Written]:
    inner = value if isinstance(value, list) else [v for _, v in value.members] if isinstance(value, Written) else []
    return ([value] if isinstance(value, Written) else []) + [found for one in inner for found in _objects(one)]


def _write_with_escape(name: str) -> str:
    """Write a name with its second character as an escape."""
    return f'"{name[1]}\\u{ord(name[2]):04x}{name[3:]}' if len(name) > 3 and "\\" not in name else name


def _write(value: Any, colon: str) -> str:
    if isinstance(value, Written):
        return "{" + ",".join(f"{name}{colon}{_write(inner, colon)}" for name, inner in value.members) + "}"
    return "[" + ",".join(_write(one, colon) for one in value) + "]" if isinstance(value, list) else str(value)


def _valid_declaration() -> dict[str, Any]:
    made = declaration("R-1", customs_office="FR1: north", trader=None)
    return made | {"items": [*made["items"], {"number": 2, "quantity": 3, "unit": "kg"}]}


def _change(draw: st.DrawFn, whole: Written) -> None:
    objects = _objects(whole)
    one = objects[draw(st.integers(0, len(objects) - 1))]
    place = draw(st.integers(0, max(len(one.members) - 1, 0)))
    if not one.members:
        return
    name, value = one.members[place]
    match draw(st.sampled_from(["value", "again", "spelt again", "spelt", "unknown", "left out"])):
        case "value":
            one.members[place] = (name, draw(st.sampled_from(VALUES)))
        case "again":
            one.members.insert(draw(st.integers(0, len(one.members))), (name, value))
        case "spelt again":
            one.members.append((_write_with_escape(name), value))
        case "spelt":
            one.members[place] = (_write_with_escape(name), value)
        case "unknown":
            one.members.append(('"colour"', draw(st.sampled_from(VALUES))))
        case "left out":
            one.members.pop(place)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Write a declaration with some faults, or none."""
    whole = _to_written(_valid_declaration())
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, whole)
    body = _write(whole, draw(st.sampled_from(COLONS))).encode()
    for _ in range(draw(st.integers(0, 2))):
        at, over = draw(st.integers(0, len(body))), draw(st.integers(0, 2))
        body = body[:at] + draw(st.sampled_from(PIECES)) + body[at + over :]
    return body


def _result_of(read: Any) -> Any:
    try:
        found = read()
    except Invalid as error:
        return error.code, error.faults
    return count_names(found), found.model_dump(), found.model_dump_json(exclude_none=True)


def _parse_strictly(body: bytes) -> Declaration:
    return validate(Declaration, parse_json(body))


VALID_BODY = json.dumps(_valid_declaration()).encode()


@given(bodies())
@example(VALID_BODY)
@example(b"\xef\xbb\xbf" + VALID_BODY)
@example(VALID_BODY[:-1] + b',"reference":"R-1"}')
@example(VALID_BODY[:-1] + b',"reference" :"R-1"}')
@example(VALID_BODY.replace(b'"FR1: north"', b'"FR1"')[:-1] + b',"reference"\n\t:"R-1"}')
@example(VALID_BODY[:-1] + b',"r\\u0065ference":"R-2"}')
@example(VALID_BODY.replace(b'"quantity": 3', b'"quantity": 12345678901234567.123'))
@example(VALID_BODY.replace(b'"quantity": 3', b'"quantity": 1e400'))
@example(VALID_BODY.replace(b'"number": 2', b'"number": 2.0'))
@example(b"[" * 100_000)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fast_path_has_the_result_of_the_strict_path(body: bytes) -> None:
    assert _result_of(lambda: as_json.parse(body, LODGER)[0]) == _result_of(lambda: _parse_strictly(body))


@pytest.mark.parametrize(
    "changes", [{}, {"customs_office": "FR1: north"}, {"transport_document": "Nº 7"}, {"trader": str(new_id())}]
)
def test_usual_declaration_is_parsed_in_one_pass(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    def refuse_second_parse(body: bytes) -> Any:
        raise AssertionError(f"read again: {body!r}")

    monkeypatch.setattr(strict_json, "parse_json", refuse_second_parse)
    made = declaration("B-1", **changes)
    for body in (json.dumps(made), json.dumps(made, separators=(",", ":"))):
        assert as_json.parse(body.encode(), LODGER)[0].reference == "B-1"


def test_field_names_are_counted_in_nested_values() -> None:
    """A low count costs only time, for a second parse. A high count would hide a duplicate name."""
    for made in (declaration(), _valid_declaration()):
        read = _parse_strictly(json.dumps(made).encode())
        assert count_names(read) == json.dumps(made).count('":')
