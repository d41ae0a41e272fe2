"""`saola load` with refused lines: the counts, and the next step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saola_client import Hub
from services.cli.load import load_file

NEXT_STEP = "Copy the lines with another code than `received` to a new file, correct them, and load that file."
RECEIVED: dict[str, Any] = {"status_code": 202}
REFUSED: dict[str, Any] = {"status_code": 400, "code": "invalid-json"}


@pytest.mark.parametrize(
    ("results", "all_received"),
    [([RECEIVED, REFUSED], False), ([RECEIVED, RECEIVED], True)],
    ids=["refused", "received"],
)
def test_load_prints_the_next_step_only_for_refused_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    results: list[dict[str, Any]],
    all_received: bool,
) -> None:
    def send_bulk(kind: str, lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
        for number, (_, result) in enumerate(zip(lines, results, strict=True), start=1):
            yield result | {"line": number}

    file = tmp_path / "many.ndjson"
    file.write_text("{}\n{}\n")
    with Hub("http://127.0.0.1:9", "id", "secret") as hub:
        monkeypatch.setattr(hub, "send_bulk", send_bulk)
        assert load_file(hub, file, tmp_path / "results.ndjson") is all_received
    assert (NEXT_STEP in capsys.readouterr().out) is not all_received
