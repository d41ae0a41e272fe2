"""The number of a party's active credentials is limited, also with many requests at once."""

import pytest

from services.gateway.actions import credentials
from tests.concurrency import run_concurrently
from tests.gateway.conftest import Body, RunningGateway


async def test_credentials_beyond_the_limit_are_refused_with_many_requests_at_once(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "MAX_CREDENTIALS", 4)
    new = {"name": "C", "country": "FR", "roles": ["trader"]}
    party, other = [(await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()["id"] for _ in range(2)]

    async def create(party_id: str) -> tuple[int, Body]:
        response = await hub.http.post(f"/v1/parties/{party_id}/credentials", headers=hub.admin)
        return response.status_code, response.json()

    results = await run_concurrently(create(party) for _ in range(12))
    assert sorted(status for status, _ in results) == [201] * 4 + [409] * 8
    assert {body["code"] for status, body in results if status == 409} == {"too-many-credentials"}
    assert (await create(other))[0] == 201, "each party has a limit of its own"
    client_id = next(body["client_id"] for status, body in results if status == 201)
    path = f"/v1/parties/{party}/credentials/{client_id}"
    rotated = await hub.http.post(f"{path}/rotation", headers=hub.admin)
    assert (rotated.status_code, rotated.json()["code"]) == (409, "too-many-credentials")
    assert (await hub.http.delete(path, headers=hub.admin)).status_code == 204
    assert (await create(party))[0] == 201, "a credential that ended makes room"
