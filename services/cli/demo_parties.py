"""The parties of the demo, and the subscribers through which the issuer, B and French customs receive events."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass

from saola_client import Hub, Problem
from services.cli.feed_follower import FeedFollower
from services.cli.trial_parties import AddParty, TrialParty, trial_parties
from services.cli.webhook_receiver import LOOPBACK, WebhookReceiver
from shared.cites.events import EventType

IMPORTER_FAILURES = 2
"""The number of times that B's endpoint fails at first."""
ISSUER_EVENT_TYPES = ("permit.*", "declaration.*")
IMPORTER_EVENT_TYPES = (EventType.DECLARATION_RELEASED, EventType.PERMIT_USED, EventType.PERMIT_REVOKED)
OFFICER_EVENT_TYPES = (EventType.PERMIT_REVOKED,)
Subscriber = WebhookReceiver | FeedFollower


@dataclass(frozen=True)
class DemoIdentifiers:
    """The numbers that the demo uses. On a hub where it ran before they have a random suffix."""

    permit_number: str
    exporter_identifier: str
    importer_identifier: str
    reference: str


@dataclass(frozen=True)
class DemoParties:
    """The parties, their numbers and their subscribers."""

    identifiers: DemoIdentifiers
    authority: TrialParty
    export_customs: TrialParty
    exporter: TrialParty
    importer: TrialParty
    import_customs: TrialParty
    import_authority: TrialParty
    issuer_subscriber: Subscriber
    importer_subscriber: Subscriber
    officer_subscriber: Subscriber


def create_parties(admin: Hub, year: int, stack: ExitStack, receive_at: str | None = None) -> DemoParties:
    """Add the parties to the hub, and subscribe them to events. When the stack closes, nothing of them stays active.

    They receive webhooks on `receive_at`. Without it, and if the hub does not send to 127.0.0.1, they read the feed.
    """
    add_party = stack.enter_context(trial_parties(admin))
    identifiers, exporter = _create_exporter(add_party, year)
    importer = add_party("B SARL", "FR", ["trader"], {"EORI": identifiers.importer_identifier})
    authority = add_party("Management Authority of South Africa", "ZA", ["authority"])
    officer = add_party("French customs", "FR", ["customs"])
    return DemoParties(
        identifiers=identifiers,
        authority=authority,
        export_customs=add_party("South African customs", "ZA", ["customs"]),
        exporter=exporter,
        importer=importer,
        import_customs=officer,
        import_authority=add_party("Management Authority of France", "FR", ["authority"]),
        issuer_subscriber=_subscribe(authority, ISSUER_EVENT_TYPES, stack, receive_at),
        importer_subscriber=_subscribe(importer, IMPORTER_EVENT_TYPES, stack, receive_at, failures=IMPORTER_FAILURES),
        officer_subscriber=_subscribe(officer, OFFICER_EVENT_TYPES, stack, receive_at),
    )


def _create_exporter(add_party: AddParty, year: int) -> tuple[DemoIdentifiers, TrialParty]:
    """Add the exporter under its default number. If the hub has that already, use numbers with a suffix."""
    suffix = f"{secrets.randbelow(900_000) + 100_000}"
    default = DemoIdentifiers(f"ZA-{year}-000123", "ZA1234567", "FR99988877700011", f"B-{year}-0001")
    unique = DemoIdentifiers(f"ZA-{year}-{suffix}", f"ZA1{suffix}", f"FR999888{suffix}", f"B-{year}-{suffix}")
    try:
        return default, add_party("A (Pty) Ltd", "ZA", ["trader"], {"EORI": default.exporter_identifier})
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
    return unique, add_party("A (Pty) Ltd", "ZA", ["trader"], {"EORI": unique.exporter_identifier})


def _subscribe(
    member: TrialParty, types: tuple[str, ...], stack: ExitStack, address: str | None, *, failures: int = 0
) -> Subscriber:
    receiver = stack.enter_context(WebhookReceiver(failures, address=address or LOOPBACK))
    try:
        endpoint = member.hub.create_webhook_endpoint(receiver.url, types, f"{member.name}, the demo")
    except Problem as problem:
        if address is not None or problem.status != 422:
            raise
        return FeedFollower(member.hub, types)
    stack.callback(member.hub.delete_webhook_endpoint, endpoint["id"])
    receiver.set_secret(endpoint["secret"])
    return receiver
