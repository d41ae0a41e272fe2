"""Accept against bare: declarations answered 202 a second, as a share of what a bare FastAPI endpoint validates.

Five items, 32 connections, durable, authenticated; permits is away, so that nothing but accepting is measured. The
load comes from a process of its own; the rounds of the two are interleaved and their medians compared.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from bench.load_generator import IDENTIFIER
from services.cli.databases import Embedded, Server, migrate, prepare
from services.cli.ports import free_ports
from shared.signed_tokens import make_keys

ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = 32
ITEMS = 5


async def measure() -> dict[str, Any]:
    """Measure both, round after round; answers medians a second and their ratio."""
    with tempfile.TemporaryDirectory(prefix="saola-bench-", ignore_cleanup_errors=True) as folder:
        embedded = Embedded(Path(folder) / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            async with _gateway(server, Path(folder)) as gateway, _bare() as bare:
                return await _rounds(gateway, bare)
        finally:
            await asyncio.to_thread(embedded.stop)


async def _rounds(gateway: dict[str, Any], bare: dict[str, Any]) -> dict[str, Any]:
    await _load(gateway, 1.0)
    await _load(bare, 1.0)
    pairs = [(await _load(bare, SECONDS), await _load(gateway, SECONDS)) for _ in range(ROUNDS)]
    bares, accepts = (sorted(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(accept / bare_one for bare_one, accept in pairs)
    return {
        "accepts_per_second": round(statistics.median(accepts)),
        "bare_per_second": round(statistics.median(bares)),
        "ratio": round(ratio, 3),
        "rounds": [{"bare": round(b), "accept": round(a)} for b, a in pairs],
    }


async def _load(target: dict[str, Any], seconds: float) -> float:
    found = await run_load(target, seconds)
    if found["answers"] != found["expected"]:
        raise RuntimeError(f"unexpected answers: {found}")
    return float(found["expected"] / found["seconds"])


async def run_load(target: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run a load in a process of its own; answers what came of it."""
    told = {"connections": CONNECTIONS, "items": ITEMS} | target | {"host": "127.0.0.1", "seconds": seconds}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load_generator", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(told).encode() + b"\n")
    return dict(json.loads(out))


@asynccontextmanager
async def _process(module: str, *args: str, env: dict[str, str]) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *args, env={**os.environ, **env})
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def _bare() -> AsyncIterator[dict[str, Any]]:
    port = free_ports(1)[0]
    async with _process("bench.bare_endpoint", str(port), env={}):
        await _answers(f"http://127.0.0.1:{port}/openapi.json")
        yield {"port": port, "path": "/declarations", "headers": {}, "expect": 200}


@asynccontextmanager
async def _gateway(server: Server, folder: Path) -> AsyncIterator[dict[str, Any]]:
    await prepare(server)
    migrate("gateway", server.url("gateway", "gateway_owner"))
    port, away = free_ports(1)[0], f"http://127.0.0.1:{free_ports(1)[0]}"
    for name in ("signing", "token"):
        make_keys(folder / f"{name}.json", folder / f"{name}.public.json")
    env = {
        "GATEWAY_DATABASE_URL": server.url("gateway", "gateway_runner"),
        "GATEWAY_PORT": str(port),
        "GATEWAY_PERMITS_URL": away,
        "GATEWAY_NOTIFICATIONS_URL": away,
        "GATEWAY_SIGNING_KEYS": str(folder / "signing.json"),
        "GATEWAY_TOKEN_KEYS": str(folder / "token.json"),
        "GATEWAY_ADMIN_FILE": str(folder / "admin.json"),
        "GATEWAY_LOG_LEVEL": "ERROR",
    }
    async with _process("services.gateway.main", env=env):
        url = f"http://127.0.0.1:{port}"
        await _answers(f"{url}/readyz")
        token = await _trader(url, json.loads((folder / "admin.json").read_text()))
        bearer = {"Authorization": f"Bearer {token}"}
        yield {"port": port, "path": "/v1/declarations", "headers": bearer, "expect": 202}


async def _trader(url: str, admin: dict[str, str]) -> str:
    async with httpx2.AsyncClient(base_url=url) as http:
        header = {"Authorization": f"Bearer {await _token(http, admin)}"}
        new = {"name": "B SARL", "country": "FR", "roles": ["trader"], "identifiers": {"EORI": IDENTIFIER}}
        party = (await http.post("/v1/parties", json=new, headers=header)).json()
        return await _token(http, (await http.post(f"/v1/parties/{party['id']}/credentials", headers=header)).json())


async def _token(http: httpx2.AsyncClient, credential: dict[str, str]) -> str:
    form = {"grant_type": "client_credentials"}
    auth = (credential["client_id"], credential["client_secret"])
    return str((await http.post("/oauth2/token", data=form, auth=auth)).json()["access_token"])


async def _answers(url: str) -> None:
    async with asyncio.timeout(120), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
