"""What an authority and customs do with a permit itself: issue it, endorse it at export, revoke it."""

import calendar
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.permits.domain import news
from services.permits.domain.ledger import Balance, Entry, Kind, Side
from services.permits.domain.lifecycle import (
    USABLE,
    By,
    PermitStatus,
    Status,
    permit_may_turn,
    permit_turns_of,
)
from services.permits.domain.rules.whole import withdrawn
from services.permits.domain.signing import Others, Permits, Signature, Use
from services.permits.domain.using import changes, exhausted, use
from services.permits.domain.values import (
    DeclarationChange,
    Filed,
    Line,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
    Posting,
)
from services.permits.domain.yielding import referred
from shared.cites.codes import IMPORT_SIDE_ONLY
from shared.cites.zones import earliest_day, latest_day, utc_day
from shared.contracts.people import Act, Party
from shared.contracts.permit import Endorsement, Permit
from shared.contracts.words import plain
from shared.problems import Conflict, Fault, Invalid

MONTHS: dict[str, int] = {
    "export": 6,
    "re_export": 6,
    "sample_collection": 6,
    "import": 12,
    "certificate_of_origin": 12,
    "introduction_from_the_sea": 12,
    "travelling_exhibition": 36,
    "musical_instrument": 36,
    "personal_ownership": 36,
}
"""The longest validity of a kind, in months from its issue (Article VI.2; Resolution Conf. 12.3)."""


def later(day: date, months: int) -> date:
    """Answer the day so many months later; the month's last day where it has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def issue(id: UUID, terms: Permit, party: Party, by: Act) -> Outcome:
    """Put a permit into the registry, each line with what it grants."""
    _must_be_sane(terms)
    granted = {line.line: Line(line, Balance(granted=line.quantity)) for line in terms.lines}
    permit = PermitOnFile(
        id=id,
        terms=terms,
        status=PermitStatus.ISSUED,
        lines=granted,
        registered_by=party.id,
        registering_country=party.country,
    )
    lines = [{"line": n.line, "taxon": n.taxon, "quantity": plain(n.quantity), "unit": n.unit} for n in terms.lines]
    extra = {"kind": terms.kind, "valid_until": terms.valid_until.isoformat(), "lines": lines}
    move = Move(None, PermitStatus.ISSUED, by, "permit.issued", None, extra)
    sign = Signature(by, "issued", utc_day(by.at))
    return Outcome((), (PermitChange(permit, (move,)),), _grants(permit, sign))


def _grants(permit: PermitOnFile, sign: Signature) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            permit=permit.id,
            line=letter,
            entry=Entry(Side.EXPORT, Kind.GRANT, line.terms.quantity),
            act=sign.by,
            cause=sign.cause,
            day=sign.day,
        )
        for letter, line in permit.lines.items()
    )


def _must_be_sane(terms: Permit) -> None:
    if terms.valid_until < terms.issued_on:
        text = "A permit is valid at least on the day of its issue."
        raise Invalid("validity-before-issue", text, [Fault("/valid_until", "validity-before-issue", text)])
    months = MONTHS.get(terms.kind)
    if months is not None and terms.valid_until > later(terms.issued_on, months):
        text = f"A permit of kind {terms.kind} is valid for at most {months} months."
        raise Invalid("validity-too-long", text, [Fault("/valid_until", "validity-too-long", text)])
    for index, line in enumerate(terms.lines):
        if line.source in {"I", "O"} and line.underlying_source is None:
            text = f"Source {line.source} stands together with another code: name underlying_source."
            place = f"/lines/{index}/underlying_source"
            raise Invalid("underlying-source-missing", text, [Fault(place, "underlying-source-missing", text)])


def endorse(permits: Permits, id: UUID, stated: Endorsement, by: Act, others: Others) -> Outcome:
    """Write box 14: what really left. Several endorsements add up; lines not named have nothing left.

    `others` are the declarations that hold reservations of the permit, `permits` all that they hold reservations of.
    """
    permit = permits[id]
    if permit.terms.kind in IMPORT_SIDE_ONLY:
        raise Conflict("no-export-side", "A document of the country of import has the import side only.")
    if permit.status not in {PermitStatus.ISSUED, PermitStatus.ENDORSED}:
        detail = f"Permit {permit.terms.number} is {permit.status}: nothing more is endorsed on it."
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
    uses = [Use(permit.id, n.line, (Entry(Side.EXPORT, Kind.ENDORSE, n.quantity),)) for n in stated.lines]
    documents = permit.transport_documents | ({stated.transport_document} if stated.transport_document else set())
    made = use({**permits, id: replace(permit, transport_documents=documents)}, id, uses, others, sign)
    after = made.permits[id]
    told = [news.usage(after.lines[n.line], Side.EXPORT, plain(n.quantity)) for n in stated.lines]
    extra = {"lines": told, "endorsed_on": day.isoformat(), **_where(stated)}
    move = Move(permit.status, after.status, by, "permit.endorsed", None, extra)
    moves = (move, *exhausted(permit, after, sign))
    return Outcome(made.gave_way, changes(permits, made.permits, {id: moves}), made.postings)


def _where(stated: Endorsement) -> dict[str, str]:
    given = {"port": stated.port, "transport_document": stated.transport_document}
    return {name: value for name, value in given.items() if value is not None}


def revoke(
    permit: PermitOnFile, reason: str, by: Act, citing: Mapping[UUID, Filed], watchers: frozenset[UUID]
) -> Outcome:
    """Take a permit back; what was accepted on it turns to referred in the same stroke, what was referred says so."""
    _must_turn(permit, PermitStatus.REVOKED, By.AUTHORITY)
    gone = replace(permit, status=PermitStatus.REVOKED)
    move = Move(permit.status, gone.status, by, "permit.revoked", reason, heard_by=watchers)
    referred = tuple(_named(filed, gone, by) for filed in citing.values())
    return Outcome(referred, (PermitChange(gone, (move,)),))


def _named(filed: Filed, permit: PermitOnFile, by: Act) -> DeclarationChange:
    findings = (*filed.findings, withdrawn(filed, permit))
    return referred(filed, replace(filed, status=Status.REFERRED, findings=findings), by)


def _must_turn(permit: PermitOnFile, there: PermitStatus, by: By) -> None:
    if not permit_may_turn(permit.status, there, by):
        detail = f"Permit {permit.terms.number} is {permit.status}. {permit_turns_of(permit.status)}"
        raise Conflict("wrong-turn", detail)


def reads(permit: PermitOnFile, at_day: date) -> PermitStatus:
    """Answer the status a permit reads on a day of its issuer: expired follows from its dates."""
    if permit.status in USABLE - {PermitStatus.EXHAUSTED} and at_day > permit.terms.valid_until:
        return PermitStatus.EXPIRED
    return permit.status
