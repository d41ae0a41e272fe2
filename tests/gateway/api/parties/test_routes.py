"""Parties, their identifiers, versions and credentials, and the first administrator."""

import asyncio
import json
import stat
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.cli.ports import free_ports
from services.gateway.settings import Settings
from shared.key_files import create_signing_keys
from tests.gateway.conftest import RunningGateway, serve_gateway
from tests.waiting import wait_until

NEW = {
    "name": "B SARL",
    "country": "FR",
    "roles": ["trader"],
    "identifiers": {"EORI": "FR99988877700011"},
}


async def _add_party(hub: RunningGateway, **changes: Any) -> Any:
    return await hub.http.post("/v1/parties", json=NEW | {"identifiers": {}} | changes, headers=hub.admin)


async def _list_rows(hub: RunningGateway, query: str) -> list[Any]:
    async with hub.context.engine.connect() as conn:
        return list((await conn.execute(text(query))).all())


async def test_first_start_creates_an_administrator_and_later_starts_do_not(
    hub: RunningGateway, settings: Settings
) -> None:
    assert settings.admin_file is not None
    before = settings.admin_file.read_bytes()
    assert stat.S_IMODE(settings.admin_file.stat().st_mode) == 0o600
    assert set(json.loads(before)) == {"client_id", "client_secret"}
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()
    assert me["roles"] == ["admin"]
    async with serve_gateway(settings.model_copy(update={"port": free_ports(1)[0]})) as replica:
        await wait_until(lambda: replica.state.context.directory.is_fresh)
    assert settings.admin_file.read_bytes() == before
    assert len((await hub.http.get("/v1/parties", headers=hub.admin)).json()["data"]) == 1


async def test_party_is_added_read_listed_and_changed(hub: RunningGateway) -> None:
    added = await hub.http.post("/v1/parties", json=NEW, headers=hub.admin)
    party = added.json()
    assert added.status_code == 201
    assert party == NEW | {"id": party["id"], "grants": [], "disabled": False, "version": 1}
    assert added.headers["location"] == f"/v1/parties/{party['id']}"
    assert (await hub.http.get(added.headers["location"], headers=hub.admin)).json() == party
    grants = [{"countries": ["FR"], "event_types": ["declaration.*"]}]
    change = {"roles": ["partner", "trader"], "identifiers": {"VAT": "FR1"}, "grants": grants}
    changed = await hub.http.patch(f"/v1/parties/{party['id']}", json=change, headers=hub.admin | {"If-Match": "*"})
    assert changed.json() == party | change | {"version": 2}
    assert changed.headers["etag"] == '"2"'
    listed = (await hub.http.get("/v1/parties", headers=hub.admin)).json()
    assert listed["data"][0] == changed.json()
    versions = await _list_rows(hub, "SELECT party->>'version', actor_party_id FROM party_versions ORDER BY at")
    admin = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    assert [(version, by and str(by)) for version, by in versions] == [("1", None), ("1", admin), ("2", admin)]


