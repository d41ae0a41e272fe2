"""`saola load`: sends a file of declarations or permits, one per line, and continues an interrupted run."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from saola_client import Hub
from services.cli.console import CommandError, err, out

Kind = Literal["declarations", "permits"]
RECEIVED = "received"


def load_file(hub: Hub, file: Path, answers_file: Path) -> bool:
    """Send the lines without a result, and write each result to a file. Return whether the hub received all of them."""
    total, done = _count_lines(file), _count_answers(answers_file)
    kind = _detect_kind(file)
    if done > total:
        raise CommandError(
            f"{answers_file} has {done} lines, but {file} has only {total}: the results belong to another file. "
            "Move the first file, or name another one with --answers FILE."
        )
    if done:
        out.print(f"{done} of {total} lines have a result from an earlier run. Continuing after them.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with answers_file.open("ab") as output, Progress(*columns, console=err) as progress:
        task = progress.add_task(kind, total=total, completed=done)
        for result in hub.send_bulk(kind, _lines(file, after=done)):
            number = done + result["line"]
            output.write(json.dumps(result | {"line": number}, ensure_ascii=False).encode() + b"\n")
            output.flush()
            progress.update(task, completed=number)
    return _print_summary(answers_file)


def _print_summary(answers_file: Path) -> bool:
    codes: Counter[str] = Counter()
    for line in answers_file.open("rb"):
        result = json.loads(line)
        codes[RECEIVED if result["status_code"] < 300 else f"{result['status_code']} {result['code']}"] += 1
    for code, count in codes.most_common():
        out.print(f"{count:>9} {code}", style="green" if code == RECEIVED else "red")
    out.print(f"The results of all lines: {answers_file}", markup=False)
    if all_received := set(codes) <= {RECEIVED}:
        return all_received
    out.print(
        "Copy the lines with another code than `received` to a new file, correct them, and load that file. "
        "`line` in the results is the number of the line."
    )
    return False


def _lines(file: Path, *, after: int = 0) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if number >= after:
                yield line


def _count_lines(file: Path) -> int:
    try:
        return sum(1 for _ in _lines(file))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}. Name a readable NDJSON file.") from None


def _count_answers(answers_file: Path) -> int:
    """Count the results of an earlier run. Remove an incomplete last line."""
    if not answers_file.exists():
        return 0
    body = answers_file.read_bytes()
    complete = body[: body.rfind(b"\n") + 1]
    if complete != body:
        answers_file.write_bytes(complete)
    return complete.count(b"\n")


def _detect_kind(file: Path) -> Kind:
    """Return whether a file contains permits or declarations, by the first line that is JSON."""
    for line in _lines(file):
        try:
            found: Any = json.loads(line)
        except ValueError:
            continue
        found = found.get("permit") or found.get("declaration") or found if isinstance(found, dict) else {}
        return "permits" if "issued_on" in found or "kind" in found else "declarations"
    return "declarations"
