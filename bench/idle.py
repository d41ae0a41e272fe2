"""An idle hub: the time from 202 to `accepted`, and the memory of its processes (PSS, without the database)."""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

from bench.trade_parties import TradeParties

DECLARATIONS = 60
IDLE_SECONDS = 2.0


def latency(parties: TradeParties) -> dict[str, Any]:
    """Lodge declarations one by one. Return the milliseconds from the 202 until a read has the status `accepted`."""
    permits = parties.issue_permits(DECLARATIONS, lines=5)
    took = sorted(_measure_one(parties, permit) for permit in permits)
    return {
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "declarations": len(took),
    }


def _measure_one(parties: TradeParties, permit: dict[str, Any]) -> float:
    hub = parties.importer.hub
    declared = hub.lodge(parties.build_declaration(permit))
    began = time.perf_counter()
    while (status := hub.read_declaration(declared["id"])["status"]) == "received":
        time.sleep(0.001)
    if status != "accepted":
        raise RuntimeError(f"a declaration of the bench is {status}")
    return (time.perf_counter() - began) * 1000


def memory(home: Path) -> dict[str, Any]:
    """Return the PSS of each process of the hub in MB, and their sum."""
    time.sleep(IDLE_SECONDS)
    processes = json.loads((home / "run.json").read_text())["processes"]
    pids = {name: process["pid"] for name, process in processes.items() if name != "database"}
    pids["supervisor"] = psutil.Process(pids["gateway"]).ppid()
    found = {name: psutil.Process(pid).memory_full_info().pss / 2**20 for name, pid in pids.items()}
    return {"total_mb": round(sum(found.values())), "by_process": {name: round(mb) for name, mb in found.items()}}