async def test_parties_are_listed_page_by_page(hub: RunningGateway) -> None:
    made = [(await _add_party(hub, name=f"P{number}")).json()["name"] for number in range(5)]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await hub.http.get(f"/v1/parties?limit=2{cursor}", headers=hub.admin)).json()
        seen += [party["name"] for party in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == [*reversed(made), "Administrator of this hub"]


async def test_parameter_that_breaks_the_contract_is_400(hub: RunningGateway) -> None:
    for query in ("limit=0", "limit=201", "limit=x", "cursor=x", "role=trader"):
        response = await hub.http.get(f"/v1/parties?{query}", headers=hub.admin)
        assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter"), query


async def test_identifier_of_another_party_is_refused(hub: RunningGateway) -> None:
    await hub.http.post("/v1/parties", json=NEW, headers=hub.admin)
    claimant = await _add_party(hub, identifiers={"VAT": "FR99988877700011"})
    assert (claimant.status_code, claimant.json()["code"]) == (409, "identifier-taken")
    assert claimant.json()["detail"] == (
        "Another party of FR has the identifier FR99988877700011, or one that differs only in capitals, blanks, "
        "dashes or slashes. Correct it, or use that party."
    )
    other = (await _add_party(hub)).json()
    change = {"identifiers": {"EORI": "FR99988877700011"}}
    taken = await hub.http.patch(f"/v1/parties/{other['id']}", json=change, headers=hub.admin | {"If-Match": "*"})
    assert taken.status_code == 409
    assert (await hub.http.get(f"/v1/parties/{other['id']}", headers=hub.admin)).json() == other
    twice = await _add_party(hub, identifiers={"EORI": "X1", "VAT": "x1"})
    assert twice.status_code == 422


@pytest.mark.parametrize("same", ["fr 12-34/56", "FR/12/34/56", "ＦＲ　１２－３４　５６", "-FR 12--34 56 -"])
async def test_identifier_that_differs_only_in_form_is_taken(hub: RunningGateway, same: str) -> None:
    first = await _add_party(hub, identifiers={"EORI": "FR 12-34/56"})
    assert first.json()["identifiers"] == {"EORI": "FR 12-34/56"}, "it is shown as written"
    claimant = await _add_party(hub, identifiers={"VAT": same})
    assert (claimant.status_code, claimant.json()["code"]) == (409, "identifier-taken")


async def test_identifier_belongs_to_a_country(hub: RunningGateway) -> None:
    first = await _add_party(hub, identifiers={"EORI": "12345"})
    other = await _add_party(hub, country="KE", identifiers={"PIN": "12345"})
    assert (first.status_code, other.status_code) == (201, 201)
    path = f"/v1/parties/{other.json()['id']}"
    moved = await hub.http.patch(path, json={"country": "FR"}, headers=hub.admin | {"If-Match": "*"})
    assert (moved.status_code, moved.json()["code"]) == (409, "identifier-taken")


@pytest.mark.parametrize("country", ["XX", "QQ", "ZZ", "XK", "SU", "YU", "fr", "FRA"])
async def test_party_of_a_country_that_does_not_exist_is_refused(hub: RunningGateway, country: str) -> None:
    known = (await _add_party(hub)).json()
    grant = {"grants": [{"countries": ["FR", country], "event_types": ["declaration.*"]}]}
    path, condition = f"/v1/parties/{known['id']}", hub.admin | {"If-Match": "*"}
    responses = [
        await _add_party(hub, country=country),
        await hub.http.patch(path, json={"country": country}, headers=condition),
        await _add_party(hub, roles=["partner"], **grant),
        await hub.http.patch(path, json=grant, headers=condition),
    ]
    faults = [(response.status_code, *response.json()["errors"][0].values()) for response in responses]
    in_party, in_grant = "/country", "/grants/0/countries/1"
    assert [fault[:3] for fault in faults] == [
        (422, pointer, "unknown-country") for pointer in (in_party, in_party, in_grant, in_grant)
    ]


async def test_identifier_that_was_removed_is_free(hub: RunningGateway) -> None:
    first = (await hub.http.post("/v1/parties", json=NEW, headers=hub.admin)).json()
    await hub.http.patch(f"/v1/parties/{first['id']}", json={"identifiers": {}}, headers=hub.admin | {"If-Match": "*"})
    assert (await hub.http.post("/v1/parties", json=NEW, headers=hub.admin)).status_code == 201


async def test_identifier_claimed_by_several_parties_at_once_has_one_owner(hub: RunningGateway) -> None:
    responses = await asyncio.gather(*(_add_party(hub, identifiers={"EORI": "FR1"}) for _ in range(20)))
    assert sorted(response.status_code for response in responses) == [201] + [409] * 19


BAD: tuple[dict[str, Any], ...] = (
    {"name": "", "country": "France"},
    {"roles": ["king"]},
    {"roles": []},
    {"identifiers": {"EORI": 7}},
    {"identifiers": {"EORI": " x"}},
    {"name": ""},
    {"name": "a\x00b"},
    {"password": "x"},
    {"grants": [{"countries": []}]},
    {"grants": [{"countries": ["FR"], "event_types": ["bogus.*"]}]},
)


async def test_party_that_breaks_the_contract_is_422(hub: RunningGateway) -> None:
    for change in BAD:
        response = await _add_party(hub, **change)
        assert (response.status_code, response.json()["code"]) == (422, "invalid-body"), change
        assert response.json()["errors"][0]["pointer"].startswith("/" + next(iter(change)))


async def test_party_that_does_not_exist_is_404(hub: RunningGateway) -> None:
    for path in (uuid4(), "me", "%00"):
        read = await hub.http.get(f"/v1/parties/{path}", headers=hub.admin)
        changed = await hub.http.patch(f"/v1/parties/{path}", json={"name": "X"}, headers=hub.admin | {"If-Match": "*"})
        given = await hub.http.post(f"/v1/parties/{path}/credentials", headers=hub.admin)
        listed = await hub.http.get(f"/v1/parties/{path}/credentials", headers=hub.admin)
        ended = await hub.http.delete(f"/v1/parties/{path}/credentials/x", headers=hub.admin)
        assert [a.status_code for a in (read, changed, given, listed, ended)] == [404] * 5


async def test_party_change_with_a_stale_version_is_412(hub: RunningGateway) -> None:
    party = (await _add_party(hub)).json()
    path = f"/v1/parties/{party['id']}"
    first = await hub.http.patch(path, json={"name": "X"}, headers=hub.admin | {"If-Match": '"1"'})
    second = await hub.http.patch(path, json={"name": "Y"}, headers=hub.admin | {"If-Match": '"1"'})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "version-stale")


