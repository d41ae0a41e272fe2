"""Applications for permits: a trader applies; the authority queries, assesses, grants or refuses."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.permits import quota_check
from services.permits.actions.permits.permit_numbers import list_void_permits, raise_number_taken
from services.permits.actions.permits.views import NO_PERMIT, REPLACE_PERMIT, IssuedPermit
from services.permits.actions.views import history_entry, permit_link
from services.permits.domain import applications as domain_applications
from services.permits.domain.applications import as_submitted, days_open
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.issue_notes import NO_NOTES, IssueNotes
from services.permits.domain.model.persons import Officer
from services.permits.domain.permits.issue import NewPermit
from services.permits.domain.rules.conflict_of_interest import require_application_of_others
from services.permits.store import applications, change_sets, facts, permits, policies
from services.permits.store.from_row import Row
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.events import EventType
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.application import Application, Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import ActorRole, Role
from shared.contracts.declaration import Refusal
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Actor, Party, RepresentedTrader
from shared.contracts.views.applications import ApplicationView, AssessmentView, RequestedLine
from shared.contracts.views.pages import STORED_BYTES_PER_BATCH, BoundedPage, RenderedPage, batches_by_size
from shared.contracts.views.parts import HistoryEntry, render_json, submitted_fields
from shared.contracts.views.permits import RelatedPermit
from shared.database import new_id, plan_by_values, retry_transaction
from shared.idempotency import CREATED, IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, NotAllowed, NotFound
from shared.sealed_secrets import SecretSealer, open_response, seal_response
from shared.secret_tokens import generate_secret, secret_digest

MAX_OPEN_APPLICATIONS = Limit(
    1_000,
    "applications",
    subject=LimitSubject.PERMITS,
    meaning="Applications of a trader that wait for a decision",
    beyond="409 `too-many-applications`",
)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """The token of the permit that a grant issues, and the sealer of the response that contains it."""

    token: str
    sealer: SecretSealer


Decide = Callable[[AsyncConnection, ApplicationRecord], Awaitable[ChangeSet]]


def _from_application_only(transition: Callable[[ApplicationRecord], ChangeSet]) -> Decide:
    """Return the decision of a transition that needs only the application."""

    async def decide(_: AsyncConnection, application: ApplicationRecord) -> ChangeSet:
        return transition(application)

    return decide


def _for_office(party: Party, decide: Decide) -> Decide:
    """Return the decision of an authority, which raises NotAllowed about the authority's own application."""

    async def decide_for_others(conn: AsyncConnection, application: ApplicationRecord) -> ChangeSet:
        require_application_of_others(application, party)
        return await decide(conn, application)

    return decide_for_others


async def submit(
    engine: AsyncEngine,
    party: Party,
    content: Application,
    command: IdempotentCommand,
    *,
    trader: RepresentedTrader | None = None,
) -> StoredResponse:
    """Store an application by its exporter or importer, or by the agent of one of them.

    Raise NotAllowed, Invalid, Conflict.
    """
    identifiers = (trader or party).identifier_keys
    trader_id = party.id if trader is None else trader.party
    _require_own_application(content, identifiers, trader_id)
    application_id, actor = new_id(command.at), Actor(party=party.id, role=ActorRole.TRADER, at=command.at)
    async with engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return stored
        await applications.lock_applicant(conn, trader_id)
        if await applications.count_open(conn, trader_id) >= MAX_OPEN_APPLICATIONS:
            raise Conflict(
                "too-many-applications",
                f"{MAX_OPEN_APPLICATIONS} applications of the trader wait for a decision, the limit of the hub. "
                "Withdraw one that you do not need: POST /v1/permit-applications/{id}/withdrawal.",
            )
        listing_facts = await facts.load_listing_facts(conn, [content])
        await change_sets.save_change_set(
            conn, domain_applications.submit(application_id, trader_id, content, actor, listing_facts)
        )
        return await _store_response(conn, application_id, party, command, status=CREATED)


def _require_own_application(content: Application, identifiers: frozenset[str], trader_id: UUID) -> None:
    sides = (content.exporter, content.importer)
    stated = {identifier_key(side.country, side.identifier) for side in sides if side.identifier is not None}
    if not stated & identifiers:
        text = (
            "The identifiers of exporter and importer are none of yours, nor of a trader whose mandate you have today. "
            "Apply under an identifier and the country of GET /v1/me."
        )
        raise NotAllowed("not-your-application", text)
    if content.trader not in {None, trader_id}:
        raise NotAllowed(
            "not-your-application",
            "`trader` names another party, and you have no mandate of it today. The trader "
            "grants one: POST /v1/mandates.",
        )


