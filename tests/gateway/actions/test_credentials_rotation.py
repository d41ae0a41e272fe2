"""Rotation of a credential: the old and the new one work during the overlap."""

from joserfc.jwk import OKPKey

from tests.gateway.conftest import RunningGateway


async def test_credential_that_is_rotated_works_until_the_end_of_the_overlap(hub: RunningGateway) -> None:
    new = {"name": "R", "country": "FR", "roles": ["trader"]}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    old = (await hub.http.post(path, headers=hub.admin)).json()
    keyed = hub.admin | {"Idempotency-Key": "r1"}
    made, again = [await hub.http.post(f"{path}/{old['client_id']}/rotation", headers=keyed) for _ in range(2)]
    assert (made.status_code, again.status_code) == (201, 201), again.text
    assert again.content == made.content and again.headers["idempotency-replayed"] == "true"
    assert made.json()["replaces"]["client_id"] == old["client_id"]
    for credential in (old, made.json()):
        await hub.token(credential)
    listed = {row["client_id"]: row for row in (await hub.http.get(path, headers=hub.admin)).json()["data"]}
    assert len(listed) == 2
    assert listed[old["client_id"]]["expires_at"] == made.json()["replaces"]["ends_at"]
    now = {"overlap_hours": 0}
    last = await hub.http.post(f"{path}/{made.json()['client_id']}/rotation", json=now, headers=hub.admin)
    form = {"grant_type": "client_credentials", **{k: made.json()[k] for k in ("client_id", "client_secret")}}
    assert (await hub.http.post("/oauth2/token", data=form)).status_code == 401
    await hub.token(last.json())
    key = {"public_key": OKPKey.generate_key("Ed25519").as_dict(private=False)}
    wrong = await hub.http.post(f"{path}/{last.json()['client_id']}/rotation", json=key, headers=hub.admin)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not-rotated-so")
    gone = await hub.http.post(f"{path}/{made.json()['client_id']}/rotation", headers=hub.admin)
    assert gone.status_code == 404
