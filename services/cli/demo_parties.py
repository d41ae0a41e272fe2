"""Who plays in the demo: the parties of the main journey, and where the issuer, B and the others hear the news."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass

from saola_client import Hub, Problem
from services.cli.feed_follower import Pulled
from services.cli.trial_parties import Member, join
from services.cli.webhook_receiver import HERE, Receiver

B_FAILS = 2
"""How often B's endpoint fails first."""
ISSUER_HEARS = ("permit.*", "declaration.*")
B_HEARS = ("declaration.released", "permit.used", "permit.revoked")
OFFICERS_HEAR = ("permit.revoked",)
Listener = Receiver | Pulled


@dataclass(frozen=True)
class Names:
    """What the play calls its own: plain on a fresh hub, with a mark of its own when it was played there before."""

    permit: str
    exporter: str
    importer: str
    reference: str


@dataclass(frozen=True)
class Cast:
    """The parties, their numbers, and their receivers."""

    names: Names
    authority: Member
    export_customs: Member
    exporter: Member
    importer: Member
    import_customs: Member
    import_authority: Member
    issuer_hears: Listener
    importer_hears: Listener
    officer_hears: Listener


def assemble(admin: Hub, year: int, stack: ExitStack, receive_at: str | None = None) -> Cast:
    """Add the parties to the hub, and have them hear the news for as long as the stack lasts.

    They listen on `receive_at`. Where none is named and the hub does not send to this machine, they pull.
    """
    names, exporter = _first(admin, year)
    importer = join(admin, "B SARL", "FR", ["trader"], {"EORI": names.importer})
    authority = join(admin, "Management Authority of South Africa", "ZA", ["authority"])
    officer = join(admin, "French customs", "FR", ["customs"])
    return Cast(
        names=names,
        authority=authority,
        export_customs=join(admin, "South African customs", "ZA", ["customs"]),
        exporter=exporter,
        importer=importer,
        import_customs=officer,
        import_authority=join(admin, "Management Authority of France", "FR", ["authority"]),
        issuer_hears=_listen(authority, ISSUER_HEARS, stack, receive_at),
        importer_hears=_listen(importer, B_HEARS, stack, receive_at, failing=B_FAILS),
        officer_hears=_listen(officer, OFFICERS_HEAR, stack, receive_at),
    )


def _first(admin: Hub, year: int) -> tuple[Names, Member]:
    """Add the exporter by its plain number; if that is taken, the play has been here, and takes marked names."""
    mark = f"{secrets.randbelow(900_000) + 100_000}"
    plain = Names(f"ZA-{year}-000123", "ZA1234567", "FR99988877700011", f"B-{year}-0001")
    marked = Names(f"ZA-{year}-{mark}", f"ZA1{mark}", f"FR999888{mark}", f"B-{year}-{mark}")
    try:
        return plain, join(admin, "A (Pty) Ltd", "ZA", ["trader"], {"EORI": plain.exporter})
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
    return marked, join(admin, "A (Pty) Ltd", "ZA", ["trader"], {"EORI": marked.exporter})


def _listen(member: Member, types: tuple[str, ...], stack: ExitStack, at: str | None, *, failing: int = 0) -> Listener:
    receiver = stack.enter_context(Receiver(failing, at=at or HERE))
    try:
        endpoint = member.hub.create_endpoint(receiver.url, types, f"{member.name}, the demo")
    except Problem as problem:
        if at is not None or problem.status != 422:
            raise
        return Pulled(member.hub, types)
    receiver.know(endpoint["secret"])
    return receiver
