"""`saola load`: what a second run sends, the counts, and the next step."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from saola_client import Hub
from services.cli.console import CommandError
from services.cli.load import load_file

NEXT_STEP = "Correct the lines with another code than `received` in the file, and run the same command again."
CODES = {202: "received", 422: "invalid-body", 503: "service-unavailable"}
Load = Callable[..., tuple[list[str], bool]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load lines from a file by a connection that gives these status codes. Return what was sent, and the result."""

    def run(lines: list[str], status_codes: list[int]) -> tuple[list[str], bool]:
        sent: list[str] = []

        def send_bulk(kind: str, bodies: Iterator[bytes]) -> Iterator[dict[str, Any]]:
            for body, status_code in zip(bodies, status_codes, strict=False):
                sent.append(body.decode().rstrip("\n"))
                yield {"line": len(sent), "status_code": status_code, "code": CODES[status_code]}

        file = tmp_path / "many.ndjson"
        file.write_text("".join(line + "\n" for line in lines))
        with Hub("http://127.0.0.1:9", "id", "secret") as hub:
            monkeypatch.setattr(hub, "send_bulk", send_bulk)
            return sent, load_file(hub, file, tmp_path / "results.ndjson")

    return run


def read_results(folder: Path) -> list[tuple[int, int]]:
    """Return number and status code of each result."""
    found = [json.loads(line) for line in (folder / "results.ndjson").read_text().splitlines()]
    return [(result["line"], result["status_code"]) for result in found]


@pytest.mark.parametrize(("status_code", "all_received"), [(422, False), (202, True)], ids=["refused", "received"])
def test_load_prints_the_next_step_only_for_refused_lines(
    load: Load, capsys: pytest.CaptureFixture[str], status_code: int, all_received: bool
) -> None:
    assert load(["{}", '{"a": 1}'], [202, status_code])[1] is all_received
    assert (NEXT_STEP in " ".join(capsys.readouterr().out.split())) is not all_received


def test_load_sends_a_corrected_line_again(load: Load, tmp_path: Path) -> None:
    assert load(["a", "b", "c"], [202, 422, 202])[1] is False
    assert load(["a", "b", "c"], []) == ([], False)
    assert load(["a", "B", "c"], [202]) == (["B"], True)
    assert sorted(read_results(tmp_path)) == [(1, 202), (2, 202), (3, 202)]


def test_load_writes_results_that_only_its_user_can_read(load: Load, tmp_path: Path) -> None:
    for _ in range(2):
        load(["a"], [202])
        assert (tmp_path / "results.ndjson").stat().st_mode & 0o777 == 0o600


def test_load_finds_the_results_of_lines_that_moved(load: Load, tmp_path: Path) -> None:
    load(["a", "b", "b"], [202, 422, 202])
    assert load(["new", "b", "b"], [202]) == (["new"], False)
    assert sorted(read_results(tmp_path)) == [(1, 202), (2, 422), (3, 202)]


def test_load_continues_after_an_interruption(load: Load, tmp_path: Path) -> None:
    load(["a", "b", "c"], [202])
    with (tmp_path / "results.ndjson").open("a") as results:
        results.write('{"line": 2, "stat')
    assert load(["a", "b", "c"], [202, 202]) == (["b", "c"], True)
    assert read_results(tmp_path) == [(1, 202), (2, 202), (3, 202)]


def test_load_sends_a_line_again_that_the_hub_could_not_take(load: Load) -> None:
    assert load(["a", "b"], [202, 503]) == (["a", "b"], False)
    assert load(["a", "b"], [202]) == (["b"], True)


def test_load_refuses_another_file_in_the_place_of_its_results(load: Load, tmp_path: Path) -> None:
    (tmp_path / "results.ndjson").write_text("a list of mine\n")
    with pytest.raises(CommandError, match="no file of results"):
        load(["a"], [202])
    assert (tmp_path / "results.ndjson").read_text() == "a list of mine\n"
