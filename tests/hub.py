"""A whole hub for tests: real processes, real HTTP, real PostgreSQL, in a short folder under /tmp."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from saola_client import Hub
from services.cli.databases import Server
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from tests.waiting import block_until

START_SECONDS = 120.0


def run_saola(*arguments: str | Path, seconds: float = 150.0) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would."""
    outside = {"SAOLA_HOME", "SAOLA_HUB", "SAOLA_CLIENT_ID", "SAOLA_CLIENT_SECRET"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "services.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name not in outside},
        check=False,
    )


class RunningHub:
    """A `saola up` in a home of its own; it ends with this process, whatever happens to it."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        program: Sequence[str] = ("-m", "services.cli.main"),
    ) -> None:
        self.home = folder / "home"
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / "up.log"
        self._environment, self._program = dict(environment or {}), program
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", *self._program, "up", "--port", str(self.port), "--home", self.home],
                env={**os.environ, **self._environment, "SAOLA_SUPERVISED": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def restart(self) -> None:
        """Start it again after it has ended."""
        assert self.process.poll() is not None
        self._close_files()
        self.process = self._start()
        self.wait_ready()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the hub says that it is ready."""

        def has_said_it() -> bool:
            assert self.process.poll() is None, self.log_file.read_text()
            return "Add a trader" in self.log_file.read_text()

        self._block_until(has_said_it, seconds)

    def processes(self) -> dict[str, int]:
        """Return the process ids by name, from the file that the hub writes."""
        return {name: int(process["pid"]) for name, process in self._recorded_processes().get("processes", {}).items()}

    def all_ready(self) -> bool:
        """Return whether each service, not only the gateway, is ready."""
        urls = self._recorded_processes().get("urls", {}).values()
        return bool(urls) and all(is_ready(int(url.rpartition(":")[2])) for url in urls)

    def _recorded_processes(self) -> dict[str, Any]:
        try:
            noted: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return noted

    def kill(self, name: str) -> int:
        """Kill one process as `kill -9` does; answers its id."""
        pid = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_until_restarted(self, name: str, killed: int, seconds: float = START_SECONDS) -> None:
        """Wait until a killed process has a successor and every service is ready."""
        self._block_until(lambda: self.processes().get(name, killed) != killed and self.all_ready(), seconds)

    def _block_until(self, read: Callable[[], bool], seconds: float) -> None:
        """Wait for a reading, and fail with the log of the hub."""
        try:
            block_until(read, seconds=seconds)
        except AssertionError as late:
            raise AssertionError(self.log_file.read_text()) from late

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a service manager would, or as a person by SIGINT; answers its status."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        status = self.process.wait(60)
        self._close_files()
        return status

    def _close_files(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()

    def stored_events(self) -> list[str]:
        """Return each stored event, in the form that subscribers receive."""
        return [row["body"] for row in self.query("notifications", "SELECT body FROM events")]

    def server(self) -> Server:
        """Return the address of the hub's PostgreSQL."""
        command = psutil.Process(self.processes()["database"]).cmdline()
        return Server(command[command.index("-k") + 1])

    def query(self, service: str, *statements: str) -> list[dict[str, Any]]:
        """Run statements as superuser in the database of a service. Return the rows of the last."""
        server = self.server()

        async def read() -> list[dict[str, Any]]:
            admin = await server.connect_as_superuser(service)
            try:
                for statement in statements[:-1]:
                    await admin.execute(statement)
                return [dict(row) for row in await admin.fetch(statements[-1])]
            finally:
                await admin.close()

        return asyncio.run(read())

    def admin(self) -> Hub:
        """Open the hub as its administrator."""
        pair = json.loads((self.home / "admin.json").read_text())
        return Hub(self.url, pair["client_id"], pair["client_secret"])


def running_processes(pids: Mapping[str, int]) -> set[str]:
    """Return the processes that still run."""
    return {name for name, pid in pids.items() if psutil.pid_exists(pid) and not _zombie(pid)}


def _zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def running_hub(environment: Mapping[str, str] | None = None) -> Iterator[RunningHub]:
    """Run a hub from here to the end of the block."""
    with temporary_home("sh-") as folder:
        hub = RunningHub(folder, environment)
        try:
            hub.wait_ready()
            yield hub
        finally:
            hub.stop()
