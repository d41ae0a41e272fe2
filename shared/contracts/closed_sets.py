"""The closed sets of the contract: enums of every value that a field may have. JSON has the value."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class ClosedSet(StrEnum):
    """A value of a closed set. A message has the member or its value; the model has the member.

    A set with a `code_name` has an error code of its own for an unknown value: `unknown_<code_name>`. The error names
    the page that lists the set.
    """

    _code_name: ClassVar[str | None]
    _error_message: ClassVar[str]

    def __init_subclass__(cls, *, code_name: str | None = None, listed_at: str = "") -> None:
        cls._code_name = code_name
        cls._error_message = f"Expected one of the {code_name} codes: {listed_at}."

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the check of a member or its value. Strict models accept the value too: JSON has nothing else.

        The reference gives the set one name in OpenAPI and AsyncAPI, so a generated client has one type for it.
        """
        reference = f"{cls.__module__}.{cls.__qualname__}"
        schema = core_schema.enum_schema(cls, list(cls), sub_type="str", strict=False, ref=reference)
        if cls._code_name is None:
            return schema
        return core_schema.custom_error_schema(
            schema,
            custom_error_type=f"unknown_{cls._code_name}",
            custom_error_message=cls._error_message,
        )


class Role(ClosedSet):
    """A role of a party. It decides which operations the party may call."""

    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"
    PARTNER = "partner"
    ADMIN = "admin"


class ActorRole(ClosedSet):
    """The role in which an actor acted. `rules` is the hub itself."""

    RULES = "rules"
    TRADER = "trader"
    CUSTOMS = "customs"
    AUTHORITY = "authority"


class DeclarationPart(ClosedSet):
    """A part of a declaration that a list adds to each summary on request. The whole declaration always has it."""

    FINDINGS = "findings"
    HISTORY = "history"
    ITEMS = "items"
    USAGE = "usage"


class Movement(ClosedSet):
    """The movement of the goods in the country whose customs decides the declaration.

    `transit`: the goods pass through a third country under customs control (Article VII.1). No permit line is used.
    """

    IMPORT = "import"
    EXPORT = "export"
    TRANSIT = "transit"


class Side(ClosedSet):
    """A side of a permit line: `export` counts what leaves, `import` counts what arrives."""

    EXPORT = "export"
    IMPORT = "import"


class DocumentUse(ClosedSet):
    """How an item uses a document that it cites.

    `exhausts`: the permit line serves no further shipment. `part`: the rest of the line stays open. `already_counted`:
    another declaration counted the quantity. `late`: the goods moved while the document was valid, and the trader
    reports it later.
    """

    EXHAUSTS = "exhausts"
    PART = "part"
    ALREADY_COUNTED = "already_counted"
    LATE = "late"


class DeclarationStatus(ClosedSet):
    """The status of a declaration.

    `received`: the check follows. `accepted`: the quantities are reserved. `referred`: an officer decides. `rejected`:
    findings block it. `released`, `refused`: customs decided. `cancelled`: the trader withdrew it.
    """

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFERRED = "referred"
    REJECTED = "rejected"
    RELEASED = "released"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PermitStatus(ClosedSet):
    """The status of a permit.

    `issued`: not yet endorsed. `endorsed`: customs stated what left. `exhausted`: all lines are closed. `expired`: the
    last day is over; it follows from the dates. `revoked`, `replaced`, `lost`: no declaration may use it.
    """

    ISSUED = "issued"
    ENDORSED = "endorsed"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    LOST = "lost"


class ApplicationStatus(ClosedSet):
    """The status of an application for a permit.

    `submitted`: the authority decides. `queried`: the applicant replies. `granted`, `refused`: the authority decided.
    `withdrawn`: the applicant withdrew it.
    """

    SUBMITTED = "submitted"
    QUERIED = "queried"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PermitKind(ClosedSet, code_name="kind", listed_at="GET /v1/reference/kinds lists them"):
    """The kind of a permit or certificate (Resolution Conf. 12.3 (Rev. CoP19)). `/v1/reference/kinds` lists them."""

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


class Appendix(ClosedSet, code_name="appendix", listed_at="I, II or III"):
    """An Appendix of the Convention."""

    I = "I"  # noqa: E741 - the Convention's own name
    II = "II"
    III = "III"


