"""The supervisor of a hub."""

from contextlib import suppress
from pathlib import Path

from rich.console import Console

from services.cli.home import Home
from services.cli.up import Supervisor


def test_supervisor_message_on_full_disk_costs_no_error(tmp_path: Path) -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115 - its close fails
    supervisor = Supervisor(Home(tmp_path), 8000, Console(file=full))
    supervisor._report("permits ended")
    with suppress(OSError):  # its close writes the rest again
        full.close()
