"""The fields of responses about mandates."""

from shared.database import now
from tests.gateway.conftest import RunningGateway

NUMBER = {"EORI": "FR99988877700011"}


async def test_mandate_has_all_fields_and_nulls_until_it_is_revoked(hub: RunningGateway) -> None:
    (trader, trader_headers), (agent, _) = await hub.party("trader", identifiers=NUMBER), await hub.party("trader")
    today = now().date().isoformat()
    body, headers = {"agent": agent["id"], "from": today, "until": today}, trader_headers | {"Idempotency-Key": "m-1"}
    granted = await hub.http.post("/v1/mandates", json=body, headers=headers)
    mandate = granted.json()
    assert mandate == body | {
        "id": mandate["id"],
        "trader": trader["id"],
        "status": "offered",
        "granted_at": mandate["granted_at"],
        "granted_by": trader["id"],
        "accepted_at": None,
        "revoked_at": None,
        "revoked_by": None,
    }
    assert (await hub.http.post("/v1/mandates", json=body, headers=headers)).content == granted.content
    path = f"/v1/mandates/{mandate['id']}"
    assert (await hub.http.get(path, headers=trader_headers)).json() == mandate
    assert (await hub.http.get("/v1/mandates", headers=trader_headers)).json() == {
        "data": [mandate],
        "next_cursor": None,
    }
    revoked = (await hub.http.post(f"{path}/revocation", headers=trader_headers)).json()
    assert revoked == mandate | {
        "status": "revoked",
        "revoked_at": revoked["revoked_at"],
        "revoked_by": trader["id"],
    }


async def test_page_of_mandates_has_the_cursor_of_the_next_page(hub: RunningGateway) -> None:
    (_, trader_headers), (agent, _) = await hub.party("trader", identifiers=NUMBER), await hub.party("trader")
    today = now().date().isoformat()
    body = {"agent": agent["id"], "from": today, "until": today}
    made = [(await hub.http.post("/v1/mandates", json=body, headers=trader_headers)).json()["id"] for _ in range(3)]
    first = (await hub.http.get("/v1/mandates?limit=2", headers=trader_headers)).json()
    assert ([one["id"] for one in first["data"]], first["next_cursor"]) == ([made[2], made[1]], made[1])
    last = (await hub.http.get(f"/v1/mandates?limit=2&cursor={made[1]}", headers=trader_headers)).json()
    assert ([one["id"] for one in last["data"]], last["next_cursor"]) == ([made[0]], None)
