"""A party's webhook endpoints: create, read, change, delete."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions import backlog
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.endpoint_verification import send_challenge
from services.notifications.actions.signing_secrets import ROTATION_ADVICE, new_secret
from services.notifications.domain import endpoint_urls
from services.notifications.domain.endpoint import Endpoint
from services.notifications.domain.event_filters import required_filter_keys
from services.notifications.store import endpoints as store
from services.notifications.store import events, failure_streaks, rate_limits
from services.notifications.store.tables import commands
from shared import idempotency
from shared.conditional_requests import VersionCondition
from shared.contracts.closed_sets import EndpointStatus, WebhookFormat
from shared.contracts.views.webhooks import CreatedEndpoint, EndpointView, Filters
from shared.contracts.webhooks import EndpointChange, EventFilters, NewEndpoint
from shared.database import run_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, Fault, Invalid, NotFound, TooManyRequests
from shared.sealed_secrets import open_response, seal_response

HIDDEN_VALUE = "…"
"""The value of each header in a response. Header values are write-only, and no request may contain this one."""
MAX_ENDPOINTS = Limit(
    50,
    "endpoints",
    subject=LimitSubject.EVENTS,
    meaning="Webhook endpoints of a party",
    beyond="409 `too-many-endpoints`",
)
MAX_NEW_ENDPOINTS = Limit(
    200,
    "endpoints",
    subject=LimitSubject.EVENTS,
    meaning="Webhook endpoints that a party creates within a day, deleted ones too",
    beyond="429 `too-many-requests`",
)


async def create(
    engine: AsyncEngine,
    new: NewEndpoint,
    command: IdempotentCommand,
    policy: EndpointPolicy,
    *,
    party_id: UUID,
    endpoint_id: UUID,
    at: datetime,
) -> StoredResponse:
    """Create an endpoint of a party. Its secret is in this response and in no other. Raise Invalid."""
    _require_allowed_url(new.url, policy)
    secret, verified = new_secret(), not (new.verify or policy.requires_verification(new.url))
    values = _column_values(new.model_dump(), endpoint_id, policy)
    async with engine.begin() as conn:
        if not verified:
            await events.acquire_intake_lock(conn)
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return open_response(policy.keys.sealer, command, stored, advice=ROTATION_ADVICE)
        await _require_room(conn, party_id, at=at)
        status = EndpointStatus.ACTIVE if verified else EndpointStatus.PENDING
        new_values = {"id": endpoint_id, "party_id": party_id, "created_at": at, "reason": None}
        endpoint = await store.insert_endpoint(conn, new_values | values | {"verified": verified, "status": status})
        await store.insert_secret(conn, endpoint_id, policy.keys.seal(secret, endpoint_id), at=at)
        await _prepare_sending(conn, endpoint, needs_challenge=not verified, at=at)
        view = CreatedEndpoint(**dict(render_endpoint(endpoint, policy)), secret=secret)
        response = StoredResponse(
            status=201,
            body=view.model_dump_json(),
            location=f"/v1/webhook-endpoints/{endpoint_id}",
            version=endpoint.version,
        )
        sealed = seal_response(policy.keys.sealer, command, response)
        await idempotency.store_response(conn, commands, command, sealed)
        return response


async def _require_room(conn: AsyncConnection, party_id: UUID, *, at: datetime) -> None:
    """Raise Conflict or TooManyRequests if a party has, or created, too many endpoints. Lock the party."""
    await store.lock_party(conn, party_id)
    if await store.count_owned(conn, party_id) >= MAX_ENDPOINTS:
        raise Conflict(
            "too-many-endpoints",
            f"Your party has {MAX_ENDPOINTS} webhook endpoints, the limit of the hub. Delete one that you do not need: "
            "DELETE /v1/webhook-endpoints/{id}.",
        )
    if await store.count_created_since(conn, party_id, at - timedelta(days=1)) >= MAX_NEW_ENDPOINTS:
        raise TooManyRequests(
            "too-many-requests",
            f"Your party created {MAX_NEW_ENDPOINTS} webhook endpoints within a day. Change one with PATCH, or wait an "
            "hour and try again.",
            3600,
        )


async def read(engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, policy: EndpointPolicy) -> EndpointView:
    """Read an endpoint of the party. Raise NotFound."""
    async with engine.connect() as conn:
        return render_endpoint(require_found(await store.find_owned(conn, endpoint_id, party_id)), policy)


async def list_endpoints(
    engine: AsyncEngine, party_id: UUID, policy: EndpointPolicy, *, before: UUID | None, limit: int
) -> tuple[EndpointView, ...]:
    """List a party's endpoints, newest first."""
    async with engine.connect() as conn:
        rows = await store.list_owned(conn, party_id, before=before, limit=limit)
    return tuple(render_endpoint(row, policy) for row in rows)


