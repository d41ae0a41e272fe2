"""`saola load`: sends a file of declarations or permits, one per line, and continues an interrupted run.

The file of results has the SHA-256 of each line. So the next run sends the lines that have no result or that changed.
Results of permits have their tokens, so only the user of the command can read the file.
"""

import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from saola_client import Hub
from services.cli.console import CommandError, err, out
from services.cli.private_files import append_private
from shared.durable_files import replace_durably

Kind = Literal["declarations", "permits"]
RECEIVED = "received"
DIGEST = "sha256"
"""Field of a result with the SHA-256 of its line, without the line end, in hexadecimal."""
TOO_MANY_REQUESTS = 429


def load_file(hub: Hub, file: Path, answers_file: Path) -> bool:
    """Send the lines without a result, and write each result to a file. Return whether the hub received all of them.

    A line that changed since its result is sent again, and a line that the hub could not take at that time.
    """
    total = _count_lines(file)
    kind = _detect_kind(file)
    done = _keep_results(file, answers_file)
    if done:
        out.print(f"{len(done)} of {total} lines have a result from an earlier run. The others are sent now.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    sent: deque[tuple[int, str]] = deque()
    with append_private(answers_file) as output, Progress(*columns, console=err) as progress:
        task = progress.add_task(kind, total=total, completed=len(done))
        for result in hub.send_bulk(kind, _read_lines_without_result(file, done, sent)):
            number, digest = sent.popleft()
            output.write(_render(result | {"line": number, DIGEST: digest}))
            output.flush()
            progress.advance(task)
    return _print_summary(answers_file)


def _read_lines_without_result(file: Path, done: Set[int], sent: deque[tuple[int, str]]) -> Iterator[bytes]:
    """Yield the lines whose numbers are not done. Append the number and the digest of each to `sent`."""
    for number, line in enumerate(_lines(file), start=1):
        if number not in done:
            sent.append((number, _digest(line)))
            yield line


def _keep_results(file: Path, answers_file: Path) -> set[int]:
    """Return the numbers of the lines that have a result. Delete the results of lines that changed or that are gone."""
    results = _read_results(answers_file)
    kept: dict[int, dict[str, Any]] = {}
    for number, line in enumerate(_lines(file) if results else (), start=1):
        if found := results[_digest(line)]:
            kept[number] = found.popleft()
    if answers_file.exists():
        with replace_durably(answers_file) as output:
            output.writelines(_render(result | {"line": number}) for number, result in kept.items())
    return set(kept)


def _read_results(answers_file: Path) -> defaultdict[str, deque[dict[str, Any]]]:
    """Return the final results of earlier runs by the digest of their line. An incomplete last line is left out."""
    results: defaultdict[str, deque[dict[str, Any]]] = defaultdict(deque)
    for line in _lines(answers_file) if answers_file.exists() else ():
        try:
            result = json.loads(line)
            is_final = result["status_code"] < 500 and result["status_code"] != TOO_MANY_REQUESTS
        except (ValueError, TypeError, KeyError):
            if not line.endswith(b"\n"):
                break
            raise CommandError(
                f"{answers_file} is no file of results. Move it, or name another file with --answers FILE."
            ) from None
        if is_final and DIGEST in result:
            results[result[DIGEST]].append(result)
    return results


def _digest(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\r\n")).hexdigest()


def _render(result: dict[str, Any]) -> bytes:
    return json.dumps(result, ensure_ascii=False).encode() + b"\n"


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
        "Correct the lines with another code than `received` in the file, and run the same command again. It sends the "
        "lines that changed. `line` in the results is the number of the line."
    )
    return False


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        yield from lines


def _count_lines(file: Path) -> int:
    try:
        return sum(1 for _ in _lines(file))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}. Name a readable NDJSON file.") from None


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
