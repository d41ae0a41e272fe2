"""The data of events about a quota."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import PermitStatus, Unit
from shared.contracts.events.parts import DecimalText, EventData, NameString, ShortString
from shared.contracts.fields import Country, Day, Id, StoredNumber

Codes = Annotated[
    tuple[ShortString, ...],
    Field(max_length=200, strict=False, description="Codes to which the quota is limited; empty: all"),
]


class QuotaEventData(EventData):
    """The quota, its usage, and the permit that caused the event."""

    quota_id: Annotated[Id, Field(description="Quota id")]
    country: Annotated[Country, Field(description="Country of export, ISO 3166-1 alpha-2")]
    taxon: Annotated[NameString, Field(description="Scientific name")]
    terms: Codes
    sources: Codes
    purposes: Codes
    unit: Annotated[Unit, Field(description="Unit of all quantities of the quota")]
    amount: Annotated[DecimalText, Field(description="Quantity of the quota for the period")]
    taken: Annotated[DecimalText, Field(description="Quantity that permits of the period grant, this permit included")]
    left: Annotated[DecimalText, Field(description="Quantity left")]
    share: Annotated[int, Field(ge=0, description="`taken` of `amount`, in percent")]
    starts: Annotated[Day, Field(description="First day of the period")]
    ends: Annotated[Day, Field(description="Last day of the period")]
    permit_id: Annotated[Id, Field(description="Id of the permit that caused the event")]
    issuer: Annotated[Country, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[StoredNumber, Field(description="Box 1: permit number")]
    status: Annotated[PermitStatus, Field(description="Status of that permit")]


class QuotaNear(QuotaEventData):
    """The data name the permit that caused it."""


class QuotaReached(QuotaEventData):
    """The data name the permit that caused it."""
