"""The groups of routes in the OpenAPI document, in its order."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A group of routes: its name, and one sentence about it."""

    name: str
    description: str


ACCESS = Tag(
    name="access",
    description="Access tokens and public keys, the parties of the hub, their credentials and their mandates.",
)
DECLARATIONS = Tag(
    name="declarations", description="Declarations of shipments: lodged by traders, decided by customs and authorities."
)
PERMITS = Tag(name="permits", description="CITES permits, the balances of their lines and their ledgers.")
APPLICATIONS = Tag(
    name="permit-applications", description="Applications for permits, from the trader to the authority."
)
REFERENCE = Tag(name="reference", description="Code lists, listings of species, suspensions of trade and quotas.")
POLICIES = Tag(name="policies", description="The stricter measures of a country, as switches.")
REPORTS = Tag(name="reports", description="Annual reports and their comparison with the other country, as CSV.")
WEBHOOK_ENDPOINTS = Tag(
    name="webhook-endpoints", description="The URLs to which the hub sends events, and the deliveries to them."
)
DELIVERIES = Tag(name="deliveries", description="Single deliveries of events to webhook endpoints.")
EVENTS = Tag(
    name="events", description="The feed of events, for clients that fetch them instead of receiving webhooks."
)
WEBHOOKS = Tag(name="webhooks", description="The requests that the hub sends to webhook endpoints, by event type.")
TAGS = (
    ACCESS,
    DECLARATIONS,
    PERMITS,
    APPLICATIONS,
    REFERENCE,
    POLICIES,
    REPORTS,
    WEBHOOK_ENDPOINTS,
    DELIVERIES,
    EVENTS,
    WEBHOOKS,
)
