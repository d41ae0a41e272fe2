"""A header that may occur once is refused twice, because a proxy in between might use the other one."""

import json

import pytest

from tests.gateway.conftest import RunningGateway, declaration


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("Idempotency-Key", ("k-1", "k-2"), "idempotency-key-invalid"),
        ("Idempotency-Key", ("k-1", "k-1"), "idempotency-key-invalid"),
        ("Content-Type", ("application/json", "application/xml"), "header-twice"),
        ("Authorization", ("", "Bearer x"), "header-twice"),
    ],
)
async def test_header_sent_twice_is_refused_with_its_name(
    hub: RunningGateway, name: str, values: tuple[str, str], code: str
) -> None:
    trader = await hub.trader()
    usual = trader | {"Content-Type": "application/json", "Idempotency-Key": "k"}
    kept = {given: value for given, value in usual.items() if given != name}
    for path in ("/v1/declarations", "/v1/declarations/bulk", "/v1/permits"):
        headers = [*kept.items(), *((name, value) for value in values)]
        response = await hub.http.post(path, content=json.dumps(declaration()), headers=headers)
        assert (response.status_code, response.json()["code"]) == (400, code), path
        assert name in response.json()["detail"]
        assert response.json()["request_id"] == response.headers["x-request-id"]
    assert hub.permits.requests_to("/v1/permits") == []


async def test_list_headers_sent_twice_are_accepted(hub: RunningGateway) -> None:
    headers = [*(await hub.trader()).items(), ("Accept", "text/html"), ("Accept", "application/json")]
    assert (await hub.http.get("/v1/me", headers=headers)).status_code == 200
