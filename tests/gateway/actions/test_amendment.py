"""The gateway keeps a limited number of new versions of one declaration, refused ones too."""

import pytest

from services.gateway.actions import amendment
from tests.gateway.conftest import RunningGateway, declaration


async def test_versions_beyond_the_limit_are_refused_before_their_bytes_are_stored(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amendment, "MAX_AMENDMENTS", 3)
    header = await hub.trader() | {"If-Match": "*"}
    path, other = [f"/v1/declarations/{(await hub.lodge(header, declaration())).json()['id']}" for _ in range(2)]
    first = header | {"Idempotency-Key": "first"}
    assert (await hub.http.put(path, json=declaration(), headers=first)).status_code == 200
    for _ in range(2):
        assert (await hub.http.put(path, json=declaration(), headers=header)).status_code == 200
    refused = await hub.http.put(path, json=declaration(), headers=header)
    assert (refused.status_code, refused.json()["code"]) == (409, "history-full")
    assert (await hub.http.put(path, json=declaration(), headers=first)).status_code == 200, "a repetition is none"
    assert (await hub.http.put(other, json=declaration(), headers=header)).status_code == 200
    async with hub.context.engine.connect() as conn:
        stored = (await conn.exec_driver_sql("SELECT count(*) FROM amendments")).scalar_one()
    assert stored == 4
