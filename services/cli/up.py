"""`saola up`: the supervisor of a whole hub on one machine. Starts all, tends all, stops all; decides nothing else."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import IO

from rich.console import Console

from services.cli import ports as free
from services.cli.child_process import Child, birth, end_leftovers
from services.cli.console import Trouble
from services.cli.databases import Server
from services.cli.health_checks import is_ready
from services.cli.home import Home
from services.cli.postgres import Postgres
from services.cli.process_environments import HOST, Ports, address, environments
from shared import supervision

TICK = 0.1
START_SECONDS = 90.0
DRAIN_SECONDS = 30.0
MOST_DEATHS_AT_START = 3
DATABASE = "database"
BROKEN = (RuntimeError, OSError, subprocess.SubprocessError)
"""What a start of PostgreSQL may raise; while the hub runs it is tried again, whatever it was."""


class Stopped(Exception):
    """Somebody asked for the end while the hub was starting."""


class Supervisor:
    """A hub on one machine, from its start to its end."""

    def __init__(self, home: Home, port: int, console: Console) -> None:
        self.home, self.console = home, console
        self.url = address(port)
        self._port = port
        self._database = Postgres(home.database)
        self._children: dict[str, Child] = {}
        self._stop = threading.Event()
        self._hurry = False
        self._noted: dict[str, int | None] = {}
        self._trimmed = 0.0

    def run(self, ready: Callable[[float], None]) -> None:
        """Start the hub, tell that it is ready (and after how many seconds), and tend it until a signal ends it."""
        began = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)
        supervision.watch()
        with self.home.held():
            try:
                self._start()
                ready(time.monotonic() - began)
                while not self._stop.wait(TICK):
                    self._tend()
            except Stopped:
                pass
            finally:
                self._end()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._hurry = self._stop.is_set()
        self._stop.set()

    # Starting

    def _start(self) -> None:
        with self.console.status("Starting PostgreSQL…") as status:
            self._clear_leftovers()
            self._claim_port()
            self.home.make()
            server = self._start_database()
            status.update("Bringing the databases up to date…")
            self._prepare(server)
            status.update("Starting the services…")
            self._plan(server)
            self._start_children()

    def _clear_leftovers(self) -> None:
        """End what a killed hub left behind; a database left behind is stopped by its own start."""
        left = self.home.read_run().get("processes", {})
        end_leftovers({int(p["pid"]): float(p["born"]) for name, p in left.items() if name != DATABASE})

    def _claim_port(self) -> None:
        if not free.is_free(self._port, HOST):
            other = f"Choose another: saola up --port {self._port + 1}"
            raise Trouble(f"Port {self._port} on {HOST} is taken by another program. {other}")

    def _start_database(self) -> Server:
        try:
            return self._database.start(seconds=START_SECONDS)
        except BROKEN as error:
            raise Trouble(f"PostgreSQL does not start: {error}") from None

    def _prepare(self, server: Server) -> None:
        work = [sys.executable, "-P", "-m", "services.cli.prepare", server.host]
        with self.home.log("prepare").open("wb") as log, _quiet(work, log) as process:
            while process.poll() is None:
                if self._stop.wait(TICK):
                    process.terminate()
        if self._stop.is_set():
            raise Stopped
        if process.returncode:
            end = self.home.log("prepare").read_text(errors="replace").strip().splitlines()[-3:]
            raise Trouble("The databases could not be brought up to date:\n" + "\n".join(end))

    def _plan(self, server: Server) -> None:
        permits, notifications = free.free_ports(2, beside=self._port)
        self._ports = Ports(self._port, permits, notifications)
        for name, environment in environments(self.home, server, self._ports).items():
            self._children[name] = Child(name, environment, self.home.log(name))

    def _start_children(self) -> None:
        *inner, gateway = self._children.values()
        for child in inner:
            child.start()
        self._until_ready([self._ports.permits, self._ports.notifications])
        gateway.start()
        self._until_ready([self._ports.gateway])

    def _until_ready(self, ports: Sequence[int]) -> None:
        ends, waiting = time.monotonic() + START_SECONDS, list(ports)
        while waiting:
            if self._stop.wait(TICK):
                raise Stopped
            self._tend()
            waiting = [port for port in waiting if not is_ready(port)]
            failing = next((c for c in self._children.values() if c.deaths >= MOST_DEATHS_AT_START), None)
            if failing is not None or time.monotonic() > ends:
                raise Trouble(self._why_not(failing))

    def _why_not(self, failing: Child | None) -> str:
        if failing is None:
            return f"The services were not ready after {START_SECONDS:.0f} s; their logs: {self.home.folder / 'logs'}"
        return f"{failing.name} does not start. The end of {failing.log}:\n{failing.last_words()}"

    # Tending

    def _tend(self) -> None:
        if self._database.pid is None:
            self._tend_database()
        for child in self._children.values():
            if told := child.tend():
                self._tell(told)
        self._note()
        if time.monotonic() - self._trimmed > 60:
            self._trimmed = time.monotonic()
            for child in self._children.values():
                with suppress(OSError):
                    child.trim_log()

    def _tend_database(self) -> None:
        if self._noted.get(DATABASE) is not None:
            self._tell("PostgreSQL ended; it is started again.")
            self._note()
        with suppress(*BROKEN):
            self._database.start(seconds=5.0)

    def _tell(self, what: str) -> None:
        self.console.print(f"{time.strftime('%H:%M:%S')}  {what}", markup=False)

    def _note(self) -> None:
        pids = {child.name: child.pid for child in self._children.values()} | {DATABASE: self._database.pid}
        if pids != self._noted:
            self._noted = pids
            running = {name: {"pid": pid, "born": birth(pid)} for name, pid in pids.items() if pid is not None}
            with suppress(OSError):  # a full disk is no reason to stop tending
                self.home.note_run(self._ports.addresses(), running)

    # Ending

    def _end(self) -> None:
        """Stop the gateway first, so that nothing more is taken in; the database last."""
        with self.console.status("Stopping…"):
            self._end_all([self._children[name] for name in ("gateway",) if name in self._children])
            self._end_all([child for name, child in self._children.items() if name != "gateway"])
            self._database.stop()
            self.home.run.unlink(missing_ok=True)

    def _end_all(self, children: Sequence[Child]) -> None:
        ends = time.monotonic() + DRAIN_SECONDS + 2
        for child in children:
            child.ask()
        while not all(child.wait(time.monotonic() + TICK) for child in children):
            if self._hurry or time.monotonic() > ends:
                for child in children:
                    child.kill()


def _quiet(work: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(work, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