class Exemption(ClosedSet):
    """The exemption that an item claims in place of documents. `personal_effects`: personal and household effects."""

    PERSONAL_EFFECTS = "personal_effects"


class Purpose(ClosedSet, code_name="purpose", listed_at="GET /v1/reference/purposes lists them"):
    """The purpose of a transaction: one capital letter (Resolution Conf. 12.3). `/v1/reference/purposes` lists them."""

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


class Source(ClosedSet, code_name="source", listed_at="GET /v1/reference/sources lists them"):
    """The source of a specimen: one capital letter (Resolution Conf. 12.3). `/v1/reference/sources` lists them."""

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


class UnderlyingSource(ClosedSet, code_name="source", listed_at="GET /v1/reference/sources lists them"):
    """The source of a specimen that is stated in addition to source I or O: any source except these two."""

    A = "A"
    C = "C"
    D = "D"
    F = "F"
    R = "R"
    U = "U"
    W = "W"
    X = "X"
    Y = "Y"


class Unit(ClosedSet, code_name="unit", listed_at="GET /v1/reference/units lists them"):
    """A unit of quantity. `/v1/reference/units` lists them with their dimensions."""

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


class ReferenceListState(ClosedSet):
    """The state of a reference list. It decides whether checks use the list."""

    NEVER_LOADED = "never_loaded"
    BUILT_IN = "built_in"
    EMPTY = "empty"
    LOADED = "loaded"


class MatchKind(ClosedSet):
    """How a name matched a listing. `higher`: by a taxon above it. `hybrid`: by a parent. `prefix`: by its start."""

    ACCEPTED = "accepted"
    SYNONYM = "synonym"
    HIGHER = "higher"
    HYBRID = "hybrid"
    PREFIX = "prefix"


class KeptFact(ClosedSet):
    """A fact of the present list that a load keeps, although the file does not contain it or contradicts it."""

    ENTRY = "entry"
    APPENDIX = "appendix"
    POPULATIONS = "populations"
    LISTED_BY = "listed_by"
    ANNOTATION = "annotation"
    ANNOTATION_SYMBOL = "annotation_symbol"
    SYNONYMS = "synonyms"


class Severity(ClosedSet):
    """The severity of a finding. `block`: the hub rejects. `refer`: an officer decides. `note`: information."""

    BLOCK = "block"
    REFER = "refer"
    NOTE = "note"


class Recommendation(ClosedSet):
    """The recommendation of the officer who assessed an application."""

    GRANT = "grant"
    REFUSE = "refuse"


class MessageOutcome(ClosedSet):
    """The result for one outbox message at the service that received it.

    `later`: the others of its batch took the time of the request, so it comes again without them.
    """

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


class ReconciliationStatus(ClosedSet):
    """The status of a reconciliation.

    `running`: it compares everything, or mends. `done`: the last comparison ended. `failed`: the last comparison did
    not end, because a service was away or failed. The next one begins within a minute.
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CodesReading(ClosedSet):
    """The meaning of the codes in a list of suspensions: the trade that a row covers, or the trade that it exempts."""

    EXEMPT = "exempt"
    COVERED = "covered"


class QuotaPeriod(ClosedSet):
    """The period of a quota's amount: each calendar year on its own, or once, from its first to its last day."""

    EVERY_YEAR = "every_year"
    ONCE = "once"


class AcknowledgementOutcome(ClosedSet):
    """The receiver's own result for an event: `accepted`, `with_warnings`, or `not_readable`."""

    ACCEPTED = "accepted"
    WITH_WARNINGS = "with_warnings"
    NOT_READABLE = "not_readable"


class WebhookFormat(ClosedSet):
    """The format of webhooks: `standard` (Standard Webhooks) or `cloudevents` (CloudEvents 1.0, binary mode)."""

    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"


class EndpointStatus(ClosedSet):
    """The status of a webhook endpoint.

    `pending`: the hub waits until the endpoint proves its URL. `active`: the hub sends. `paused`: the owner paused it.
    `disabled`: the hub stopped after failures. `deleted`: the owner deleted it.
    """

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    DELETED = "deleted"


class DeliveryStatus(ClosedSet):
    """The status of a delivery.

    `pending`: the hub still tries. `delivered`: the receiver replied with 2xx. `given_up`: all attempts failed.
    `dropped`: the endpoint was deleted.
    """

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
