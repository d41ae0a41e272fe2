"""Mandates: an agent declares for a trader on the days of the mandate, and for no other trader."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from aiohttp import web

from services.cli.ports import free_ports
from services.gateway.actions.auth import party_directory
from services.gateway.store import submissions
from shared.database import now
from tests.days import today
from tests.gateway.conftest import Body, RunningGateway, declaration, serve_gateway, wait_ready
from tests.gateway.stub_service import ReceivedRequest, default_response
from tests.waiting import wait_until

EORI = {"EORI": "FR99988877700011"}


async def _trader_and_agent(hub: RunningGateway) -> tuple[tuple[Body, dict[str, str]], tuple[Body, dict[str, str]]]:
    return await hub.party("trader", identifiers=EORI), await hub.party("trader", identifiers={"EORI": "DE1"})


async def _grant_mandate(hub: RunningGateway, by: dict[str, str], to: Body, **changes: Any) -> httpx2.Response:
    day = today().isoformat()
    stated: Body = {"agent": to["id"], "from": day, "until": day}
    return await hub.http.post("/v1/mandates", json=stated | changes, headers=by)


async def test_agent_with_a_mandate_declares_for_its_trader(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    refused = [
        await hub.lodge(agent_headers, declaration()),
        await hub.lodge(agent_headers, declaration(trader=trader["id"])),
    ]
    assert [(a.status_code, a.json()["code"]) for a in refused] == [(403, "not-your-declaration")] * 2
    granted = await _grant_mandate(hub, trader_headers, agent)
    assert granted.status_code == 201
    mandate = granted.json()
    assert granted.headers["location"] == f"/v1/mandates/{mandate['id']}"
    assert (mandate["trader"], mandate["agent"], mandate["status"]) == (trader["id"], agent["id"], "offered")
    lodged = await hub.lodge(agent_headers, declaration(trader=trader["id"]))
    assert lodged.status_code == 202
    [sent] = await hub.permits.wait_for_requests("/internal/declarations")
    [message] = sent.json["letters"]
    assert (message["trader"], message["party"]["id"]) == (trader["id"], agent["id"])
    assert (await hub.lodge(agent_headers, declaration())).status_code == 202, "its identifier names the trader too"
    other = await hub.lodge(agent_headers, declaration(trader=trader["id"], importer={"name": "C", "country": "FR"}))
    assert (other.status_code, other.json()["code"]) == (403, "not-your-declaration")


async def test_agent_and_trader_with_one_identifier_in_two_countries_are_two_parties(hub: RunningGateway) -> None:
    trader, trader_headers = await hub.party("trader", country="FR", identifiers={"EORI": "12345"})
    agent, agent_headers = await hub.party("trader", country="KE", identifiers={"PIN": "12345"})
    await _grant_mandate(hub, trader_headers, agent)
    importer = {"name": "B SARL", "identifier": "12345"}
    for country, expected in (("FR", trader), ("KE", agent), ("DE", agent)):
        lodged = await hub.lodge(agent_headers, declaration(importer=importer | {"country": country}))
        assert lodged.status_code == 202, country
        seen = await hub.http.get(f"/v1/declarations/{lodged.json()['id']}", headers=agent_headers)
        assert seen.json()["trader"] == expected["id"], country
    sent = await hub.permits.wait_for_requests("/internal/declarations")
    messages = [message for request in sent for message in request.json["letters"]]
    represented = {message["declaration"]["importer"]["country"]: message.get("represented") for message in messages}
    expected_trader = {"party": trader["id"], "name": trader["name"], "country": "FR", "numbers": ["12345"]}
    assert represented.get("FR") == expected_trader
    assert (represented.get("KE"), represented.get("DE")) == (None, None)


async def test_agent_of_two_traders_with_one_identifier_declares_for_the_one_of_the_stated_country(
    hub: RunningGateway,
) -> None:
    agent, agent_headers = await hub.party("trader", country="DE", identifiers={"EORI": "DE1"})
    traders = {}
    for country in ("FR", "KE"):
        trader, trader_headers = await hub.party("trader", country=country, identifiers={"EORI": "12345"})
        await _grant_mandate(hub, trader_headers, agent)
        traders[country] = trader["id"]
    for country, expected in traders.items():
        importer = {"name": "B SARL", "country": country, "identifier": "12345"}
        lodged = await hub.lodge(agent_headers, declaration(importer=importer))
        seen = await hub.http.get(f"/v1/declarations/{lodged.json()['id']}", headers=agent_headers)
        assert seen.json()["trader"] == expected, country


async def test_declaration_states_its_own_identifier_in_any_form_and_country(hub: RunningGateway) -> None:
    _, headers = await hub.party("trader", country="FR", identifiers=EORI)
    for changes in ({"identifier": "fr99988877700011"}, {"country": "DE"}):
        importer = {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"} | changes
        assert (await hub.lodge(headers, declaration(importer=importer))).status_code == 202, changes


async def test_history_of_an_agents_declaration_names_agent_and_trader(alone: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(alone)
    await _grant_mandate(alone, trader_headers, agent)
    declaration_id = (await alone.lodge(agent_headers, declaration())).json()["id"]
    for header in (trader_headers, agent_headers):
        seen = (await alone.http.get(f"/v1/declarations/{declaration_id}", headers=header)).json()
        assert (seen["trader"], seen["lodged_by"]) == (trader["id"], agent["id"])
        assert seen["history"][0]["by"] == {"party": agent["id"], "role": "trader", "for": trader["id"]}


@pytest.mark.parametrize(("first", "last", "status"), [(-2, -1, "ended"), (1, 2, "offered")])
async def test_mandate_outside_its_days_is_not_active(hub: RunningGateway, first: int, last: int, status: str) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    days = {"from": (today() + timedelta(first)).isoformat(), "until": (today() + timedelta(last)).isoformat()}
    assert (await _grant_mandate(hub, trader_headers, agent, **days)).json()["status"] == status
    assert (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).status_code == 403


@pytest.mark.parametrize("method", ["revocation", "delete"])
async def test_mandate_that_is_revoked_lets_the_agent_only_read(hub: RunningGateway, method: str) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    lodged = (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).json()["id"]
    path, known = f"/v1/declarations/{lodged}", {"If-Match": '"1"'}
    assert (await hub.http.put(path, json=declaration(), headers=agent_headers | known)).status_code == 200
    [received] = [a for a in hub.permits.requests_to(path) if a.method == "PUT"]
    assert received.caller.acts_for is not None
    assert (str(received.caller.acts_for.party), received.caller.acts_for.numbers) == (
        trader["id"],
        ("FR99988877700011",),
    )
    if method == "delete":
        assert (await hub.http.delete(f"/v1/mandates/{mandate}", headers=trader_headers)).status_code == 204
    else:
        revoked = await hub.http.post(f"/v1/mandates/{mandate}/revocation", headers=trader_headers)
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
        assert (
            await hub.http.post(f"/v1/mandates/{mandate}/revocation", headers=trader_headers)
        ).json() == revoked.json()
    responses = [
        await hub.lodge(agent_headers, declaration(trader=trader["id"])),
        await hub.http.put(path, json=declaration(), headers=agent_headers | known),
        await hub.http.post(f"{path}/cancellation", headers=agent_headers),
    ]
    assert [(a.status_code, a.json()["code"]) for a in responses] == [(403, "not-your-declaration")] * 3
    assert (await hub.http.post(f"{path}/cancellation", headers=trader_headers)).status_code == 200
    seen = await hub.http.get(f"/v1/mandates/{mandate}", headers=agent_headers)
    assert (seen.json()["status"], seen.json()["revoked_by"]) == ("revoked", trader["id"])


async def test_mandate_of_a_disabled_trader_is_refused(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    await _grant_mandate(hub, trader_headers, agent)
    await hub.http.patch(f"/v1/parties/{trader['id']}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})
    assert (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).status_code == 403


async def test_mandate_is_granted_read_and_revoked_by_the_allowed_parties(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    _, stranger = await hub.party("trader")
    _, customs = await hub.party("customs")
    forged = await _grant_mandate(hub, agent_headers, agent, trader=trader["id"])
    assert (forged.status_code, forged.json()["code"]) == (403, "not-your-mandate")
    assert (await _grant_mandate(hub, customs, agent)).status_code == 403
    mandate = (await _grant_mandate(hub, hub.admin, agent, trader=trader["id"])).json()["id"]
    path = f"/v1/mandates/{mandate}"
    for header, status in ((trader_headers, 200), (agent_headers, 200), (hub.admin, 200), (stranger, 404)):
        assert (await hub.http.get(path, headers=header)).status_code == status
        listed = (await hub.http.get("/v1/mandates", headers=header)).json()
        assert len(listed["data"]) == (1 if status == 200 else 0)
    taken = await hub.http.post(f"{path}/revocation", headers=agent_headers)
    assert (taken.status_code, taken.json()["code"]) == (403, "not-your-mandate")
    assert (await hub.http.delete(path, headers=stranger)).status_code == 404
    assert (await hub.http.delete(path, headers=hub.admin)).status_code == 204


async def test_mandate_that_is_not_valid_is_refused(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    (trader, trader_headers), (agent, _) = await _trader_and_agent(hub)
    office, _ = await hub.party("customs")
    bad: dict[str, Body] = {
        "to nobody": {"agent": "0190c0de-0000-7000-8000-000000000000"},
        "to an office": {"agent": office["id"]},
        "to oneself": {"agent": trader["id"]},
        "backwards": {"from": "2026-02-01", "until": "2026-01-01"},
        "without an end": {"until": None},
        "on no day": {"from": "2026-02-30"},
        "with more": {"colour": "blue"},
    }
    for name, changes in bad.items():
        with subtests.test(name):
            response = await _grant_mandate(hub, trader_headers, agent, **changes)
            assert response.status_code == 422, response.text
            assert response.json()["errors"]
    assert (await _grant_mandate(hub, hub.admin, agent)).status_code == 422, "the administrator states the trader"


async def test_mandate_under_one_key_is_granted_once(hub: RunningGateway) -> None:
    (_, trader_headers), (agent, _) = await _trader_and_agent(hub)
    keyed = trader_headers | {"Idempotency-Key": "m1"}
    first, again = [await _grant_mandate(hub, keyed, agent) for _ in range(2)]
    assert first.content == again.content and again.headers["idempotency-replayed"] == "true"
    assert len((await hub.http.get("/v1/mandates", headers=trader_headers)).json()["data"]) == 1


async def test_mandate_granted_or_revoked_in_one_process_is_known_in_another(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_directory, "REFRESH_SECONDS", 0.1)
    port = free_ports(1)[0]
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    async with (
        serve_gateway(replica),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as replica_http,
    ):
        await wait_ready(replica_http)
        mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]

        async def answers(status: int) -> bool:
            keyed = agent_headers | {"Idempotency-Key": str(now().timestamp()), "Content-Type": "application/json"}
            body = declaration(trader=trader["id"])
            return (await replica_http.post("/v1/declarations", json=body, headers=keyed)).status_code == status

        await wait_until(lambda: answers(202))
        await hub.http.delete(f"/v1/mandates/{mandate}", headers=trader_headers)
        await wait_until(lambda: answers(403))


async def _status_of(hub: RunningGateway, mandate: str, reader: dict[str, str]) -> tuple[str, str | None]:
    """Return the status of a mandate and when it was accepted."""
    found = (await hub.http.get(f"/v1/mandates/{mandate}", headers=reader)).json()
    return found["status"], found["accepted_at"]


async def test_offered_mandate_becomes_active_by_the_first_lodged_declaration(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    checked = await hub.http.post(
        "/v1/declarations/validate", json=declaration(trader=trader["id"]), headers=agent_headers
    )
    assert [fault["code"] for fault in checked.json()["errors"]] == ["not-your-declaration"]
    assert hub.permits.requests_to("/v1/declarations/validate") == [], "a check would read the permits of the trader"
    refused = await hub.lodge(agent_headers, declaration(trader=trader["id"], importer={"name": "C", "country": "FR"}))
    assert refused.status_code == 403
    assert await _status_of(hub, mandate, trader_headers) == ("offered", None)
    assert (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).status_code == 202
    status, accepted_at = await _status_of(hub, mandate, trader_headers)
    assert status == "active" and accepted_at is not None
    assert (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).status_code == 202
    assert await _status_of(hub, mandate, trader_headers) == (status, accepted_at), "it is accepted once"
    checked = await hub.http.post(
        "/v1/declarations/validate", json=declaration(trader=trader["id"]), headers=agent_headers
    )
    assert len(hub.permits.requests_to("/v1/declarations/validate")) == 1


async def test_offered_mandate_becomes_active_by_the_first_declaration_of_a_bulk(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    lines = "\n".join(json.dumps(declaration(trader=trader["id"])) for _ in range(2))
    sent = agent_headers | {"Content-Type": "application/x-ndjson"}
    lodged = await hub.http.post("/v1/declarations/bulk", content=lines, headers=sent)
    assert [json.loads(line)["status_code"] for line in lodged.text.splitlines()] == [202, 202]
    assert (await _status_of(hub, mandate, trader_headers))[0] == "active"


async def test_offered_mandate_is_accepted_by_its_agent_only(hub: RunningGateway) -> None:
    (_, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    _, stranger = await hub.party("trader")
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    path = f"/v1/mandates/{mandate}/acceptance"
    refused = await hub.http.post(path, headers=trader_headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-mandate")
    assert (await hub.http.post(path, headers=stranger)).status_code == 404
    assert (await _status_of(hub, mandate, trader_headers))[0] == "offered"
    accepted, again = [await hub.http.post(path, headers=agent_headers) for _ in range(2)]
    assert (accepted.status_code, accepted.json()["status"]) == (200, "active")
    assert again.content == accepted.content
    await hub.http.post(f"/v1/mandates/{mandate}/revocation", headers=trader_headers)
    late = await hub.http.post(path, headers=agent_headers)
    assert (late.status_code, late.json()["code"]) == (409, "invalid-transition")


async def test_accepted_mandate_of_later_days_is_future(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    days = {"from": (today() + timedelta(1)).isoformat(), "until": (today() + timedelta(2)).isoformat()}
    mandate = (await _grant_mandate(hub, trader_headers, agent, **days)).json()["id"]
    accepted = await hub.http.post(f"/v1/mandates/{mandate}/acceptance", headers=agent_headers)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "future")
    assert (await hub.lodge(agent_headers, declaration(trader=trader["id"]))).status_code == 403


async def test_mandate_that_was_never_accepted_is_ended_or_revoked_as_any_other(hub: RunningGateway) -> None:
    (_, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    assert (await hub.http.delete(f"/v1/mandates/{mandate}", headers=trader_headers)).status_code == 204
    assert await _status_of(hub, mandate, agent_headers) == ("revoked", None)


async def test_agent_whose_mandate_ended_reads_the_version_that_it_lodged_last(hub: RunningGateway) -> None:
    versions = iter((2, 3))

    async def permits(received: ReceivedRequest) -> web.StreamResponse:
        if received.method == "PUT":
            number = next(versions)
            return web.json_response({"version": number}, headers={"ETag": f'"{number}"'})
        return await default_response(received)

    hub.permits.respond = permits
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    lodged = [await hub.lodge(agent_headers, declaration(trader=trader["id"])) for _ in range(2)]
    path, untouched = (f"/v1/declarations/{one.json()['id']}" for one in lodged)
    known, reference = {"If-Match": '"1"'}, "B-9"
    for header, place in ((agent_headers, "Calais"), (trader_headers, "Le Havre")):
        body = declaration(reference, transport_document=place)
        assert (await hub.http.put(path, json=body, headers=header | known)).status_code == 200
    await hub.permits.wait_for_requests("/internal/declarations")
    await hub.http.delete(f"/v1/mandates/{mandate}", headers=trader_headers)
    expected: tuple[tuple[str, int, str | None], ...] = ((path, 2, "Calais"), (untouched, 1, None))
    for one, version, document in expected:
        await _wait_until_settled(hub, one)
        seen = (await hub.http.get(one, headers=agent_headers)).json()
        assert (seen["version"], seen.get("transport_document")) == (version, document)
        assert (seen["status"], seen["findings"], seen["usage"], len(seen["history"])) == ("received", [], [], 1)
    content = await hub.http.get(f"{path}/content", headers=agent_headers)
    assert content.json()["transport_document"] == "Calais"
    assert (await hub.http.get(f"{path}/content?version=3", headers=agent_headers)).status_code == 404
    content = await hub.http.get(f"{path}/content", headers=trader_headers)
    assert content.json()["transport_document"] == "Le Havre"


async def _wait_until_settled(hub: RunningGateway, path: str) -> None:
    """Wait until permits has a declaration."""
    declaration_id = UUID(path.rpartition("/")[2])

    async def is_settled() -> bool:
        async with hub.context.engine.connect() as conn:
            return bool(await submissions.list_forwarded(conn, [declaration_id]))

    await wait_until(is_settled)


async def test_mandates_are_sent_to_permits_with_each_change(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, agent_headers) = await _trader_and_agent(hub)
    mandate = (await _grant_mandate(hub, trader_headers, agent)).json()["id"]
    await hub.lodge(agent_headers, declaration(trader=trader["id"]))
    await hub.permits.wait_for_requests("/internal/declarations")
    before = [copy for request in hub.permits.requests_to("/internal/mandates") for copy in request.json["mandates"]]
    assert before[-1]["active"] is True, "permits has the accepted mandate before the declaration"
    await hub.http.delete(f"/v1/mandates/{mandate}", headers=trader_headers)

    def copies() -> list[Body]:
        return [copy for request in hub.permits.requests_to("/internal/mandates") for copy in request.json["mandates"]]

    await wait_until(lambda: len(copies()) == 3)
    day = today().isoformat()
    common = {"id": mandate, "trader": trader["id"], "agent": agent["id"], "first_day": day, "last_day": day}
    assert [copy["active"] for copy in copies()] == [False, True, False]
    assert all(common.items() <= copy.items() for copy in copies())
