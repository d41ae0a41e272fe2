"""Applications for permits: submit, query, reply, assess, grant in whole or in part, refuse, withdraw.

If the policy of the country requires two people, an officer who assessed or queried an application never grants it.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.permits.domain.events import application_fields
from services.permits.domain.lifecycle import (
    MAX_HISTORY,
    can_transition_application,
    describe_application_transitions,
    require_room_in_history,
)
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.change_sets import ApplicationChange, ChangeSet
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.persons import Officer
from services.permits.domain.permits import issue
from services.permits.domain.permits.issue import NewPermit
from services.permits.domain.permits.validation import VALIDITY_MONTHS, add_months, validate_permit
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.conflict_of_interest import conflict_of_interest
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.application import Application, Assessment, GrantDecision, GrantedLine
from shared.contracts.closed_sets import ActorRole, ApplicationStatus
from shared.contracts.events.applications import (
    ApplicationAnswered,
    ApplicationAssessed,
    ApplicationEventData,
    ApplicationGranted,
    ApplicationQueried,
    ApplicationRefused,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from shared.contracts.fields import format_timestamp
from shared.contracts.parties import Actor
from shared.contracts.permit import Permit, PermitLine
from shared.contracts.quantities import format_quantity
from shared.problems import Conflict, Fault, Invalid, list_names

DEFAULT_VALIDITY_MONTHS = 6
"""Validity of a permit if neither its kind nor its authority sets one, in months."""


def submit(application_id: UUID, trader: UUID, content: Application, actor: Actor, facts: Facts) -> ChangeSet:
    """Return the changes of a new application of a trader, submitted by the trader or by its agent.

    Raise Invalid if the lines could not be those of a permit, so that the trader learns it before the decision.
    """
    assert actor.party is not None, "it is a party that applies"
    application = ApplicationRecord(
        id=application_id,
        party=actor.party,
        trader=trader,
        content=content,
        status=ApplicationStatus.SUBMITTED,
        submitted_at=actor.at,
    )
    day = day_in_last_zone(content.authority_country, actor.at)
    validate_permit(permit_content(application, GrantDecision(), day), day, facts)
    data = ApplicationSubmitted(**application_fields(application), status=application.status)
    event = DomainEvent(from_status=None, data=data, actor=actor)
    return ChangeSet(applications=(ApplicationChange(application=application, events=(event,)),))


def query(application: ApplicationRecord, message: str, officer: Officer) -> ChangeSet:
    """Return the changes of a question to the applicant, kept as an assessment if the application has none.

    Raise Conflict `invalid-transition` if the status does not allow it.
    """
    require_room_in_history(application.sequence, MAX_HISTORY)
    found = (
        {**application.assessment, "people": _involved_persons(application, officer)}
        if application.assessment
        else None
    )
    queried = replace(application, assessment=found or _assessment(application, officer, "query", message))
    data = ApplicationQueried(**application_fields(queried), status=ApplicationStatus.QUERIED, reason=message)
    return _transition(queried, data, officer.actor)


def reply(application: ApplicationRecord, message: str, actor: Actor) -> ChangeSet:
    """Return the changes of the applicant's reply. Raise Conflict `invalid-transition` if no question is open.

    Raise NotAllowed if the party that replies asked the question or assessed the application.
    """
    if application.assessment and application.assessment["party"] == str(actor.party):
        raise conflict_of_interest()
    data = ApplicationAnswered(**application_fields(application), status=ApplicationStatus.SUBMITTED, reason=message)
    return _transition(application, data, actor)


def withdraw(application: ApplicationRecord, reason: str | None, actor: Actor) -> ChangeSet:
    """Return the changes of a withdrawal by the applicant. Raise Conflict `invalid-transition` after a decision."""
    data = ApplicationWithdrawn(**application_fields(application), status=ApplicationStatus.WITHDRAWN, reason=reason)
    return _transition(application, data, actor)


def refuse(application: ApplicationRecord, reason: str, actor: Actor) -> ChangeSet:
    """Return the changes of a refusal by the authority. Raise Conflict `invalid-transition` after a decision."""
    data = ApplicationRefused(**application_fields(application), status=ApplicationStatus.REFUSED, reason=reason)
    return _transition(application, data, actor)


def assess(application: ApplicationRecord, assessment: Assessment, officer: Officer) -> ChangeSet:
    """Return the changes of an officer's assessment; the status stays.

    Raise Conflict `invalid-transition` if the application can no longer be granted.
    """
    if not can_transition_application(application.status, ApplicationStatus.GRANTED, ActorRole.AUTHORITY):
        raise _wrong_transition(application)
    require_room_in_history(application.sequence, MAX_HISTORY)
    assessed = replace(
        application, assessment=_assessment(application, officer, assessment.recommendation, assessment.note)
    )
    data = ApplicationAssessed(
        **application_fields(application),
        status=application.status,
        reason=assessment.note,
        recommendation=assessment.recommendation,
    )
    event = DomainEvent(from_status=application.status, data=data, actor=officer.actor)
    return ChangeSet(applications=(ApplicationChange(application=assessed, events=(event,)),))


def _assessment(
    application: ApplicationRecord, officer: Officer, recommendation: str, note: str | None
) -> dict[str, object]:
    return {
        "recommendation": recommendation,
        "note": note,
        "party": str(officer.party.id),
        "person": officer.person.name,
        "at": format_timestamp(officer.actor.at),
        "people": _involved_persons(application, officer),
    }


def _involved_persons(application: ApplicationRecord, *more: Officer) -> list[str]:
    """Return each person who assessed or queried an application, in order, and the persons in `more`."""
    found = application.assessment or {}
    before = found.get("people") or ([found["person"]] if found else [])
    return list(dict.fromkeys([*before, *(officer.person.name for officer in more)]))


def grant(
    application: ApplicationRecord,
    decision: GrantDecision,
    new_permit: NewPermit,
    officer: Officer,
    day: date,
    *,
    two_people: bool,
) -> ChangeSet:
    """Return the changes of a grant: the application is granted and the permit is issued.

    `day` is the default day of issue. `two_people` means that the country's policy requires a second person.
    Raise Conflict `invalid-transition`, `assessment-missing` or `same-person`. Raise Invalid if the decision names a
    line that was not requested, grants more than was requested, or makes an invalid permit.
    """
    _require_transition(application, ApplicationStatus.GRANTED, ActorRole.AUTHORITY)
    if two_people:
        _require_second_person(application, officer)
    issued = issue.issue(new_permit, permit_content(application, decision, day), officer.party, officer.actor)
    permit = issued.permits[0].permit
    data = ApplicationGranted(
        **application_fields(application),
        status=ApplicationStatus.GRANTED,
        reason=decision.reason,
        permit_id=permit.id,
        number=permit.content.number,
    )
    granted = _transition(replace(application, permit=permit.id), data, officer.actor)
    return replace(issued, applications=granted.applications)


def _require_second_person(application: ApplicationRecord, officer: Officer) -> None:
    """Raise Conflict if no person assessed the application, or the officer assessed or queried it."""
    country = application.content.authority_country
    if application.assessment is None:
        text = (
            f"{country} requires two people: one assesses the application, another issues the "
            "permit. Nobody has assessed it yet. Ask a colleague to do so."
        )
        raise Conflict("assessment-missing", text)
    if {officer.person.name, officer.person.credential} & set(_involved_persons(application)):
        text = (
            f"{country} requires two people: a person who assessed the application, or asked the applicant, does not "
            "issue the permit. Ask a colleague to issue it."
        )
        raise Conflict("same-person", text)


def permit_content(application: ApplicationRecord, decision: GrantDecision, day: date) -> Permit:
    """Return the content of the permit that a grant issues: the application's content with the decision's values.

    Raise Invalid if the decision names a line that was not requested, or grants more than was requested.
    """
    content = application.content
    issued = decision.issued_on or day
    return Permit(
        number=decision.number or f"{content.authority_country}-{issued.year}-{application.id.hex[-10:].upper()}",
        kind=content.kind,
        issuer=content.authority_country,
        issued_on=issued,
        valid_until=decision.valid_until or _latest_valid_until(content, issued),
        exporter=content.exporter,
        importer=content.importer,
        export_country=content.export_country,
        import_country=content.import_country,
        purpose=content.purpose,
        special_conditions=decision.special_conditions,
        security_stamp=decision.security_stamp,
        retrospective=decision.retrospective,
        retrospective_reason=decision.retrospective_reason,
        carnet=content.carnet,
        lines=_granted_lines(content, decision),
    )


def _latest_valid_until(content: Application, issued: date) -> date:
    last = add_months(issued, VALIDITY_MONTHS.get(content.kind, DEFAULT_VALIDITY_MONTHS)) - timedelta(days=1)
    return min(last, content.carnet.valid_until) if content.carnet else last


def _granted_lines(content: Application, decision: GrantDecision) -> tuple[PermitLine, ...]:
    if not decision.lines:
        return content.lines
    lines = {line.line: line for line in content.lines}
    for index, line in enumerate(decision.lines):
        _require_line_requested(lines, line, f"/lines/{index}")
    return tuple(_granted_line(lines[one.line], one) for one in decision.lines)


def _granted_line(requested: PermitLine, granted: GrantedLine) -> PermitLine:
    changes = {name: getattr(granted, name) for name in ("quantity", "quota_used", "annual_quota")}
    return requested.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _require_line_requested(lines: dict[str, PermitLine], granted: GrantedLine, pointer: str) -> None:
    if granted.line not in lines:
        text = f"The application has no line {granted.line}. Its lines are: {list_names(lines)}. Name one of them."
        raise Invalid("no-such-line", text, [Fault(f"{pointer}/line", "no-such-line", text)])
    requested = lines[granted.line]
    if granted.quantity is not None and granted.quantity > requested.quantity:
        quantity = f"{format_quantity(requested.quantity)} {requested.unit}"
        text = f"Line {requested.line} asks for {quantity}. Grant at most that quantity."
        raise Invalid("more-than-asked", text, [Fault(f"{pointer}/quantity", "more-than-asked", text)])


def as_submitted(application: ApplicationRecord) -> ApplicationRecord:
    """Return an application as its trader or agent submitted it, without anything that came later."""
    return replace(
        application,
        status=ApplicationStatus.SUBMITTED,
        decided_at=None,
        permit=None,
        assessment=None,
        sequence=1,
        version=1,
    )


def days_open(application: ApplicationRecord, at: datetime) -> int:
    """Return the number of whole days from the submission to the decision, or to `at` if there is none."""
    return max(((application.decided_at or at) - application.submitted_at).days, 0)


def _transition(application: ApplicationRecord, data: ApplicationEventData, actor: Actor) -> ChangeSet:
    _require_transition(application, data.status, ActorRole(actor.role))
    ends = not can_transition_application(data.status, ApplicationStatus.WITHDRAWN, ActorRole.TRADER)
    after = replace(application, status=data.status, decided_at=actor.at if ends else None)
    event = DomainEvent(from_status=application.status, data=data, actor=actor)
    return ChangeSet(applications=(ApplicationChange(application=after, events=(event,)),))


def _require_transition(application: ApplicationRecord, to_status: ApplicationStatus, role: ActorRole) -> None:
    if not can_transition_application(application.status, to_status, role):
        raise _wrong_transition(application)


def _wrong_transition(application: ApplicationRecord) -> Conflict:
    return Conflict(
        "invalid-transition",
        f"The application is {application.status}. {describe_application_transitions(application.status)}",
    )
