"""The routes of a declaration after its submission."""

from tests.gateway.conftest import RunningGateway, declaration


async def test_validation_with_an_idempotency_key_does_not_read_it(hub: RunningGateway) -> None:
    trader = await hub.trader()
    operation = (await hub.http.get("/openapi.json")).json()["paths"]["/v1/declarations/validate"]["post"]
    assert "parameters" not in operation, "validation stores nothing, so a key has no effect"
    path, body = "/v1/declarations/validate", declaration()
    for key in ("k-1", "k-1", "not valid"):
        response = await hub.http.post(path, json=body, headers=trader | {"Idempotency-Key": key})
        assert response.status_code == 200, response.text
        assert "idempotency-replayed" not in response.headers
    assert len(hub.permits.requests_to(path)) == 3