async def test_last_administrator_cannot_be_disabled(hub: RunningGateway, settings: Settings) -> None:
    me = (await hub.http.get("/v1/me", headers=hub.admin)).json()["id"]
    assert settings.admin_file is not None
    client = json.loads(settings.admin_file.read_text())["client_id"]
    responses = [
        await hub.http.patch(f"/v1/parties/{me}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"}),
        await hub.http.patch(f"/v1/parties/{me}", json={"roles": ["trader"]}, headers=hub.admin | {"If-Match": "*"}),
        await hub.http.delete(f"/v1/parties/{me}/credentials/{client}", headers=hub.admin),
    ]
    assert [(response.status_code, response.json()["code"]) for response in responses] == [(409, "last-admin")] * 3
    await hub.party("admin")
    assert (
        await hub.http.patch(f"/v1/parties/{me}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"})
    ).status_code == 200


async def test_party_under_one_key_is_added_once(hub: RunningGateway) -> None:
    keyed = hub.admin | {"Idempotency-Key": "k1"}
    responses = await asyncio.gather(*(hub.http.post("/v1/parties", json=NEW, headers=keyed) for _ in range(20)))
    assert {(response.status_code, response.content) for response in responses} == {(201, responses[0].content)}
    replayed = [response.headers.get("idempotency-replayed") for response in responses]
    assert sorted(replayed, key=str) == [None] + ["true"] * 19
    assert len((await hub.http.get("/v1/parties", headers=hub.admin)).json()["data"]) == 2
    other = await hub.http.post("/v1/parties", json=NEW | {"name": "C"}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    bad = await hub.http.post("/v1/parties", json=NEW, headers=hub.admin | {"Idempotency-Key": "a b"})
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency-key-invalid")


async def test_idempotency_key_of_a_refused_creation_is_free(hub: RunningGateway) -> None:
    keyed = hub.admin | {"Idempotency-Key": "k1"}
    first = (await hub.http.post("/v1/parties", json=NEW, headers=hub.admin)).json()
    assert (await hub.http.post("/v1/parties", json=NEW, headers=keyed)).status_code == 409
    await hub.http.patch(f"/v1/parties/{first['id']}", json={"identifiers": {}}, headers=hub.admin | {"If-Match": "*"})
    assert (await hub.http.post("/v1/parties", json=NEW, headers=keyed)).status_code == 201


async def test_secret_is_returned_again_under_its_key_and_stored_nowhere(hub: RunningGateway) -> None:
    party = (await _add_party(hub)).json()
    path, keyed = f"/v1/parties/{party['id']}/credentials", hub.admin | {"Idempotency-Key": "k1"}
    first, again = [await hub.http.post(path, headers=keyed) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await hub.http.post(path, headers=hub.admin)
    assert other.json()["client_id"] != first.json()["client_id"]
    stored = await _list_rows(hub, "SELECT c::text FROM credentials c")
    stored += await _list_rows(hub, "SELECT c::text FROM commands c")
    assert first.json()["client_secret"] not in str(stored)
    assert first.json()["client_id"] in str(stored)
    assert len(first.json()["client_secret"]) >= 43


async def test_secret_sealed_with_a_removed_key_is_not_returned(hub: RunningGateway, settings: Settings) -> None:
    party = (await _add_party(hub)).json()
    path, keyed = f"/v1/parties/{party['id']}/credentials", {"Idempotency-Key": "k1"}
    await hub.http.post(path, headers=hub.admin | keyed)
    fresh = settings.token_keys.with_name("fresh.json")
    create_signing_keys(fresh, fresh.with_name("fresh.public.json"))
    settings.token_keys.write_text(fresh.read_text())
    hub.context.access_tokens.keys._checked_at = 0.0
    assert settings.admin_file is not None
    header = await hub.sign_in(json.loads(settings.admin_file.read_text()))
    response = await hub.http.post(path, headers=header | keyed)
    assert (response.status_code, response.json()["code"]) == (409, "secret-not-kept")


async def test_credentials_are_listed_page_by_page(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader")
    path = f"/v1/parties/{party['id']}/credentials"
    for _ in range(2):
        await hub.http.post(path, headers=hub.admin)
    seen: list[str] = []
    cursor: str | None = ""
    for _ in range(3):
        if cursor is None:
            break
        page = (await hub.http.get(f"{path}?limit=2{cursor and '&cursor=' + cursor}", headers=hub.admin)).json()
        seen += [one["client_id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert len(seen) == 3 and seen == sorted(set(seen), reverse=True)
