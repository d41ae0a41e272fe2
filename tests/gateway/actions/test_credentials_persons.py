"""The person of a credential, whom the services compare where two people are required."""

from tests.gateway.conftest import RunningGateway

WITHOUT_OVERLAP = {"overlap_hours": 0}


async def persons_of(hub: RunningGateway) -> list[tuple[str, str]]:
    """Return the credential and the person of each request about permits, in order."""
    callers = [request.caller for request in hub.permits.requests_to("/v1/permits")]
    return [(caller.client, caller.person) for caller in callers]


async def test_credential_rotated_twice_remains_the_person_of_the_first(hub: RunningGateway) -> None:
    new = {"name": "R", "country": "FR", "roles": ["authority"]}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    first, colleague = [(await hub.http.post(path, headers=hub.admin)).json() for _ in range(2)]
    second = (await hub.http.post(f"{path}/{first['client_id']}/rotation", headers=hub.admin)).json()
    rotation = f"{path}/{second['client_id']}/rotation"
    third = (await hub.http.post(rotation, json=WITHOUT_OVERLAP, headers=hub.admin)).json()
    used = [first, third, colleague]
    for credential in used:
        signed_in = await hub.sign_in(credential)
        assert (await hub.http.get("/v1/permits", headers=signed_in)).status_code == 200
    expected = [first["client_id"], first["client_id"], colleague["client_id"]]
    assert await persons_of(hub) == [
        (credential["client_id"], person) for credential, person in zip(used, expected, strict=True)
    ]
