"""What views are made of: amounts, who did what when, and the content that somebody submitted."""

from collections.abc import Set
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, StringConstraints

from shared.contracts import fields
from shared.contracts.fields import STORED_CONTEXT, Id, Timestamp, WireModel

LEFT_OUT = Field(exclude_if=lambda value: value is None)
"""Marks a field of a view that is left out where it has no value. A field without this mark is null then."""
Content = TypeVar("Content", bound=WireModel)

Amount = Annotated[
    str,
    StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$"),
    Field(description="A decimal without exponent or trailing zeros", examples=["118", "0.25"]),
]
CountryCode = Annotated[fields.CountryCode, Field(description="ISO 3166-1 alpha-2")]


class HistoryActor(WireModel):
    """Who did it: a party in a role, or the hub's own rules; under a mandate, for whom."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    party: Id | None
    role: str
    for_: Annotated[Id | None, LEFT_OUT, Field(alias="for", description="The trader in whose name an agent acted")] = (
        None
    )


class HistoryEntry(WireModel):
    """One row of history: from which state to which, when, by whom, why."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[str | None, Field(alias="from")]
    to: str
    at: Timestamp
    by: HistoryActor
    reason: str | None
    event: Annotated[str | None, LEFT_OUT, Field(description="The type of event that told it, if one did")] = None
    sequence: Annotated[int | None, LEFT_OUT, Field(description="Its number among the turns of this thing")] = None


class Fault(WireModel):
    """A place of a body at fault."""

    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901)")]
    code: str
    detail: str


def render_json(view: WireModel) -> str:
    """Return a view as JSON. The content in it has the fields that were submitted, and no others.

    `exclude_if` on the fields of the content costs a tenth of reading and writing a declaration, so it is not used.
    """
    return view.model_dump_json(exclude_unset=True)


def submitted_fields(content: WireModel, *, without: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the fields of a stored content for the view that shows them, as they are: nothing is validated again."""
    return {name: getattr(content, name) for name in content.model_fields_set - without}


def as_stored(content: Content) -> Content:
    """Return a content as it is read after it was stored: with its defaults, and without the nulls of its sender."""
    return type(content).model_validate_json(content.model_dump_json(exclude_none=True), context=STORED_CONTEXT)
