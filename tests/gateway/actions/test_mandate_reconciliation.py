"""The reconciliation of the mandates: after a restore, the copies come back in step, and in doubt a right ends."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from services.gateway.actions import copy_reconciliation
from services.gateway.actions.mandate_reconciliation import reconcile_mandates
from shared.contracts.messages import MandateBatch, MandateCopy
from shared.database import new_id, now
from tests.days import today
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, Responder, StubService
from tests.waiting import wait_until

PAGE = 2
"""The mandates of one page of a copy in these tests."""


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_reconciliation, "RECONCILED_IDS", PAGE)


def mandate_copy(**values: Any) -> MandateCopy:
    """Return an active copy of a mandate that is valid today."""
    day = today()
    common = {"trader": new_id(), "agent": new_id(), "first_day": day, "last_day": day, "active": True, "revision": 9}
    return MandateCopy.model_validate({"id": new_id(), **common, **values})


def responder_with(copies: Sequence[MandateCopy]) -> Responder:
    """Return a responder that lists these copies in pages, as the services do."""

    async def respond(received: ReceivedRequest) -> web.StreamResponse | None:
        if (received.method, received.path) != ("GET", "/internal/mandates"):
            return None
        after = UUID(dict(received.query).get("after", str(UUID(int=0))))
        page = sorted((copy for copy in copies if copy.id > after), key=lambda copy: copy.id)[:PAGE]
        return web.Response(text=MandateBatch(mandates=tuple(page)).model_dump_json(), content_type="application/json")

    return respond


def received_copies(service: StubService) -> dict[UUID, MandateCopy]:
    """Return the newest copy of each mandate that a service received."""
    batches = [MandateBatch.model_validate_json(one.body) for one in service.requests_to("/internal/mandates")]
    copies = [copy for batch in batches for copy in batch.mandates]
    return {copy.id: copy for copy in sorted(copies, key=lambda copy: copy.revision)}


def is_ended(service: StubService, copy: MandateCopy) -> bool:
    """Return whether a service received an end of the mandate that its copy does not ignore."""
    found = received_copies(service).get(copy.id)
    return found is not None and not found.active and found.revision > copy.revision


async def reconcile(hub: RunningGateway, permits: Sequence[MandateCopy], notifications: Sequence[MandateCopy]) -> None:
    """Compare the mandates with these copies. The services forget what they received before."""
    for service, copies in ((hub.permits, permits), (hub.notifications, notifications)):
        service.requests.clear()
        service.respond = responder_with(copies)
    await reconcile_mandates((hub.context.permits, hub.context.notifications)).run(hub.context.engine, now())


async def grant(hub: RunningGateway) -> tuple[str, dict[str, str], MandateCopy]:
    """Grant a mandate. Return its path, the header of its agent, and the copy that both services received."""
    _, trader_headers = await hub.party("trader")
    agent, agent_headers = await hub.party("trader")
    day = today().isoformat()
    body = {"agent": agent["id"], "from": day, "until": day}
    mandate = (await hub.http.post("/v1/mandates", json=body, headers=trader_headers)).json()["id"]
    services = (hub.permits, hub.notifications)
    await wait_until(lambda: all(UUID(mandate) in received_copies(service) for service in services))
    return f"/v1/mandates/{mandate}", agent_headers, received_copies(hub.notifications)[UUID(mandate)]


async def test_copies_that_lost_a_mandate_or_a_change_receive_it_again(hub: RunningGateway) -> None:
    path, agent_headers, offered = await grant(hub)
    await hub.http.post(f"{path}/acceptance", headers=agent_headers)
    await wait_until(lambda: received_copies(hub.permits)[offered.id].active)
    accepted = received_copies(hub.permits)[offered.id]
    await reconcile(hub, permits=[], notifications=[offered])
    services = (hub.permits, hub.notifications)
    await wait_until(lambda: all(received_copies(service).get(offered.id) == accepted for service in services))


@pytest.mark.parametrize("is_accepted", [True, False])
async def test_revocation_that_the_gateway_lost_applies_again(hub: RunningGateway, is_accepted: bool) -> None:
    path, agent_headers, offered = await grant(hub)
    if is_accepted:
        await hub.http.post(f"{path}/acceptance", headers=agent_headers)
    revoked = offered.model_copy(update={"active": False, "revision": offered.revision + 1_000})
    await reconcile(hub, permits=[offered], notifications=[revoked])
    await wait_until(lambda: all(is_ended(service, revoked) for service in (hub.permits, hub.notifications)))
    assert (await hub.http.get(path, headers=agent_headers)).json()["status"] == "revoked"


async def test_acceptance_that_the_gateway_lost_ends_in_the_copies_until_the_agent_accepts(hub: RunningGateway) -> None:
    path, agent_headers, offered = await grant(hub)
    accepted = offered.model_copy(update={"active": True, "revision": offered.revision + 1_000})
    await reconcile(hub, permits=[accepted], notifications=[accepted])
    await wait_until(lambda: is_ended(hub.permits, accepted))
    assert (await hub.http.post(f"{path}/acceptance", headers=agent_headers)).json()["status"] == "active"
    await wait_until(lambda: received_copies(hub.permits)[offered.id].active)


async def test_mandates_that_the_gateway_lost_end_in_the_copies(hub: RunningGateway) -> None:
    lost, ended = [mandate_copy() for _ in range(PAGE + 1)], mandate_copy(active=False)
    await reconcile(hub, permits=[*lost, ended], notifications=[])
    expected = {one.id: one.model_copy(update={"active": False, "revision": one.revision + 1}) for one in lost}
    await wait_until(lambda: received_copies(hub.permits) == expected)
    assert received_copies(hub.notifications) == {}