async def change(
    engine: AsyncEngine,
    endpoint_id: UUID,
    party_id: UUID,
    endpoint_change: EndpointChange,
    policy: EndpointPolicy,
    *,
    condition: VersionCondition,
    at: datetime,
) -> tuple[EndpointView, str | None]:
    """Change the given fields of an endpoint, if `condition` names its present version.

    `paused: false` resumes a paused endpoint and enables a disabled one: its waiting deliveries become due now. This
    function resumes a limited number of queues. It returns the last of them, or None, and `backlog.resume_remaining`
    resumes the queues after it. A new URL must be verified if the policy demands that. The headers of the
    earlier URL end, because a header may be a credential of its server. Raise NotFound, Invalid or Conflict.
    """
    if endpoint_change.url is not None:
        _require_allowed_url(endpoint_change.url, policy)
    given_fields = endpoint_change.model_dump(include=endpoint_change.model_fields_set)

    async def transaction(conn: AsyncConnection) -> tuple[Endpoint, bool]:
        await events.acquire_intake_lock(conn)
        current = require_found(await store.lock_owned(conn, endpoint_id, party_id))
        condition.require(current.version)
        status_change = _status_change(given_fields, current, policy)
        values = _column_values(given_fields, endpoint_id, policy)
        if endpoint_change.url not in {None, current.url}:
            values = {"headers": None} | values
        changed = await store.update_endpoint(conn, endpoint_id, values | status_change)
        resumed = status_change.get("status") in {EndpointStatus.ACTIVE, EndpointStatus.PENDING}
        if resumed:
            await failure_streaks.end(conn, endpoint_id)
            await rate_limits.end_cooldown(conn, endpoint_id)
        await _prepare_sending(
            conn, changed, needs_challenge=changed.status == EndpointStatus.PENDING and "status" in status_change, at=at
        )
        return require_found(await store.find_owned(conn, endpoint_id, party_id)), resumed

    changed, resumed = await run_transaction(engine, transaction)
    remaining = await backlog.resume(engine, endpoint_id, at=at) if resumed else None
    return render_endpoint(changed, policy), remaining


async def delete(engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, *, at: datetime) -> None:
    """Delete an endpoint and its pending deliveries. The record of sent deliveries stays. Raise NotFound.

    The intake lock prevents that an intake adds deliveries at the same time. Pending deliveries are deleted after the
    endpoint. If there are very many, a periodic job deletes the rest.
    """

    async def transaction(conn: AsyncConnection) -> None:
        await events.acquire_intake_lock(conn)
        require_found(await store.lock_owned(conn, endpoint_id, party_id))
        await store.end_secrets(conn, endpoint_id, ends_at=at)
        await store.update_endpoint(conn, endpoint_id, {"status": EndpointStatus.DELETED})

    await run_transaction(engine, transaction)
    await backlog.clear(engine, endpoint_id, at=at)


