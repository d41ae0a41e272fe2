"""The end of a process's log, in words for the user who started the hub."""

import json
from pathlib import Path
from typing import Any


def read_log_tail(log: Path, lines: int = 5) -> str:
    """Return the last lines of a log, each in words; "" if there is no log."""
    try:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-lines:]
    except OSError:
        return ""
    return "\n".join(describe_line(line) for line in tail)


def describe_line(line: str) -> str:
    """Return a log line in words: its event, and its reason, error or message. Return any other line unchanged."""
    try:
        fields: Any = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict):
        return line
    said = next((str(fields[name]) for name in ("reason", "error", "message") if fields.get(name)), "")
    return f"{fields.get('event', '')}: {said}" if said else str(fields.get("event", line))
