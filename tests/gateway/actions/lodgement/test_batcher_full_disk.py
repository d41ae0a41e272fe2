"""Declarations while the disk of the gateway's database is full: refused by 503, and accepted again with space."""

from sqlalchemy import make_url

from services.cli.databases import Server
from tests.gateway.conftest import RunningGateway, declaration, wait_ready
from tests.small_disk import tables_on_small_disk


async def test_declaration_on_full_disk_is_refused_by_503_and_accepted_with_space(
    alone: RunningGateway, server: Server
) -> None:
    header = await alone.trader()
    database = str(make_url(alone.settings.database_url).database)
    async with tables_on_small_disk(server, database, "gateway", "submissions") as disk:
        await wait_ready(alone.http)
        disk.fill()
        response = await alone.lodge(header, declaration())
        assert (response.status_code, response.json()["code"]) == (503, "out-of-space"), response.text
        assert response.headers["retry-after"] == "10"
        assert response.headers["content-type"] == "application/problem+json"
        unready = await alone.http.get("/readyz")
        assert (unready.status_code, unready.json()["code"]) == (503, "not-ready")
        assert "The disk of the gateway database is full." in unready.json()["detail"]
        disk.free()
        await wait_ready(alone.http)
        assert (await alone.lodge(header, declaration())).status_code == 202


async def test_command_on_full_disk_is_refused_by_503(alone: RunningGateway, server: Server) -> None:
    database = str(make_url(alone.settings.database_url).database)
    async with tables_on_small_disk(server, database, "gateway", "parties") as disk:
        await wait_ready(alone.http)
        disk.fill()
        new = {
            "name": "A party that needs more than the free bytes of a page" * 3,
            "country": "FR",
            "roles": ["trader"],
        }
        responses = [await alone.http.post("/v1/parties", json=new, headers=alone.admin) for _ in range(40)]
        assert {response.status_code for response in responses} <= {201, 503}
        assert responses[-1].json()["code"] == "out-of-space"
        disk.free()
