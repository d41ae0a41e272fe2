"""The number of a party's endpoints is limited, also with many requests at once."""

import pytest

from services.notifications.actions import endpoints
from shared.contracts.parties import Party
from tests.concurrency import run_concurrently
from tests.notifications.conftest import Service, party

WHERE = "/v1/webhook-endpoints"


async def _create(service: Service, who: Party, *, verify: bool = False) -> tuple[int, str]:
    """Create an endpoint. Return the status, and the id or the problem code."""
    new = {"url": "https://example.com/", "verify": verify}
    response = await service.http.post(WHERE, json=new, headers=service.headers_as(who))
    body = response.json()
    return response.status_code, body["code"] if "code" in body else body["id"]


@pytest.mark.parametrize("verify", [False, True])
async def test_endpoints_beyond_the_limit_are_refused_with_many_requests_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch, verify: bool
) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 3)
    who, other = party(), party()
    results = await run_concurrently(_create(service, who, verify=verify) for _ in range(12))
    assert sorted(status for status, _ in results) == [201] * 3 + [409] * 9
    assert {code for status, code in results if status == 409} == {"too-many-endpoints"}
    assert (await _create(service, other))[0] == 201, "each party has a limit of its own"
    made = next(found for status, found in results if status == 201)
    assert (await service.http.delete(f"{WHERE}/{made}", headers=service.headers_as(who))).status_code == 204
    assert (await _create(service, who))[0] == 201, "a deleted endpoint makes room"


async def test_endpoints_that_are_created_and_deleted_without_end_are_refused(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MAX_NEW_ENDPOINTS", 4)
    who = party()
    for _ in range(4):
        status, made = await _create(service, who)
        assert status == 201
        await service.http.delete(f"{WHERE}/{made}", headers=service.headers_as(who))
    assert await _create(service, who) == (429, "too-many-requests")
    assert (await _create(service, party()))[0] == 201


async def test_endpoint_that_is_created_again_under_its_key_is_not_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    who = party()
    header = {**service.headers_as(who), "Command-Id": "01a22a87-1c43-71e0-ad20-4e7d3a8425fb"}
    new = {"url": "https://example.com/"}
    first = await service.http.post(WHERE, json=new, headers=header)
    again = await service.http.post(WHERE, json=new, headers=header)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
