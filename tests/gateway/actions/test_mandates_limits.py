"""The number of mandates is limited: between two parties, of a trader, of an agent, and of a day."""

import httpx2
import pytest

from services.gateway.actions import mandates
from tests.concurrency import run_concurrently
from tests.days import today
from tests.gateway.conftest import Body, RunningGateway


async def _grant(hub: RunningGateway, trader: dict[str, str], agent: Body) -> httpx2.Response:
    day = today().isoformat()
    return await hub.http.post("/v1/mandates", json={"agent": agent["id"], "from": day, "until": day}, headers=trader)


async def _revoke(hub: RunningGateway, trader: dict[str, str], granted: httpx2.Response) -> None:
    path = f"/v1/mandates/{granted.json()['id']}/revocation"
    assert (await hub.http.post(path, headers=trader)).status_code == 200


@pytest.mark.parametrize("limit", ["MAX_MANDATES_BETWEEN", "MAX_MANDATES_OF_TRADER", "MAX_MANDATES_OF_AGENT"])
async def test_mandates_beyond_a_limit_are_refused_with_many_requests_at_once(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(mandates, limit, 3)
    _, trader = await hub.party("trader")
    _, other_trader = await hub.party("trader")
    agent, _ = await hub.party("trader")
    other_agent, _ = await hub.party("trader")
    responses = await run_concurrently(_grant(hub, trader, agent) for _ in range(10))
    assert sorted(response.status_code for response in responses) == [201] * 3 + [409] * 7
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {"too-many-mandates"}
    to_another = await _grant(hub, trader, other_agent)
    assert to_another.status_code == (409 if limit == "MAX_MANDATES_OF_TRADER" else 201)
    by_another = await _grant(hub, other_trader, agent)
    assert by_another.status_code == (409 if limit == "MAX_MANDATES_OF_AGENT" else 201)
    await _revoke(hub, trader, next(response for response in responses if response.status_code == 201))
    assert (await _grant(hub, trader, agent)).status_code == 201, "a revoked mandate makes room"


async def test_mandates_that_are_granted_and_revoked_without_end_are_refused_and_leave_no_memory(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mandates, "MAX_NEW_MANDATES", 4)
    _, trader = await hub.party("trader")
    agent, _ = await hub.party("trader")
    for _ in range(4):
        granted = await _grant(hub, trader, agent)
        assert granted.status_code == 201
        await _revoke(hub, trader, granted)
    refused = await _grant(hub, trader, agent)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert not any(hub.context.directory._mandates.values()), "the directory forgets revoked mandates"
