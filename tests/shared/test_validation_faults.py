"""Each fault that pydantic reports has a code and a sentence of the hub."""

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError
from pydantic_core import PydanticKnownError
from pydantic_core._pydantic_core import list_all_errors

from shared.contracts.faults import FAULT_CODES
from shared.contracts.fields import Country, Day, HsCode, LineLetter
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.strict_json import list_faults
from shared.validation_faults import CODES_BY_TYPE, validation_code, validation_message

PYDANTIC_ERRORS = {str(error["type"]): error for error in list_all_errors()}


class Colour(Enum):
    RED = "red"


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = 0


class Strict(BaseModel):
    number: Annotated[int, Field(strict=True)]


def _error(kind: str) -> dict[str, Any]:
    """Return the error that pydantic reports for its example of this kind."""
    context = dict(PYDANTIC_ERRORS[kind].get("example_context") or {})
    message = PydanticKnownError(kind, context or None).message()  # type: ignore[arg-type]
    return {"type": kind, "loc": (), "msg": message, "ctx": context}


@pytest.mark.parametrize("kind", sorted(PYDANTIC_ERRORS.keys() - {"value_error", "assertion_error"}))
def test_validation_code_of_every_pydantic_error_is_in_a_catalogue(kind: str) -> None:
    error = _error(kind)
    code, message = validation_code(error), validation_message(error)
    assert code in FAULT_CODES or code in PROBLEM_CODES
    assert code != kind.replace("_", "-") or kind in {"too_long", "too_short"}  # the hub uses these names too
    assert message and message != error["msg"]
    assert not any(word in message for word in ("Input", "tuple", "dictionary", "instance", "should be"))


def test_validation_code_names_only_errors_that_pydantic_has() -> None:
    assert CODES_BY_TYPE.keys() <= PYDANTIC_ERRORS.keys()


@pytest.mark.parametrize(
    ("contract", "value", "code", "detail"),
    [
        (tuple[int, ...], "x", "not-a-list", "Expected a list. Found: a text."),
        (Literal["a", "b"], "c", "not-in-list", "Expected one of 'a' or 'b'. Found: c."),
        (Colour, "blue", "not-in-list", "Expected one of 'red'. Found: blue."),
        (Model, [], "not-an-object", "Expected an object. Found: a list."),
        (Model, None, "not-an-object", "Expected an object. Found: null."),
        (Strict, {"number": "1"}, "not-a-whole-number", 'Expected a whole number, without quotes. Found: "1".'),
        (int, "x", "not-a-whole-number", "Expected a whole number. Found: x."),
        (Model, {"colour": 1}, "unknown-field", "The contract has no such field"),
        (Annotated[str, Field(min_length=1)], "", "too-short", "Expected a text that is not empty."),
        (Annotated[str, Field(min_length=3)], "ab", "too-short", "Expected a text of at least 3 characters."),
        (
            Annotated[str, Field(pattern="^[0-9]{2}$")],
            "ab",
            "invalid-format",
            "Expected a text that matches ^[0-9]{2}$.",
        ),
        (
            Annotated[str, Field(pattern="^[0-9]{4,10}$")],
            "ab",
            "invalid-format",
            "Expected an HS code of four to ten digits, such as 410320. Found: ab.",
        ),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "too-long", "Expected a list of at most 1 item."),
        (Annotated[list[int], Field(min_length=2)], [1], "too-short", "Expected a list of at least 2 items."),
        (Annotated[int, Field(gt=4)], 4, "too-small", "Expected a number above 4. Found: 4."),
        (frozenset[str], 5, "not-a-list", "Expected a list."),
        (bytes, 5, "not-a-text", "Expected a text, in quotes. Found: a number."),
        (HsCode, "41", "invalid-format", "Expected an HS code of four to ten digits, such as 410320. Found: 41."),
        (
            LineLetter,
            "a1",
            "invalid-format",
            "Expected a line: one to four capital letters or digits, such as A. Found: a1.",
        ),
    ],
)
def test_fault_of_pydantic_error_uses_the_words_of_the_hub(contract: Any, value: Any, code: str, detail: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(contract).validate_python(value)
    (fault,) = list_faults(caught.value)
    assert fault.code == code
    assert fault.detail.startswith(detail)


class Credential(BaseModel):
    """Fields of each kind, some with a secret in them."""

    day: Day | None = None
    country: Country | None = None
    limit: Annotated[int, Field(le=200)] = 1
    key: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "AA"
    name: Annotated[str, Field(max_length=5)] = ""
    url: HttpUrl | None = None


def test_validation_message_shows_codes_and_numbers_but_no_free_text() -> None:
    shown = {"day": "1.3.2026", "country": "UK", "limit": 900}
    hidden = {"key": "s3cret", "name": "s3cret-name", "url": "s3cret://user:pass"}
    with pytest.raises(ValidationError) as caught:
        Credential.model_validate(shown | hidden)
    details = {fault.pointer: fault.detail for fault in list_faults(caught.value)}
    assert len(details) == 6
    for name, value in shown.items():
        assert f" Found: {value}." in details[f"/{name}"], details
    assert details["/country"].endswith(" Did you mean GB (Britain (UK))?")
    assert not any("s3cret" in detail or "pass" in detail for detail in details.values())
    with pytest.raises(ValidationError) as long:
        Credential.model_validate({"country": "U" * 41, "limit": [1], "day": "1\n2"})
    assert not any("Found" in fault.detail for fault in list_faults(long.value))
