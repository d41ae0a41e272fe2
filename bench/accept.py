"""Declarations accepted with 202 per second, as a ratio to a bare FastAPI endpoint that validates the same body.

Declarations of five items over 32 connections, durable and authenticated. Permits does not run, so the bench measures
acceptance only. A separate process makes the load. The rounds are interleaved, and the bench compares medians.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from bench.load_generator import IDENTIFIER
from bench.processes import run_process, wait_until_ready
from services.cli.databases import EmbeddedPostgres, Server, create_databases, migrate
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from shared.key_files import create_signing_keys

ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = 32
ITEMS = 5


async def measure() -> dict[str, Any]:
    """Measure both in interleaved rounds. Return the medians per second and their ratio."""
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            async with run_gateway(server, folder) as gateway, _run_bare_endpoint() as bare:
                return await _measure_rounds(gateway, bare)
        finally:
            await asyncio.to_thread(embedded.stop)


async def _measure_rounds(gateway: dict[str, Any], bare: dict[str, Any]) -> dict[str, Any]:
    await measure_rate(gateway, 1.0)
    await measure_rate(bare, 1.0)
    pairs = [(await measure_rate(bare, SECONDS), await measure_rate(gateway, SECONDS)) for _ in range(ROUNDS)]
    bare_rates, accept_rates = (sorted(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(accept / bare_one for bare_one, accept in pairs)
    return {
        "accepts_per_second": round(statistics.median(accept_rates)),
        "bare_per_second": round(statistics.median(bare_rates)),
        "ratio": round(ratio, 3),
        "rounds": [{"bare": round(b), "accept": round(a)} for b, a in pairs],
    }


async def measure_rate(target: dict[str, Any], seconds: float) -> float:
    """Return the requests per second that a target accepted. Raise RuntimeError for any other status."""
    found = await run_load(target, seconds)
    if found["responses"] != found["expected"]:
        raise RuntimeError(f"unexpected responses: {found}")
    return float(found["expected"] / found["seconds"])


async def run_load(target: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run a load in a separate process. Return its result: see `bench.load_generator`."""
    parameters = {"connections": CONNECTIONS, "items": ITEMS} | target | {"host": "127.0.0.1", "seconds": seconds}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load_generator", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(parameters).encode() + b"\n")
    return dict(json.loads(out))


@asynccontextmanager
async def _run_bare_endpoint() -> AsyncIterator[dict[str, Any]]:
    port = free_ports(1)[0]
    async with run_process("bench.bare_endpoint", str(port), env={}):
        await wait_until_ready(f"http://127.0.0.1:{port}/openapi.json")
        yield {"port": port, "path": "/declarations", "headers": {}, "expect": 200}


@asynccontextmanager
async def run_gateway(server: Server, folder: Path) -> AsyncIterator[dict[str, Any]]:
    """Run a gateway with its own database during the block. Yield the target of its load."""
    await create_databases(server)
    migrate("gateway", server.url("gateway", "gateway_owner"))
    port, unreachable_url = free_ports(1)[0], f"http://127.0.0.1:{free_ports(1)[0]}"
    for name in ("signing", "token"):
        create_signing_keys(folder / f"{name}.json", folder / f"{name}.public.json")
    env = {
        "GATEWAY_DATABASE_URL": server.url("gateway", "gateway_runner"),
        "GATEWAY_PORT": str(port),
        "GATEWAY_PERMITS_URL": unreachable_url,
        "GATEWAY_NOTIFICATIONS_URL": unreachable_url,
        "GATEWAY_SIGNING_KEYS": str(folder / "signing.json"),
        "GATEWAY_TOKEN_KEYS": str(folder / "token.json"),
        "GATEWAY_ADMIN_FILE": str(folder / "admin.json"),
    }
    async with run_process("services.gateway.main", env=env, log=folder / "gateway.log"):
        url = f"http://127.0.0.1:{port}"
        await wait_until_ready(f"{url}/readyz")
        token = await _create_trader_token(url, json.loads((folder / "admin.json").read_text()))
        bearer = {"Authorization": f"Bearer {token}"}
        yield {"port": port, "path": "/v1/declarations", "headers": bearer, "expect": 202}


async def _create_trader_token(url: str, admin: dict[str, str]) -> str:
    async with httpx2.AsyncClient(base_url=url) as http:
        header = {"Authorization": f"Bearer {await _request_token(http, admin)}"}
        new = {"name": "B SARL", "country": "FR", "roles": ["trader"], "identifiers": {"EORI": IDENTIFIER}}
        party = (await http.post("/v1/parties", json=new, headers=header)).json()
        return await _request_token(
            http, (await http.post(f"/v1/parties/{party['id']}/credentials", headers=header)).json()
        )


async def _request_token(http: httpx2.AsyncClient, credential: dict[str, str]) -> str:
    form = {"grant_type": "client_credentials"}
    auth = (credential["client_id"], credential["client_secret"])
    return str((await http.post("/oauth2/token", data=form, auth=auth)).json()["access_token"])


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
