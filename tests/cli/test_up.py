"""The supervisor of a hub, on disks without space."""

import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from services.cli.console import CommandError
from services.cli.home import Home
from services.cli.ports import free_ports
from services.cli.process_environments import ServicePorts
from services.cli.up import Supervisor
from tests.small_disk import small_disk


def test_supervisor_message_on_full_disk_costs_no_error(tmp_path: Path) -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115 - its close fails
    supervisor = Supervisor(Home(tmp_path), 8000, Console(file=full))
    supervisor._report("permits ended")
    with suppress(OSError):  # its close writes the rest again
        full.close()


def test_run_file_on_full_disk_is_reported_once_and_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.up.RECORD_RETRY_SECONDS", 0.0)
    output = io.StringIO()
    with small_disk("1m") as disk:
        home = Home(disk.folder)
        supervisor = Supervisor(home, 8000, Console(file=output, width=1000))
        supervisor._ports = ServicePorts(8000, 8001, 8002)
        home.run_file.write_text("{}")
        disk.fill()
        for _ in range(3):
            supervisor._record_run()
        assert home.run_file.read_text() == "{}"
        assert output.getvalue().count(f"{home.run_file} cannot be written: ") == 1
        disk.free()
        supervisor._record_run()
        assert json.loads(home.run_file.read_text())["urls"]["gateway"] == "http://127.0.0.1:8000"


def test_hub_without_space_for_a_database_ends_with_advice() -> None:
    output = io.StringIO()
    with small_disk("12m") as disk:
        supervisor = Supervisor(Home(disk.folder), free_ports(1)[0], Console(file=output))
        try:
            with pytest.raises(CommandError) as refused:
                supervisor._start()
        finally:
            supervisor._stop_all()
        assert str(refused.value) == (
            f"The embedded PostgreSQL does not start: the disk of {disk.folder} is full. Free space on it"
        )
        assert not list(disk.folder.glob(".database*"))
