"""The tables of the gateway database."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSONB, UUID

from shared.idempotency import commands_table
from shared.outbox import outbox_columns
from shared.reconciliation_state import add_reconciliation_tables

metadata = MetaData()

directory_revision = Table(
    "directory_revision",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="directory_revision_one_row"), primary_key=True),
    Column("revision", BIGINT, nullable=False),
)
"""One row. Every change of a party or credential raises it under its lock, so revisions follow commits."""

parties = Table(
    "parties",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("identifiers", JSONB, nullable=False),
    Column("grants", JSONB, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("version", Integer, CheckConstraint("version >= 1", name="parties_version_positive"), nullable=False),
    Column("revision", BIGINT, nullable=False),
    Index("parties_by_revision", "revision"),
)

party_identifiers = Table(
    "party_identifiers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("party_id", UUID, ForeignKey("parties.id", name="party_identifiers_party"), nullable=False),
    Index("party_identifiers_by_party", "party_id"),
)
"""The party of each identifier, by the key of its country and number. No other party of the country can claim it."""

party_versions = Table(
    "party_versions",
    metadata,
    Column("party_id", UUID, ForeignKey("parties.id", name="party_versions_party"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("party", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_party_id", UUID, nullable=True),
    PrimaryKeyConstraint("party_id", "version", name="party_versions_pkey"),
)
"""Every version of every party, with its actor and time. Rows are only added.

The actor is empty if the hub itself wrote the version: at its first start, and after a restore.
"""

outbox_parties = Table(
    "outbox_parties",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("party", JSONB, nullable=False),
    *outbox_columns("outbox_parties_due"),
    CheckConstraint("destination IN ('permits', 'notifications')", name="outbox_parties_known_destination"),
)
"""Changed parties for the copies that the other services store: one row per destination."""

credentials = Table(
    "credentials",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("party_id", UUID, ForeignKey("parties.id", name="credentials_party"), nullable=False),
    Column("secret_sha256", LargeBinary, nullable=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=True),
    Column("ended_at", DateTime(timezone=True), nullable=True),
    Column("revision", BIGINT, nullable=False),
    Column("public_keys", JSONB(none_as_null=True), nullable=True),
    Column("subject", Text, nullable=True),
    Column("expires_at", DateTime(timezone=True), nullable=True),
    Column("person", Text, nullable=False),
    CheckConstraint("num_nonnulls(secret_sha256, public_keys, subject) = 1", name="credentials_exactly_one_proof"),
    Index("credentials_by_party", "party_id"),
    Index("credentials_by_revision", "revision"),
    Index(
        "credentials_unique_subject",
        "subject",
        unique=True,
        postgresql_where=text("ended_at IS NULL AND subject IS NOT NULL"),
    ),
)
"""The proof by which a client authenticates: a secret, its own keys, or a subject of the external issuer.

`person` is the client id of the first credential in a line of rotations, because a rotation changes no person.
"""

used_assertions = Table(
    "used_assertions",
    metadata,
    Column("client_id", Text, nullable=False),
    Column("jti", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("client_id", "jti", name="used_assertions_pkey"),
    Index("used_assertions_by_expiry", "expires_at"),
)
"""Used client assertions, stored until they expire. Each is valid once."""

mandates = Table(
    "mandates",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("trader_id", UUID, ForeignKey("parties.id", name="mandates_trader"), nullable=False),
    Column("agent_id", UUID, ForeignKey("parties.id", name="mandates_agent"), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("granted_by", UUID, nullable=False),
    Column("accepted_at", DateTime(timezone=True), nullable=True),
    Column("revoked_at", DateTime(timezone=True), nullable=True),
    Column("revoked_by", UUID, nullable=True),
    Column("revision", BIGINT, nullable=False),
    CheckConstraint("trader_id <> agent_id", name="mandates_distinct_parties"),
    CheckConstraint("first_day <= last_day", name="mandates_days_in_order"),
    Index("mandates_by_trader", "trader_id"),
    Index("mandates_by_agent", "agent_id"),
    Index("mandates_by_revision", "revision"),
)
"""Mandates: trader, agent and days. A row is never deleted; the agent's acceptance and a revocation add to it."""

outbox_mandates = Table(
    "outbox_mandates",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("destination", Text, nullable=False, server_default=text("'permits'")),
    Column("mandate", JSONB, nullable=False),
    *outbox_columns("outbox_mandates_due"),
    CheckConstraint("destination IN ('permits', 'notifications')", name="outbox_mandates_known_destination"),
)
"""Changed mandates for the copies that the other services store: one row per destination.

A process of the release before names no destination: it sends mandates to permits only.
"""

rate_limit_blocks = Table(
    "rate_limit_blocks",
    metadata,
    Column("party_id", UUID, nullable=False),
    Column("window_start", BIGINT, nullable=False),
    Column("used", Integer, nullable=False),
    PrimaryKeyConstraint("party_id", "window_start", name="rate_limit_blocks_pkey"),
)
"""Requests of a party that the replicas have taken from one window (in seconds since 1970), in blocks."""

add_reconciliation_tables(metadata)
commands = commands_table(metadata)
"""The gateway's own commands and their responses: creations of parties, credentials and mandates."""

submissions = Table(
    "submissions",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("party_id", UUID, nullable=False),
    Column("trader_id", UUID, nullable=False),
    Column("key", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("reference_key", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("normalized", LargeBinary, nullable=True),
    Column("party", JSONB, nullable=False),
    Column("represented", JSONB(none_as_null=True), nullable=True),
    Column("officer", Text, nullable=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    *outbox_columns("submissions_due"),
    UniqueConstraint("party_id", "key", name="submissions_unique_key"),
    UniqueConstraint("trader_id", "reference_key", name="submissions_unique_reference"),
)
"""Every declaration with a 202 response, with its submitted bytes. The row is also the outbox message to permits.

`digest` (SHA-256 of the bytes) and `content_type` are the fingerprint with which a repeated key is compared. `party` is
the lodger at that moment, and `represented` the trader, if the lodger is its agent. `officer` is the person of customs
who lodged it for a traveller; null if a trader or an agent lodged it. `normalized` is the form for
permits, if the bytes have another format than JSON. It is stored at receipt: permits checks what the gateway accepted,
even if a later version parses formats differently.
"""

amendments = Table(
    "amendments",
    metadata,
    Column("command_id", UUID, primary_key=True),
    Column("declaration_id", UUID, nullable=False),
    Column("party_id", UUID, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=True),
    Index("amendments_by_declaration", "declaration_id", "version"),
)
"""The bytes of every requested amendment. `version` is empty until permits has accepted it."""
