"""The person of a credential, whom the services compare where two people are required."""

import pytest

from saola_client import ClientKey
from tests.gateway.conftest import Body, RunningGateway

KEY, OTHER_KEY = ClientKey.generate().public, ClientKey.generate().public

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


@pytest.mark.parametrize(
    ("proof", "other"),
    [
        ({"subject": "user|7"}, {"subject": "user|8"}),
        ({"public_key": KEY}, {"public_key": OTHER_KEY}),
        ({"public_key": KEY}, {"jwks": {"keys": [OTHER_KEY]}}),
    ],
    ids=["subject", "public_key", "jwks"],
)
async def test_credential_with_a_known_key_or_subject_is_the_person_of_the_ended_one(
    hub: RunningGateway, proof: Body, other: Body
) -> None:
    party, _ = await hub.party("authority")
    path = f"/v1/parties/{party['id']}/credentials"
    first = (await hub.http.post(path, json=proof, headers=hub.admin)).json()["client_id"]
    ended = await hub.http.delete(f"{path}/{first}", headers=hub.admin)
    assert ended.status_code == 204
    renewed = (await hub.http.post(path, json=proof, headers=hub.admin)).json()["client_id"]
    colleague = (await hub.http.post(path, json=other, headers=hub.admin)).json()["client_id"]
    persons = [hub.context.directory.find_person(client_id) for client_id in (renewed, colleague)]
    assert persons == [first, colleague]


async def test_credential_with_one_known_key_of_its_set_is_the_person_of_that_key(hub: RunningGateway) -> None:
    party, _ = await hub.party("authority")
    path = f"/v1/parties/{party['id']}/credentials"
    first = (await hub.http.post(path, json={"public_key": KEY}, headers=hub.admin)).json()["client_id"]
    renamed = KEY | {"kid": "another"}
    second = await hub.http.post(path, json={"jwks": {"keys": [OTHER_KEY, renamed]}}, headers=hub.admin)
    assert second.status_code == 201, second.text
    assert hub.context.directory.find_person(second.json()["client_id"]) == first
