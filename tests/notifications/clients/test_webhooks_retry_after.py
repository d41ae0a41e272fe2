"""The forms of Retry-After: seconds, dates, and others, which the hub ignores."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest
from aiohttp import web

from services.notifications.actions import delivery
from services.notifications.actions.delivery import AttemptResult
from services.notifications.actions.delivery_worker import LEASE
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.retry_schedule import MAX_RETRY_AFTER, SCHEDULE, next_attempt_time
from shared.database import now
from tests.notifications.clients.test_webhooks_internal_addresses import delivery_request
from tests.notifications.conftest import Service, event_message, party
from tests.notifications.receivers import Receiver, WebhookRequest

NEITHER = (
    *("-5", "1e9", "1.5", "soon", "+5", "5, 6", "²", "nan", "0x10", "Wed, 32 Oct 2026 99:99:99 GMT"),
    *("Wed, 21 Oct 99999999999999 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 +9999999"),
)
AT = datetime(2026, 3, 1, tzinfo=UTC)


async def answered(receiver: Receiver, status: int, after: str) -> DeliveryResult:
    async def later(received: WebhookRequest) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": after})

    receiver.respond = later
    receivers = WebhookClient(AllowedAddresses(loopback=True), seconds=5)
    await receivers.open()
    try:
        return await receivers.post(delivery_request(receiver.url))
    finally:
        await receivers.close()


@pytest.mark.parametrize("after", NEITHER)
@pytest.mark.parametrize("status", [410, 429, 503])
async def test_retry_after_in_another_form_is_ignored(receiver: Receiver, status: int, after: str) -> None:
    outcome = await answered(receiver, status, after)
    assert (outcome.status, outcome.retry_after) == (status, None)
    assert outcome.is_gone == (status == 410)


@pytest.mark.parametrize("after", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 +0000"])
async def test_retry_after_in_the_past_does_not_change_the_schedule(receiver: Receiver, after: str) -> None:
    outcome = await answered(receiver, 503, after)
    assert outcome.retry_after is not None and outcome.retry_after <= timedelta(0)
    assert next_attempt_time(1, outcome, AT, 0.5) == AT + SCHEDULE[0]


@pytest.mark.parametrize("after", ["1000000000", "9" * 60, "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_retry_after_is_limited_to_the_retention_of_the_feed(receiver: Receiver, after: str) -> None:
    assert next_attempt_time(1, await answered(receiver, 503, after), AT, 0.5) == AT + MAX_RETRY_AFTER


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000"])
async def test_retry_after_date_may_have_any_zone_of_mail(receiver: Receiver, zone: str) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True).replace("GMT", zone)
    after = (await answered(receiver, 503, moment)).retry_after
    assert after is not None and timedelta(minutes=9) < after <= timedelta(minutes=10)


@pytest.mark.parametrize("after", [timedelta(minutes=10), None])
async def test_retry_after_counts_from_the_response(service: Service, after: timedelta | None) -> None:
    who, took = party(), 14_000
    endpoint = await service.endpoint(who, "https://example.com")
    await service.send_events(event_message(to=who))
    [sent] = await delivery.claim(
        service.engine,
        uuid4(),
        at=now(),
        lease=LEASE,
        limit=1,
        default_concurrency=1,
        concurrency={},
        keys=service.keys,
    )
    begun, outcome = (
        now(),
        DeliveryResult(status=503, reason="answered 503", duration_ms=took, response_excerpt="", retry_after=after),
    )
    await delivery.settle(
        service.engine, [AttemptResult(request=sent, started_at=begun, result=outcome)], at=now(), schedule=SCHEDULE
    )
    [waiting] = await service.deliveries(who, endpoint["id"])
    wait = datetime.fromisoformat(waiting["next_attempt_at"]) - begun - timedelta(milliseconds=took)
    assert wait >= (after or 0.8 * SCHEDULE[0])
