"""The limits of messages: how long a text is, how many entries a list has. OpenAPI shows them field by field."""

from shared.limits import Limit, LimitSubject

_REFUSED = "422 `invalid-body`"

TEXT_LENGTH = Limit(
    500, "characters", subject=LimitSubject.MESSAGES, meaning="A text: a description, a reason", beyond=_REFUSED
)
NAME_LENGTH = Limit(
    200, "characters", subject=LimitSubject.MESSAGES, meaning="A name of a party, a trader or a taxon", beyond=_REFUSED
)
NUMBER_LENGTH = Limit(
    64, "characters", subject=LimitSubject.MESSAGES, meaning="A number, a reference or an identifier", beyond=_REFUSED
)

PAGE_ENTRIES = Limit(
    200,
    "entries",
    subject=LimitSubject.LISTS,
    meaning="Entries of a page, by `limit`",
    beyond="400 `invalid-parameter`",
)
PAGE_BYTES = Limit(
    1_048_576,
    "bytes",
    subject=LimitSubject.LISTS,
    meaning="The rows of one page; a page has at least one row",
    beyond="The page ends earlier; the next page continues.",
)
RESPONSE_BYTES = Limit(
    8_388_608,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="A response that one service reads from another; a streamed report has no limit",
    beyond="500 `response-too-large`",
)
MAX_WAIT_SECONDS = Limit(
    30,
    "seconds",
    subject=LimitSubject.WAITS,
    meaning="A wait by `Prefer: wait=N`",
    beyond="The hub waits as long as the limit.",
)

ITEMS = Limit(500, "items", subject=LimitSubject.DECLARATIONS, meaning="Items of a declaration", beyond=_REFUSED)
DOCUMENTS_PER_ITEM = Limit(
    20, "documents", subject=LimitSubject.DECLARATIONS, meaning="Documents that one item cites", beyond=_REFUSED
)
DOCUMENTS = Limit(
    1_000,
    "documents",
    subject=LimitSubject.DECLARATIONS,
    meaning="Documents that all items of a declaration cite together",
    beyond=_REFUSED,
)
REPAIRS = Limit(
    9_000,
    "repairs",
    subject=LimitSubject.DECLARATIONS,
    meaning="Fields of customs XML that the hub completes",
    beyond=_REFUSED,
)
REPAIR_VALUES = Limit(
    50,
    "values",
    subject=LimitSubject.DECLARATIONS,
    meaning="Other values that a completed field may mean",
    beyond=_REFUSED,
)

LINES = Limit(
    200, "lines", subject=LimitSubject.PERMITS, meaning="Lines of a permit or an application", beyond=_REFUSED
)

COUNTRIES = Limit(
    250,
    "countries",
    subject=LimitSubject.ACCOUNTS,
    meaning="Countries of a mandate, a grant or a filter",
    beyond=_REFUSED,
)
EVENT_TYPES = Limit(
    50,
    "event types",
    subject=LimitSubject.EVENTS,
    meaning="Event types of an endpoint or a grant",
    beyond=_REFUSED,
)
IDENTIFIERS = Limit(20, "identifiers", subject=LimitSubject.ACCOUNTS, meaning="Identifiers of a party", beyond=_REFUSED)
GRANTS = Limit(50, "grants", subject=LimitSubject.ACCOUNTS, meaning="Grants of a partner", beyond=_REFUSED)
ENDPOINT_HEADERS = Limit(
    20,
    "headers",
    subject=LimitSubject.EVENTS,
    meaning="Headers that the hub adds to an endpoint's webhooks",
    beyond=_REFUSED,
)
FILTER_VALUES = Limit(
    200,
    "values",
    subject=LimitSubject.EVENTS,
    meaning="Permits, and names of taxa, by which an endpoint filters its events",
    beyond=_REFUSED,
)
URL_LENGTH = Limit(
    2_000, "characters", subject=LimitSubject.EVENTS, meaning="The address of a webhook endpoint", beyond=_REFUSED
)
HEADER_LENGTH = Limit(
    1_000, "characters", subject=LimitSubject.EVENTS, meaning="A header that the hub adds to webhooks", beyond=_REFUSED
)

EVENT_DATA_BYTES = Limit(
    262_144,
    "bytes",
    subject=LimitSubject.EVENTS,
    meaning="Data of one event",
    beyond="The event counts what it does not name; you read it at its subject.",
)
EVENT_WATCHERS = Limit(
    10_000,
    "parties",
    subject=LimitSubject.EVENTS,
    meaning="Parties that receive the event of a permit because they cited it or read it by token",
    beyond="The parties that did so last receive it.",
)
EVENT_ENTRIES = Limit(
    50,
    "entries",
    subject=LimitSubject.EVENTS,
    meaning="Lines, attempts and uses that one event names",
    beyond="A field of the event counts the others.",
)
NORMALIZED_BYTES = Limit(
    4_194_304,
    "bytes",
    subject=LimitSubject.DECLARATIONS,
    meaning="A declaration of customs XML in the hub's own form, with the fields that the hub completed",
    beyond="413 `body-too-large`",
)
MESSAGE_BATCH_BYTES = Limit(
    8_388_608,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="A request with submissions, events, parties or permits from one service to another",
    beyond="The sender makes the next request; the receiver answers 413 `body-too-large`.",
)
RECONCILED_IDS = Limit(
    2_000,
    "ids",
    subject=LimitSubject.SERVICES,
    meaning="Ids of one group that two services compare one by one",
    beyond="They compare smaller groups.",
)
MAX_CLOCK_SKEW_SECONDS = Limit(
    30,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Difference between the clocks of services, or of a service and its database",
    beyond="Services refuse the tokens of others, and `/readyz` is 503 `not-ready`.",
)
