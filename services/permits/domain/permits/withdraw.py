"""What customs and an authority do with a permit itself: endorse it at export; revoke it, report it lost or found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.permits.domain import events
from services.permits.domain.declarations.reinstate import regain
from services.permits.domain.ledger.balances import Entry, Kind, Side
from services.permits.domain.lifecycle import (
    By,
    PermitStatus,
    Status,
    permit_may_turn,
    permit_turns_of,
)
from services.permits.domain.permits.expiry import reads
from services.permits.domain.rules.whole_declaration import withdrawn
from services.permits.domain.values import (
    DeclarationChange,
    Filed,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
)
from services.permits.domain.write_off.displacement import referred
from services.permits.domain.write_off.posting import Others, Permits, Signature, Use
from services.permits.domain.write_off.use import changes, exhausted, may_go_on, standing, use
from shared.cites.codes import IMPORT_SIDE_ONLY
from shared.cites.time_zones import earliest_day, latest_day
from shared.contracts.parties import Act
from shared.contracts.permit import Endorsement
from shared.contracts.quantities import plain
from shared.problems import Conflict, Fault, Invalid


@dataclass(frozen=True)
class Around:
    """What stands around a permit when its authority withdraws it: the unreleased declarations that cite it, the
    parties that cited it or looked it up, and the day it is where it was issued."""

    citing: Mapping[UUID, Filed]
    hearers: frozenset[UUID]
    day: date


def endorse(permits: Permits, id: UUID, stated: Endorsement, by: Act, others: Others) -> Outcome:
    """Write box 14: what really left. Several endorsements add up; lines not named have nothing left.

    A permit that part loads exhausted, while more of what was granted may leave, stands again by the next one.

    `others` are the declarations that hold reservations of the permit, `permits` all that they hold reservations of.
    """
    permit = permits[id]
    if permit.terms.kind in IMPORT_SIDE_ONLY:
        raise Conflict("no-export-side", "A document of the country of import has the import side only.")
    goes_on = permit.status is PermitStatus.EXHAUSTED and may_go_on(permit)
    if permit.status not in {PermitStatus.ISSUED, PermitStatus.ENDORSED} and not goes_on:
        turns = permit_turns_of(permit.status)
        detail = f"Permit {permit.terms.number} is {permit.status}: nothing more is endorsed on it. {turns}"
        raise Conflict("wrong-turn", detail)
    for index, line in enumerate(stated.lines):
        if line.line not in permit.lines:
            text = f"Permit {permit.terms.number} has no line {line.line}."
            raise Invalid("no-such-line", text, [Fault(f"/lines/{index}/line", "no-such-line", text)])
    day = stated.endorsed_on or latest_day(permit.terms.export_country, by.at)
    if not permit.terms.issued_on <= day <= permit.terms.valid_until:
        text = f"The permit is valid from {permit.terms.issued_on} to {permit.terms.valid_until}, both included."
        raise Invalid("endorsed-out-of-validity", text, [Fault("/endorsed_on", "endorsed-out-of-validity", text)])
    if day > earliest_day(permit.terms.export_country, by.at):
        text = "What really left is endorsed on the day it left or after, not before."
        raise Invalid("endorsed-in-the-future", text, [Fault("/endorsed_on", "endorsed-in-the-future", text)])
    sign = Signature(by, f"endorsement/{permit.sequence}", day)
    kind = Kind.CROSS if permit.many_crossings else Kind.ENDORSE
    uses = [Use(permit.id, n.line, (Entry(Side.EXPORT, kind, n.quantity),)) for n in stated.lines]
    documents = permit.transport_documents | ({stated.transport_document} if stated.transport_document else set())
    made = use({**permits, id: replace(permit, transport_documents=documents)}, id, uses, others, sign)
    after = made.permits[id]
    told = [events.usage(after.lines[n.line], Side.EXPORT, plain(n.quantity)) for n in stated.lines]
    box_14 = {"endorsed_on": day.isoformat(), **_where(stated)}
    move = Move(permit.status, after.status, by, "permit.endorsed", None, {"lines": told}, detail=box_14)
    moves = (move, *exhausted(permit, after, sign))
    return Outcome(made.gave_way, changes(permits, made.permits, {id: moves}), made.postings)


def _where(stated: Endorsement) -> dict[str, str]:
    given = {"port": stated.port, "transport_document": stated.transport_document}
    return {name: value for name, value in given.items() if value is not None}


def revoke(permit: PermitOnFile, reason: str, by: Act, around: Around) -> Outcome:
    """Take a permit back."""
    return withdraw(permit, PermitStatus.REVOKED, reason, by, around)


def lose(permit: PermitOnFile, reason: str | None, by: Act, around: Around) -> Outcome:
    """Note that the paper is lost: it covers nothing until it is found."""
    return withdraw(permit, PermitStatus.LOST, reason, by, around)


def withdraw(
    permit: PermitOnFile,
    there: PermitStatus,
    reason: str | None,
    by: Act,
    around: Around,
    extra: dict[str, Any] | None = None,
) -> Outcome:
    """Let a permit cover nothing more; what was accepted on it turns to referred in the same stroke, what was referred
    says so."""
    here = must_turn(permit, there, By.AUTHORITY, around.day)
    gone = replace(permit, status=there)
    move = Move(here, there, by, f"permit.{there}", reason, extra or {}, around.hearers)
    referred = tuple(_named(filed, gone, by) for filed in around.citing.values())
    return Outcome(referred, (PermitChange(gone, (move,)),))


def find(permit: PermitOnFile, reason: str | None, by: Act, around: Around) -> Outcome:
    """Note that a lost paper was found: it stands again where its lines say; what was referred for its loss goes on."""
    back = PermitStatus.ENDORSED if permit.endorsed else PermitStatus.ISSUED
    here = must_turn(permit, back, By.AUTHORITY, around.day)
    found = replace(permit, status=back)
    after = replace(found, status=standing(found))
    move = Move(here, back, by, "permit.found", reason, {}, around.hearers)
    sign = Signature(by, f"found/{permit.sequence}", around.day)
    regained = (regain(filed, permit, by) for filed in around.citing.values())
    gone_on = tuple(change for change in regained if change is not None)
    return Outcome(gone_on, (PermitChange(after, (move, *exhausted(found, after, sign))),))


def _named(filed: Filed, permit: PermitOnFile, by: Act) -> DeclarationChange:
    findings = (*filed.findings, withdrawn(filed, permit))
    why = f"Permit {permit.terms.number} of {permit.terms.issuer} is {permit.status}"
    return referred(filed, replace(filed, status=Status.REFERRED, findings=findings), by, why)


def must_turn(permit: PermitOnFile, there: PermitStatus, by: By, day: date) -> PermitStatus:
    """Answer where the permit stands on this day of its issuer, or refuse a turn that the table does not have."""
    here = reads(permit, day)
    if not permit_may_turn(here, there, by):
        raise Conflict("wrong-turn", f"Permit {permit.terms.number} is {here}. {permit_turns_of(here)}")
    return here
