"""An application for a permit: submitted, queried and answered, granted in whole or in part, refused, withdrawn.

Where the country's policy asks for two people, nobody who ever assessed it (or asked the applicant) issues the permit.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.permits.domain.events import ASSESSED
from services.permits.domain.lifecycle import ApplicationStatus, By, application_may_turn, application_turns_of
from services.permits.domain.permits import issue
from services.permits.domain.permits.issue import Fresh
from services.permits.domain.permits.validation import MONTHS, later, must_be_sane
from services.permits.domain.reference.facts import Facts
from services.permits.domain.values import ApplicationChange, ApplicationOnFile, Move, Outcome
from shared.cites.time_zones import latest_day
from shared.contracts.application import Application, Assessment, GrantedLine, Granting
from shared.contracts.fields import write_moment
from shared.contracts.parties import Act, Party
from shared.contracts.permit import Permit, PermitLine
from shared.contracts.quantities import plain
from shared.problems import Conflict, Fault, Invalid

USUAL_MONTHS = 6
"""How long a permit of a kind without a limit of its own is valid when its authority does not say."""


@dataclass(frozen=True)
class Officer:
    """Who acts for an authority: its party, the person by whose credential, and the moment."""

    party: Party
    person: str
    by: Act


def submit(id: UUID, trader: UUID, stated: Application, by: Act, facts: Facts) -> Outcome:
    """File an application of a trader, made by itself or by its agent.

    Lines that no permit could have are refused now and not at the end.
    """
    assert by.party is not None, "it is a party that applies"
    filed = ApplicationOnFile(id, by.party, trader, stated, ApplicationStatus.SUBMITTED, by.at)
    day = latest_day(stated.asked, by.at)
    must_be_sane(terms_of(filed, Granting(), day), day, facts)
    move = Move(None, filed.status, by, "application.submitted")
    return Outcome(applications=(ApplicationChange(filed, (move,)),))


def query(filed: ApplicationOnFile, message: str, officer: Officer) -> Outcome:
    """Ask the applicant."""
    found = {**filed.assessment, "people": _people(filed, officer)} if filed.assessment else None
    asked = replace(filed, assessment=found or _assessed(filed, officer, "query", message))
    return _turn(asked, ApplicationStatus.QUERIED, "application.queried", message, officer.by)


def answer(filed: ApplicationOnFile, message: str, by: Act) -> Outcome:
    """Answer the authority."""
    return _turn(filed, ApplicationStatus.SUBMITTED, "application.answered", message, by)


def withdraw(filed: ApplicationOnFile, reason: str | None, by: Act) -> Outcome:
    """Take the application back."""
    return _turn(filed, ApplicationStatus.WITHDRAWN, "application.withdrawn", reason, by)


def refuse(filed: ApplicationOnFile, reason: str, by: Act) -> Outcome:
    """Refuse it, with reasons."""
    return _turn(filed, ApplicationStatus.REFUSED, "application.refused", reason, by)


def assess(filed: ApplicationOnFile, stated: Assessment, officer: Officer) -> Outcome:
    """Note what a person of the authority found; the application stays where it is."""
    if not application_may_turn(filed.status, ApplicationStatus.GRANTED, By.AUTHORITY):
        raise _wrong(filed)
    after = replace(filed, assessment=_assessed(filed, officer, stated.recommendation, stated.note))
    extra = {"recommendation": stated.recommendation}
    move = Move(filed.status, filed.status, officer.by, ASSESSED, stated.note, extra)
    return Outcome(applications=(ApplicationChange(after, (move,)),))


def _assessed(filed: ApplicationOnFile, officer: Officer, recommendation: str, note: str | None) -> dict[str, object]:
    return {
        "recommendation": recommendation,
        "note": note,
        "party": str(officer.party.id),
        "person": officer.person,
        "at": write_moment(officer.by.at),
        "people": _people(filed, officer),
    }


def _people(filed: ApplicationOnFile, *more: Officer) -> list[str]:
    """Answer everyone who assessed an application or asked its applicant so far, each once."""
    found = filed.assessment or {}
    before = found.get("people") or ([found["person"]] if found else [])
    return list(dict.fromkeys([*before, *(officer.person for officer in more)]))


def grant(
    filed: ApplicationOnFile, stated: Granting, fresh: Fresh, officer: Officer, day: date, *, two_people: bool
) -> Outcome:
    """Grant it: the permit is issued in the same stroke."""
    _must_turn(filed, ApplicationStatus.GRANTED, By.AUTHORITY)
    if two_people:
        _must_be_another(filed, officer)
    issued = issue.issue(fresh, terms_of(filed, stated, day), officer.party, officer.by)
    permit = issued.permits[0].permit
    extra = {"permit_id": str(permit.id), "number": permit.terms.number}
    granted = _turn(
        replace(filed, permit=permit.id),
        ApplicationStatus.GRANTED,
        "application.granted",
        stated.reason,
        officer.by,
        extra,
    )
    return replace(issued, applications=granted.applications)


def _must_be_another(filed: ApplicationOnFile, officer: Officer) -> None:
    """Refuse that one person assesses and issues, where the policy of the country asks for two."""
    country = filed.document.asked
    if filed.assessment is None:
        text = f"{country} asks for two people: one assesses the application, then another issues the permit."
        raise Conflict("assessment-missing", text)
    if officer.person in _people(filed):
        text = f"{country} asks for two people: who assessed this application does not issue its permit."
        raise Conflict("same-person", text)


def terms_of(filed: ApplicationOnFile, stated: Granting, day: date) -> Permit:
    """Write the permit that a grant issues: what was asked, with what the authority says of it."""
    asked = filed.document
    issued = stated.issued_on or day
    return Permit(
        number=stated.number or f"{asked.asked}-{issued.year}-{filed.id.hex[-10:].upper()}",
        kind=asked.kind,
        issuer=asked.asked,
        issued_on=issued,
        valid_until=stated.valid_until or _longest(asked, issued),
        exporter=asked.exporter,
        importer=asked.importer,
        export_country=asked.export_country,
        import_country=asked.import_country,
        purpose=asked.purpose,
        special_conditions=stated.special_conditions,
        security_stamp=stated.security_stamp,
        retrospective=stated.retrospective,
        carnet=asked.carnet,
        lines=_granted(asked, stated),
    )


def _longest(asked: Application, issued: date) -> date:
    last = later(issued, MONTHS.get(asked.kind, USUAL_MONTHS)) - timedelta(days=1)
    return min(last, asked.carnet.valid_until) if asked.carnet else last


def _granted(asked: Application, stated: Granting) -> tuple[PermitLine, ...]:
    if not stated.lines:
        return asked.lines
    lines = {line.line: line for line in asked.lines}
    for index, line in enumerate(stated.lines):
        _must_be_asked(lines, line, f"/lines/{index}")
    return tuple(_line(lines[one.line], one) for one in stated.lines)


def _line(asked: PermitLine, granted: GrantedLine) -> PermitLine:
    said = {name: getattr(granted, name) for name in ("quantity", "quota_used", "annual_quota")}
    return asked.model_copy(update={name: value for name, value in said.items() if value is not None})


def _must_be_asked(lines: dict[str, PermitLine], granted: GrantedLine, place: str) -> None:
    if granted.line not in lines:
        text = f"The application has no line {granted.line}."
        raise Invalid("no-such-line", text, [Fault(f"{place}/line", "no-such-line", text)])
    asked = lines[granted.line]
    if granted.quantity is not None and granted.quantity > asked.quantity:
        text = f"Line {asked.line} asks for {plain(asked.quantity)} {asked.unit}; no more than that is granted on it."
        raise Invalid("more-than-asked", text, [Fault(f"{place}/quantity", "more-than-asked", text)])


def days_open(filed: ApplicationOnFile, at: datetime) -> int:
    """Answer how many whole days an application has been open, or was until it was decided."""
    return max(((filed.decided_at or at) - filed.submitted_at).days, 0)


def _turn(
    filed: ApplicationOnFile,
    there: ApplicationStatus,
    event: str,
    reason: str | None,
    by: Act,
    extra: dict[str, str] | None = None,
) -> Outcome:
    _must_turn(filed, there, By(by.role))
    ends = not application_may_turn(there, ApplicationStatus.WITHDRAWN, By.TRADER)
    after = replace(filed, status=there, decided_at=by.at if ends else None)
    return Outcome(
        applications=(ApplicationChange(after, (Move(filed.status, there, by, event, reason, extra or {}),)),)
    )


def _must_turn(filed: ApplicationOnFile, there: ApplicationStatus, by: By) -> None:
    if not application_may_turn(filed.status, there, by):
        raise _wrong(filed)


def _wrong(filed: ApplicationOnFile) -> Conflict:
    return Conflict("wrong-turn", f"The application is {filed.status}. {application_turns_of(filed.status)}")