async def query(
    engine: AsyncEngine, application_id: UUID, officer: Officer, question: Question, command: IdempotentCommand
) -> StoredResponse:
    """Send the authority's question to the applicant. Raise NotFound, NotAllowed, Conflict."""
    decide = _from_application_only(
        lambda application: domain_applications.query(application, question.message, officer)
    )
    return await _apply_transition(
        engine,
        application_id,
        officer.party,
        applications.decided_by(officer.party),
        command,
        _for_office(officer.party, decide),
    )


async def reply(
    engine: AsyncEngine, application_id: UUID, party: Party, content: Reply, command: IdempotentCommand
) -> StoredResponse:
    """Store the applicant's reply to the authority. Raise NotFound, Conflict."""
    actor = Actor(party=party.id, role=ActorRole.TRADER, at=command.at)
    decide = _from_application_only(lambda application: domain_applications.reply(application, content.message, actor))
    return await _apply_transition(engine, application_id, party, applications.submitted_by(party), command, decide)


async def withdraw(
    engine: AsyncEngine, application_id: UUID, party: Party, content: Withdrawal, command: IdempotentCommand
) -> StoredResponse:
    """Withdraw an application for its applicant. Raise NotFound, Conflict."""
    actor = Actor(party=party.id, role=ActorRole.TRADER, at=command.at)
    decide = _from_application_only(
        lambda application: domain_applications.withdraw(application, content.reason, actor)
    )
    return await _apply_transition(engine, application_id, party, applications.submitted_by(party), command, decide)


async def refuse(
    engine: AsyncEngine, application_id: UUID, officer: Officer, decision: Refusal, command: IdempotentCommand
) -> StoredResponse:
    """Refuse an application for the authority. Raise NotFound, NotAllowed, Conflict."""
    decide = _from_application_only(
        lambda application: domain_applications.refuse(application, decision.reason, officer.actor)
    )
    return await _apply_transition(
        engine,
        application_id,
        officer.party,
        applications.decided_by(officer.party),
        command,
        _for_office(officer.party, decide),
    )


async def assess(
    engine: AsyncEngine, application_id: UUID, officer: Officer, assessment: Assessment, command: IdempotentCommand
) -> StoredResponse:
    """Store an officer's assessment of an application. Raise NotFound, NotAllowed, Conflict."""
    decide = _from_application_only(lambda application: domain_applications.assess(application, assessment, officer))
    return await _apply_transition(
        engine,
        application_id,
        officer.party,
        applications.decided_by(officer.party),
        command,
        _for_office(officer.party, decide),
    )


async def grant(
    engine: AsyncEngine,
    application_id: UUID,
    officer: Officer,
    decision: GrantDecision,
    command: IdempotentCommand,
    *,
    sealer: SecretSealer,
) -> StoredResponse:
    """Grant an application and issue its permit. The response holds the permit's id and, this once, its token.

    Raise NotFound, NotAllowed, Conflict, Invalid.
    """
    new_token = NewToken(token=generate_secret(), sealer=sealer)

    async def decide(conn: AsyncConnection, application: ApplicationRecord) -> ChangeSet:
        policy, _ = await policies.read(conn, application.content.authority_country)
        new_permit = NewPermit(
            id=new_id(command.at),
            token_digest=secret_digest(new_token.token),
            facts=await facts.load_listing_facts(conn, [application.content]),
        )
        two_people_required = policy.two_people_for_permits
        changes = domain_applications.grant(
            application,
            decision,
            new_permit,
            officer,
            day_in_last_zone(application.content.authority_country, command.at),
            two_people=two_people_required,
        )
        void_permits = await list_void_permits(conn, officer.party, changes.permits[0].permit.content)
        await quota_check.require_within_quota(conn, changes)
        await permits.give_up_numbers(conn, void_permits)
        return changes

    condition, decide_for_others = applications.decided_by(officer.party), _for_office(officer.party, decide)
    try:
        return await _apply_transition(
            engine, application_id, officer.party, condition, command, decide_for_others, new_token=new_token
        )
    except IntegrityError as error:
        raise_number_taken(error, officer.party.country, decision.number or "of this number")
        raise


async def _apply_transition(
    engine: AsyncEngine,
    application_id: UUID,
    party: Party,
    condition: ColumnElement[bool],
    command: IdempotentCommand,
    decide: Decide,
    *,
    new_token: NewToken | None = None,
) -> StoredResponse:
    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return _open_response(command, stored, new_token)
            application = await applications.lock(conn, application_id, condition)
            if application is None:
                raise NotFound
            command.condition.require(application.version)
            changes = await decide(conn, application)
            await change_sets.save_change_set(conn, changes)
            notes = changes.permits[0].notes if changes.permits else NO_NOTES
            return await _store_response(conn, application_id, party, command, new_token=new_token, notes=notes)

    return await retry_transaction(transaction)


