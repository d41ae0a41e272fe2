"""The data of events about a quota."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import PermitStatus, Unit
from shared.contracts.events.parts import DecimalText, EventData
from shared.contracts.fields import Country, Day, Id, ShortText

Codes = Annotated[tuple[str, ...], Field(strict=False, description="Codes it is limited to; empty means all")]


class QuotaEventData(EventData):
    """Which quota, what is taken of it, and which permit brought it there."""

    quota_id: Id
    country: Country
    taxon: str
    terms: Codes
    sources: Codes
    purposes: Codes
    unit: Unit
    amount: Annotated[DecimalText, Field(description="All there is for the span of time")]
    taken: Annotated[DecimalText, Field(description="What permits of that span grant, this one included")]
    left: DecimalText
    share: Annotated[int, Field(ge=0, description="Taken of the amount, in per cent")]
    starts: Day
    ends: Day
    permit_id: Id
    issuer: Country
    number: ShortText
    status: Annotated[PermitStatus, Field(description="Where that permit stands")]


class QuotaNear(QuotaEventData):
    """Four fifths are taken."""


class QuotaReached(QuotaEventData):
    """Nothing is left."""
