"""The tables of the notifications database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.idempotency import commands_table
from shared.mandate_copies import mandates_table

metadata = MetaData()
TIME = DateTime(timezone=True)

parties = Table(
    "parties",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("updated_at", TIME, nullable=False),
)
"""The copies of the gateway's parties, as far as the audience of events needs them."""

audience_keys = Table(
    "audience_keys",
    metadata,
    Column("audience_key", Text, primary_key=True),
    Column("party_id", Uuid, ForeignKey("parties.id"), primary_key=True),
    Index("audience_keys_by_party", "party_id"),
)
"""The audience keys of parties: `holder:<country>:<key of the identifier>`, `office:<role>:<country>`."""

grants = Table(
    "grants",
    metadata,
    Column("party_id", Uuid, ForeignKey("parties.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("country", Text, primary_key=True),
    Column("patterns", ARRAY(Text), nullable=False),
    Index("grants_by_country", "country"),
)
"""The event types that partners receive, by country."""

mandates = mandates_table(metadata)
"""The copy of the mandates. An agent receives again what it received for a trader while a mandate is valid."""

feed_counter = Table(
    "feed_counter",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="feed_counter_one_row"), primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""The last position that was assigned to an event."""

subjects = Table(
    "subjects",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
)
"""The sequence up to which the events of a subject are stored without a gap."""

events = Table(
    "events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=True),
    Column("type", Text, nullable=False),
    Column("matching_patterns", ARRAY(Text), nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", TIME, nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("body", Text, nullable=False),
    Column("holder_body", Text, nullable=True),
    Column("audience", JSONB, nullable=False),
    Column("filter_keys", ARRAY(Text), nullable=True),
    Column("sender", JSONB, nullable=True),
    UniqueConstraint("position", name="events_position"),
    UniqueConstraint("subject", "sequence", name="events_sequence"),
    Index("events_without_position", "subject", "sequence", postgresql_where=text("position IS NULL")),
    Index("events_at", "at"),
)
"""Each event once, with the bytes that are sent. An event without a position waits for an earlier one of its subject.

`holder_body` is the body for receivers that are neither an office nor a partner with a grant, if it is another one.
`matching_patterns` are the patterns that match its type. `filter_keys` are the keys that endpoints filter by, empty if
no filter applies. `sender` names the receivers of the acknowledgements.
"""

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("party_id", Uuid, primary_key=True),
    Column("position", BigInteger, ForeignKey("events.position"), primary_key=True, autoincrement=False),
    Index("feed_entries_by_position", "position"),
)
"""The feed of each party: the positions of the events that it may read."""

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("party_id", Uuid, ForeignKey("parties.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("description", Text, nullable=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("created_at", TIME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("countries", ARRAY(Text), nullable=True),
    Column("permits", ARRAY(Text), nullable=True),
    Column("taxa", ARRAY(Text), nullable=True),
    Column("filters", JSONB, nullable=False, server_default=text("'{}'")),
    Column("headers", Text, nullable=True),
    Column("rate_limit", Integer, nullable=True),
    Column("format", Text, nullable=False, server_default=text("'standard'")),
    Column("verified", Boolean, nullable=False, server_default=text("true")),
    Column("verify", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("status IN ('pending', 'active', 'paused', 'disabled', 'deleted')", name="endpoints_status"),
    CheckConstraint("rate_limit > 0", name="endpoints_rate_limit"),
    CheckConstraint("format IN ('standard', 'cloudevents')", name="endpoints_format"),
    CheckConstraint("verified OR status <> 'active'", name="endpoints_verified"),
    Index("endpoints_by_party", "party_id", "id", postgresql_where=text("status <> 'deleted'")),
)
"""The endpoints of parties. A deleted one stays for the record, and no party can read it.

`countries`, `permits` and `taxa` are the filters as filter keys; `filters` are as the owner stated them. `headers` are
sealed. `verified`: the endpoint met its challenge at this URL, or need not. `verify`: its owner wants a challenge at
every URL.
"""

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("endpoint_id", Uuid, ForeignKey("endpoints.id"), primary_key=True),
    Column("next_send_at", TIME, nullable=True),
    Column("cooldown_until", TIME, nullable=True),
)
"""The rate limit and the cooldown of an endpoint: when the next delivery may be sent, until when it sends nothing."""

failure_streaks = Table(
    "failure_streaks",
    metadata,
    Column("endpoint_id", Uuid, ForeignKey("endpoints.id"), primary_key=True),
    Column("since", TIME, nullable=False),
    Column("days", Integer, nullable=False, server_default=text("1")),
    Column("last_day", Date, nullable=False, server_default=text("CAST(now() AT TIME ZONE 'UTC' AS date)")),
)
"""The endpoints that have only failures, since when, on how many days, and the last of these. A success removes one."""

endpoint_secrets = Table(
    "endpoint_secrets",
    metadata,
    Column("endpoint_id", Uuid, ForeignKey("endpoints.id"), primary_key=True),
    Column("secret", Text, primary_key=True),
    Column("created_at", TIME, nullable=False),
    Column("ends_at", TIME, nullable=True),
)
"""The sealed secrets that sign the deliveries to an endpoint. After a rotation the old one signs until it ends."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey("endpoints.id"), nullable=False),
    Column("position", BigInteger, ForeignKey("events.position"), nullable=False),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("settled_at", TIME, nullable=True),
    CheckConstraint("status IN ('pending', 'delivered', 'given_up', 'dropped')", name="deliveries_status"),
    CheckConstraint("(status = 'pending') = (settled_at IS NULL)", name="deliveries_settled"),
    Index("deliveries_by_position", "position"),
    Index("deliveries_by_endpoint", "endpoint_id", "position"),
    Index("deliveries_pending", "endpoint_id", "subject", "position", postgresql_where=text("status = 'pending'")),
    Index("deliveries_given_up", "endpoint_id", "position", postgresql_where=text("status = 'given_up'")),
)
"""One delivery for each event and each endpoint that wants it. Its id is derived from the two.

`subject` names its delivery queue: the subject of its event, or the queue of the subject's withdrawals.
"""

delivery_queues = Table(
    "delivery_queues",
    metadata,
    Column("endpoint_id", Uuid, ForeignKey("endpoints.id"), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due_at", TIME, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim", Uuid, nullable=True),
    Index("delivery_queues_due", "endpoint_id", "due_at", postgresql_with={"deduplicate_items": "off"}),
    Index("delivery_queues_in_flight", "endpoint_id", postgresql_where=text("claim IS NOT NULL")),
)
"""One row for each endpoint and subject with pending deliveries. A lease moves `due_at` ahead under a claim."""

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Uuid, ForeignKey("deliveries.id"), primary_key=True),
    Column("claim", Uuid, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", SmallInteger, nullable=True),
    Column("reason", Text, nullable=True),
    Column("answer", Text, nullable=True),
)
"""Every attempt at a delivery. It is never changed."""

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, ForeignKey("events.position"), nullable=False),
    Column("party_id", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("message", Text, nullable=True),
    Column("at", TIME, nullable=False),
    CheckConstraint("outcome IN ('accepted', 'with_warnings', 'not_readable')", name="acknowledgements_outcome"),
    Index("acknowledgements_by_event", "position", "party_id"),
)
"""The receivers' own results for an event. They are never changed; the latest counts."""

commands = commands_table(metadata)
"""Commands and their responses."""

ENDPOINT_IS_KEPT = endpoints.c.status != literal_column("'deleted'")
ENDPOINT_IS_SENT_TO = endpoints.c.status.in_([literal_column("'active'"), literal_column("'pending'")])
DELIVERY_IS_PENDING = deliveries.c.status == literal_column("'pending'")
DELIVERY_IS_GIVEN_UP = deliveries.c.status == literal_column("'given_up'")
"""Conditions with literal values: a generic plan uses a partial index only if it sees the value."""