def _open_response(command: IdempotentCommand, stored: StoredResponse, new_token: NewToken | None) -> StoredResponse:
    if new_token is None:
        return stored
    return open_response(new_token.sealer, command, stored, advice=REPLACE_PERMIT)


async def _store_response(
    conn: AsyncConnection,
    application_id: UUID,
    party: Party,
    command: IdempotentCommand,
    *,
    status: int = 200,
    new_token: NewToken | None = None,
    notes: IssueNotes = NO_NOTES,
) -> StoredResponse:
    acted_on = or_(applications.readable_by(party), applications.submitted_by(party))
    application = await applications.find(conn, application_id, acted_on)
    assert application is not None, "a party that acts on an application may read it"
    issued = IssuedPermit(token=None if new_token is None else new_token.token, notes=notes)
    [view] = await _load_views(conn, [application], party, command.at, issued=issued)
    location = f"/v1/permit-applications/{application_id}" if status == CREATED else None
    response = StoredResponse(status=status, body=render_json(view), location=location, version=application.version)
    stored = response if new_token is None else seal_response(new_token.sealer, command, response)
    await idempotency.store_response(conn, commands, command, stored)
    return response


async def read(engine: AsyncEngine, application_id: UUID, party: Party, at: datetime) -> ApplicationView:
    """Return one application with all that this party may read. Raise NotFound.

    An agent whose mandate has ended reads the application as it submitted it.
    """
    async with engine.connect() as conn:
        application = await applications.find(conn, application_id, applications.readable_by(party))
        if application is None:
            submitted = await applications.find(conn, application_id, applications.submitted_by(party))
            if submitted is None:
                raise NotFound
            first_entry = (await applications.histories(conn, [application_id])).get(application_id, [])[:1]
            return _application_view(as_submitted(submitted), first_entry, party, at, permit=None)
        return (await _load_views(conn, [application], party, at))[0]


async def list_applications(
    engine: AsyncEngine, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None, at: datetime
) -> RenderedPage:
    """List applications, newest first, up to the limit of bytes. The cursor is the id of the last one."""
    page = BoundedPage()
    async with engine.connect() as conn:
        await plan_by_values(conn)
        listed = await applications.list_sizes(conn, party, filters, limit=limit + 1, before=before)
        for batch in batches_by_size(listed[:limit], size=lambda row: row["stored_bytes"], most=STORED_BYTES_PER_BATCH):
            records = await applications.read_many(conn, [row["id"] for row in batch])
            views = await _load_views(conn, [records[row["id"]] for row in batch], party, at)
            if not all(page.add(render_json(view)) for view in views):
                break
    return page.render([str(row["id"]) for row in listed])


async def _load_views(
    conn: AsyncConnection,
    records: list[ApplicationRecord],
    party: Party,
    at: datetime,
    *,
    issued: IssuedPermit = NO_PERMIT,
) -> tuple[ApplicationView, ...]:
    """Return the views of applications. `issued` is the new permit of the only one, if it was just granted."""
    histories = await applications.histories(conn, [record.id for record in records])
    links = await permits.names_by_id(conn, {record.permit for record in records if record.permit is not None})
    return tuple(
        _application_view(
            record,
            histories.get(record.id, []),
            party,
            at,
            permit=permit_link(record.permit, links, token=issued.token, notes=issued.notes),
        )
        for record in records
    )


def _application_view(
    application: ApplicationRecord,
    history: Iterable[Row],
    reader: Party,
    at: datetime,
    *,
    permit: RelatedPermit | None,
) -> ApplicationView:
    """Return an application with its history. Only the authority sees the assessment."""
    content = application.content
    is_authority = Role.AUTHORITY in reader.roles and reader.country == content.authority_country
    visible_history = [row for row in history if is_authority or row["event"] != EventType.APPLICATION_ASSESSED]
    view = ApplicationView.model_construct(
        **submitted_fields(content, without={"issuer", "trader", "lines"}),
        issuer=content.authority_country,
        lines=tuple(RequestedLine.model_construct(**submitted_fields(line)) for line in content.lines),
        id=application.id,
        version=application.version,
        status=application.status,
        applicant=application.trader,
        trader=application.trader,
        lodged_by=application.party,
        submitted_at=application.submitted_at,
        decided_at=application.decided_at,
        days_open=days_open(application, at),
        permit_id=application.permit,
        permit=permit,
        history=tuple(history_entry(HistoryEntry, row, application) for row in visible_history),
    )
    if not is_authority:
        return view
    found = application.assessment
    return view.model_copy(update={"assessment": None if found is None else AssessmentView.model_validate(found)})
