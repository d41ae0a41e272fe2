"""Parts of several views: amounts, history, and the content that a party submitted."""

from collections.abc import Set
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, StringConstraints

from shared.contracts import fields
from shared.contracts.fields import STORED_CONTEXT, Id, Timestamp, WireModel

LEFT_OUT = Field(exclude_if=lambda value: value is None)
"""Marks a field of a view that the JSON leaves out when it has no value. A field without this mark is null then."""
Content = TypeVar("Content", bound=WireModel)

Amount = Annotated[
    str,
    StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$"),
    Field(description="A decimal in a string, without exponent or trailing zeros", examples=["118", "0.25"]),
]
CountryCode = Annotated[fields.CountryCode, Field(description="Country, ISO 3166-1 alpha-2")]


class HistoryActor(WireModel):
    """The actor: a party in a role, or the hub's own rules; under a mandate, also the trader."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    party: Annotated[Id | None, Field(description="Party id of the actor; null if the hub acted")]
    role: Annotated[str, Field(description="Role of the actor: trader, customs, authority, or rules for the hub")]
    for_: Annotated[
        Id | None, LEFT_OUT, Field(alias="for", description="Party id of the trader for whom an agent acted")
    ] = None


class HistoryEntry(WireModel):
    """One row of history: from which status to which, when, by whom, and why."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[str | None, Field(alias="from", description="Status before; null in the first entry")]
    to: Annotated[str, Field(description="Status after")]
    at: Annotated[Timestamp, Field(description="When, RFC 3339 in UTC")]
    by: HistoryActor
    reason: Annotated[str | None, Field(description="The actor's reason")]
    event: Annotated[
        str | None, LEFT_OUT, Field(description="Type of the event that announced it, if there was one")
    ] = None
    sequence: Annotated[int | None, LEFT_OUT, Field(description="Sequence of that event for its subject")] = None


class Fault(WireModel):
    """One place of a body that is at fault."""

    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901)")]
    code: Annotated[str, Field(description="Stable code of the fault")]
    detail: Annotated[str, Field(description="The fault in words")]


def render_json(view: WireModel) -> str:
    """Return a view as JSON. The content in it has exactly the fields that the sender submitted.

    `exclude_if` on the fields of the content adds a tenth to the cost of each read and write, so it is not used.
    """
    return view.model_dump_json(exclude_unset=True)


def submitted_fields(content: WireModel, *, without: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the submitted fields of a stored content, without a second validation."""
    return {name: getattr(content, name) for name in content.model_fields_set - without}


def as_stored(content: Content) -> Content:
    """Return a content as the store returns it: with its defaults, and without the nulls of its sender."""
    return type(content).model_validate_json(content.model_dump_json(exclude_none=True), context=STORED_CONTEXT)