def render_endpoint(endpoint: Endpoint, policy: EndpointPolicy) -> EndpointView:
    """Return an endpoint as its owner sees it."""
    filters = endpoint.filters
    return EndpointView(
        id=endpoint.id,
        url=endpoint.url,
        event_types=tuple(endpoint.event_types),
        description=endpoint.description,
        filters=Filters(
            countries=tuple(filters.get("countries", ())),
            permits=tuple(filters.get("permits", ())),
            taxa=tuple(filters.get("taxa", ())),
        ),
        headers=dict.fromkeys(_header_names(endpoint, policy), HIDDEN_VALUE),
        rate_limit=endpoint.rate_limit,
        format=WebhookFormat(endpoint.format),
        status=EndpointStatus(endpoint.status),
        paused=endpoint.status == EndpointStatus.PAUSED,
        verify=endpoint.verify,
        rests_until=endpoint.cooldown_until,
        reason=endpoint.reason,
        public_keys=tuple(policy.keys.public_keys()),
        created_at=endpoint.created_at,
        version=endpoint.version,
    )


def _header_names(endpoint: Endpoint, policy: EndpointPolicy) -> list[str]:
    return list(json.loads(policy.keys.open(endpoint.headers, endpoint.id))) if endpoint.headers else []


def require_found(endpoint: Endpoint | None) -> Endpoint:
    """Return the endpoint. Raise NotFound if it is None."""
    if endpoint is None:
        raise NotFound
    return endpoint


async def _prepare_sending(conn: AsyncConnection, endpoint: Endpoint, *, needs_challenge: bool, at: datetime) -> None:
    """Write the rate limit's row if the endpoint has one, and its challenge if its URL must be verified."""
    if endpoint.rate_limit is not None:
        await rate_limits.ensure_rate_limit(conn, endpoint.id)
    if needs_challenge:
        await send_challenge(conn, endpoint.id, secrets.token_urlsafe(24), at=at)


def _column_values(given_fields: dict[str, Any], endpoint_id: UUID, policy: EndpointPolicy) -> dict[str, Any]:
    """Return the columns of the given fields. Null leaves a field as it is, unless null is one of its values."""
    values = {
        name: value
        for name, value in given_fields.items()
        if value is not None or name in {"description", "rate_limit"}
    }
    values.pop("paused", None)
    if "event_types" in values:
        values["event_types"] = list(values["event_types"])
    if "headers" in values:
        values["headers"] = policy.keys.seal(json.dumps(values["headers"]), endpoint_id) if values["headers"] else None
    if "filters" in values:
        filters = EventFilters.model_validate(values["filters"])
        values |= {"filters": filters.model_dump(mode="json"), **required_filter_keys(filters)}
    return values


def _status_change(given_fields: dict[str, Any], current: Endpoint, policy: EndpointPolicy) -> dict[str, Any]:
    """Return the columns that change the status: `paused` changes it, and so does a new URL that must be verified.

    A disabled endpoint that its owner pauses is paused, and active again once the owner resumes it.
    """
    url, status = given_fields.get("url") or current.url, current.status
    verified = current.verified if url == current.url else not (current.verify or policy.requires_verification(url))
    status_change: dict[str, Any] = {"verified": verified} if verified != current.verified else {}
    sending_status = EndpointStatus.ACTIVE if verified else EndpointStatus.PENDING
    match given_fields.get("paused"), status:
        case True, EndpointStatus.ACTIVE | EndpointStatus.PENDING | EndpointStatus.DISABLED:
            return status_change | {"status": EndpointStatus.PAUSED, "reason": None}
        case False, EndpointStatus.PAUSED | EndpointStatus.DISABLED:
            return status_change | {"status": sending_status, "reason": None}
        case _, EndpointStatus.ACTIVE | EndpointStatus.PENDING if status != sending_status or url != current.url:
            return status_change | {"status": sending_status}
    return status_change


def _require_allowed_url(url: str, policy: EndpointPolicy) -> None:
    fault = endpoint_urls.find_fault(url, policy.allowed_addresses)
    if fault is not None:
        raise Invalid("invalid-body", fault, [Fault("/url", "url-not-allowed", fault)])
