"""The closed sets of the contract: every word that a field may hold, as an enum; JSON has the value."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class ClosedSet(StrEnum):
    """A word out of a closed set. A message holds the member or its value; the model holds the member.

    A set with a `code_name` gives a word that it does not have an error of its own, `unknown_<code_name>`, which names
    the page where the set is listed.
    """

    _code_name: ClassVar[str | None]
    _listed_at: ClassVar[str]

    def __init_subclass__(cls, *, code_name: str | None = None, listed_at: str = "") -> None:
        cls._code_name, cls._listed_at = code_name, listed_at

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the check of a member or its value. Strict models take the value too: JSON has nothing else.

        The reference gives the set one name in OpenAPI and AsyncAPI, so a generated client has one type for it.
        """
        reference = f"{cls.__module__}.{cls.__qualname__}"
        schema = core_schema.enum_schema(cls, list(cls), sub_type="str", strict=False, ref=reference)
        if cls._code_name is None:
            return schema
        return core_schema.custom_error_schema(
            schema,
            custom_error_type=f"unknown_{cls._code_name}",
            custom_error_message=f"This code is not known; see {cls._listed_at}",
        )


class Role(ClosedSet):
    """A role of a party: which operations it may ever ask for."""

    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"
    PARTNER = "partner"
    ADMIN = "admin"


class ActorRole(ClosedSet):
    """The role in which something was done; `rules` is the hub itself."""

    RULES = "rules"
    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"


class Movement(ClosedSet):
    """The side of the border that a declaration is lodged on."""

    IMPORT = "import"
    EXPORT = "export"


class Side(ClosedSet):
    """A side of a permit line: what leaves by it, or what arrives by it."""

    EXPORT = "export"
    IMPORT = "import"


class DocumentUse(ClosedSet):
    """How an item uses a document that it cites."""

    EXHAUSTS = "exhausts"
    PART = "part"
    ALREADY_COUNTED = "already_counted"
    LATE = "late"


class DeclarationStatus(ClosedSet):
    """The status of a declaration."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFERRED = "referred"
    REJECTED = "rejected"
    RELEASED = "released"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PermitStatus(ClosedSet):
    """The status of a permit; `expired` follows from its dates and is never written."""

    ISSUED = "issued"
    ENDORSED = "endorsed"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    LOST = "lost"


class ApplicationStatus(ClosedSet):
    """The status of an application for a permit."""

    SUBMITTED = "submitted"
    QUERIED = "queried"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PermitKind(ClosedSet, code_name="kind", listed_at="/v1/reference/kinds"):
    """The kind of a document (Resolution Conf. 12.3 (Rev. CoP19)); `/v1/reference/kinds` names each."""

    EXPORT = "export"
    RE_EXPORT = "re_export"
    IMPORT = "import"
    INTRODUCTION_FROM_THE_SEA = "introduction_from_the_sea"
    CERTIFICATE_OF_ORIGIN = "certificate_of_origin"
    PRE_CONVENTION = "pre_convention"
    CAPTIVE_BRED = "captive_bred"
    TRAVELLING_EXHIBITION = "travelling_exhibition"
    MUSICAL_INSTRUMENT = "musical_instrument"
    PERSONAL_OWNERSHIP = "personal_ownership"
    SAMPLE_COLLECTION = "sample_collection"
    PHYTOSANITARY = "phytosanitary"
    OTHER = "other"


class Appendix(ClosedSet, code_name="appendix", listed_at="the Convention: I, II or III"):
    """An Appendix of the Convention."""

    I = "I"  # noqa: E741 - the Convention's own name
    II = "II"
    III = "III"


class Purpose(ClosedSet, code_name="purpose", listed_at="/v1/reference/purposes"):
    """The purpose of a transaction (Resolution Conf. 12.3); `/v1/reference/purposes` names each."""

    BREEDING = "B"
    EDUCATIONAL = "E"
    BOTANICAL_GARDEN = "G"
    HUNTING_TROPHY = "H"
    LAW_ENFORCEMENT = "L"
    MEDICAL = "M"
    REINTRODUCTION = "N"
    PERSONAL = "P"
    TRAVELLING_EXHIBITION = "Q"
    SCIENTIFIC = "S"
    COMMERCIAL = "T"
    ZOO = "Z"


class Source(ClosedSet, code_name="source", listed_at="/v1/reference/sources"):
    """The source of a specimen by its letter (Resolution Conf. 12.3); `/v1/reference/sources` names each."""

    A = "A"
    C = "C"
    D = "D"
    F = "F"
    I = "I"  # noqa: E741 - the Resolution's own letter
    O = "O"  # noqa: E741
    R = "R"
    U = "U"
    W = "W"
    X = "X"
    Y = "Y"


class UnderlyingSource(ClosedSet, code_name="source", listed_at="/v1/reference/sources"):
    """A source that is named beside source I or O: any but these two."""

    A = "A"
    C = "C"
    D = "D"
    F = "F"
    R = "R"
    U = "U"
    W = "W"
    X = "X"
    Y = "Y"


class Unit(ClosedSet, code_name="unit", listed_at="/v1/reference/units"):
    """A unit of quantity."""

    NUMBER = "number"
    G = "g"
    KG = "kg"
    MG = "mg"
    T = "t"
    ML = "ml"
    L = "l"
    MM = "mm"
    CM = "cm"
    M = "m"
    CM2 = "cm2"
    M2 = "m2"
    CM3 = "cm3"
    M3 = "m3"
    PAIR = "pair"


class Severity(ClosedSet):
    """How grave a finding is: block means rejected, refer means an officer decides, note is for information."""

    BLOCK = "block"
    REFER = "refer"
    NOTE = "note"


class Recommendation(ClosedSet):
    """What the person who assessed an application recommends."""

    GRANT = "grant"
    REFUSE = "refuse"


class MessageOutcome(ClosedSet):
    """What became of one outbox message at the service that received it."""

    TAKEN = "taken"
    REFUSED = "refused"


class AcknowledgementOutcome(ClosedSet):
    """A receiver's own verdict about an event."""

    ACCEPTED = "accepted"
    WITH_WARNINGS = "with_warnings"
    NOT_READABLE = "not_readable"


class WebhookFormat(ClosedSet):
    """The form in which an endpoint gets its events."""

    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"


class EndpointStatus(ClosedSet):
    """The status of a webhook endpoint; `pending` until its URL is verified."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    DELETED = "deleted"


class DeliveryStatus(ClosedSet):
    """The status of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
