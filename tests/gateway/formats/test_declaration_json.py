"""Reading a body in one pass comes to the same as reading it strictly, whatever is wrong with it."""

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
    """An object as it will be written: names and values raw, as many and in whichever order."""

    members: list[tuple[str, Any]] = field(default_factory=list)


def _raw(value: Any) -> Any:
    if isinstance(value, dict):
        return Written([(json.dumps(name), _raw(inner)) for name, inner in value.items()])
    return [_raw(inner) for inner in value] if isinstance(value, list) else json.dumps(value)


def _objects(value: Any) -> list[Written]:
    inner = value if isinstance(value, list) else [v for _, v in value.members] if isinstance(value, Written) else []
    return ([value] if isinstance(value, Written) else []) + [found for one in inner for found in _objects(one)]


def _spelt(name: str) -> str:
    """Spell a name otherwise: its second letter as an escape."""
    return f'"{name[1]}\\u{ord(name[2]):04x}{name[3:]}' if len(name) > 3 and "\\" not in name else name


def _write(value: Any, colon: str) -> str:
    if isinstance(value, Written):
        return "{" + ",".join(f"{name}{colon}{_write(inner, colon)}" for name, inner in value.members) + "}"
    return "[" + ",".join(_write(one, colon) for one in value) + "]" if isinstance(value, list) else str(value)


def _good() -> dict[str, Any]:
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
            one.members.append((_spelt(name), value))
        case "spelt":
            one.members[place] = (_spelt(name), value)
        case "unknown":
            one.members.append(('"colour"', draw(st.sampled_from(VALUES))))
        case "left out":
            one.members.pop(place)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Write a declaration with some things wrong with it, or none."""
    whole = _raw(_good())
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, whole)
    body = _write(whole, draw(st.sampled_from(COLONS))).encode()
    for _ in range(draw(st.integers(0, 2))):
        at, over = draw(st.integers(0, len(body))), draw(st.integers(0, 2))
        body = body[:at] + draw(st.sampled_from(PIECES)) + body[at + over :]
    return body


def _came_of(read: Any) -> Any:
    try:
        found = read()
    except Invalid as error:
        return error.code, error.faults
    return count_names(found), found.model_dump(), found.model_dump_json(exclude_none=True)


def _strictly(body: bytes) -> Declaration:
    return validate(Declaration, parse_json(body))


PLAIN = json.dumps(_good()).encode()


@given(bodies())
@example(PLAIN)
@example(b"\xef\xbb\xbf" + PLAIN)
@example(PLAIN[:-1] + b',"reference":"R-1"}')
@example(PLAIN[:-1] + b',"reference" :"R-1"}')
@example(PLAIN.replace(b'"FR1: north"', b'"FR1"')[:-1] + b',"reference"\n\t:"R-1"}')
@example(PLAIN[:-1] + b',"r\\u0065ference":"R-2"}')
@example(PLAIN.replace(b'"quantity": 3', b'"quantity": 12345678901234567.123'))
@example(PLAIN.replace(b'"quantity": 3', b'"quantity": 1e400'))
@example(PLAIN.replace(b'"number": 2', b'"number": 2.0'))
@example(b"[" * 100_000)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_pass_comes_to_the_same(body: bytes) -> None:
    assert _came_of(lambda: as_json.parse(body, LODGER)[0]) == _came_of(lambda: _strictly(body))


@pytest.mark.parametrize(
    "changes", [{}, {"customs_office": "FR1: north"}, {"transport_document": "Nº 7"}, {"trader": str(new_id())}]
)
def test_what_is_usual_is_read_in_one_pass(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    def never(body: bytes) -> Any:
        raise AssertionError(f"read again: {body!r}")

    monkeypatch.setattr(strict_json, "parse_json", never)
    made = declaration("B-1", **changes)
    for body in (json.dumps(made), json.dumps(made, separators=(",", ":"))):
        assert as_json.parse(body.encode(), LODGER)[0].reference == "B-1"


def test_names_are_counted_in_all_that_is_nested() -> None:
    """One left out costs time only, for then everything is read again; one too many would hide one that is twice."""
    for made in (declaration(), _good()):
        read = _strictly(json.dumps(made).encode())
        assert count_names(read) == json.dumps(made).count('":')
