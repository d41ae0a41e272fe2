"""`saola load`: sends a file of declarations or permits, a line each, with its progress; taken up where it broke."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from saola_client import Hub
from services.cli.console import Trouble, err, out

Kind = Literal["declarations", "permits"]


def load_file(hub: Hub, file: Path, answers: Path) -> bool:
    """Send what was not answered yet and write every answer beside it; says whether all lines were taken."""
    total, done = _count(file), _answered(answers)
    kind = _kind(file)
    if done > total:
        raise Trouble(f"{answers} has more lines than {file}: it belongs to another file. Move it away.")
    if done:
        out.print(f"{done} of {total} lines were answered before; going on after them.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with answers.open("ab") as told, Progress(*columns, console=err) as progress:
        task = progress.add_task(kind, total=total, completed=done)
        for answer in hub.bulk(kind, _lines(file, after=done)):
            number = done + answer["line"]
            told.write(json.dumps(answer | {"line": number}, ensure_ascii=False).encode() + b"\n")
            told.flush()
            progress.update(task, completed=number)
    return _sum_up(answers)


def _sum_up(answers: Path) -> bool:
    codes: Counter[str] = Counter()
    for line in answers.open("rb"):
        answer = json.loads(line)
        codes["taken" if answer["status_code"] < 300 else f"{answer['status_code']} {answer['code']}"] += 1
    for code, count in codes.most_common():
        out.print(f"{count:>9} {code}", style="green" if code == "taken" else "red")
    out.print(f"Every answer: {answers}", markup=False)
    return set(codes) <= {"taken"}


def _lines(file: Path, *, after: int = 0) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if number >= after:
                yield line


def _count(file: Path) -> int:
    try:
        return sum(1 for _ in _lines(file))
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}.") from None


def _answered(answers: Path) -> int:
    """Count the answers of an earlier run; one that was cut off in the middle is taken away."""
    if not answers.exists():
        return 0
    body = answers.read_bytes()
    whole = body[: body.rfind(b"\n") + 1]
    if whole != body:
        answers.write_bytes(whole)
    return whole.count(b"\n")


def _kind(file: Path) -> Kind:
    """Tell permits from declarations by the first line that says."""
    for line in _lines(file):
        try:
            found: Any = json.loads(line)
        except ValueError:
            continue
        found = found.get("permit") or found.get("declaration") or found if isinstance(found, dict) else {}
        return "permits" if "issued_on" in found or "kind" in found else "declarations"
    return "declarations"
