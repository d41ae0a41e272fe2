"""The processes of an embedded PostgreSQL server, as the system shows them: found by their folder, and ended."""

import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

PROGRAM = "postgres"
IMMEDIATE_SECONDS = 7.0
"""Seconds for the immediate mode: PostgreSQL kills those of its processes that do not end within 5 s."""
KILL_SECONDS = 5.0


def end_server(server: psutil.Process, *, fast_seconds: float = 5.0) -> None:
    """End a server: in fast mode, after `fast_seconds` in immediate mode, and at last by a kill of all its processes.

    A server that receives the order of fast mode while it recovers from the kill of one of its processes may never end.
    The next start recovers from each of the three. Raise psutil.TimeoutExpired if not even a kill ends it.
    """
    try:
        children = server.children(recursive=True)
        for order, seconds in ((signal.SIGINT, fast_seconds), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            server.send_signal(order)
            with suppress(psutil.TimeoutExpired):
                server.wait(seconds)
                return
        children += server.children(recursive=True)
        kill_processes([server, *children])  # without their server they end later, and until then no other one starts
    except psutil.NoSuchProcess:
        return
    if server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        raise psutil.TimeoutExpired(KILL_SECONDS, server.pid)


def kill_processes(processes: Iterable[psutil.Process]) -> None:
    """Kill processes, and wait for their end."""
    killed = list(processes)
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(killed, timeout=KILL_SECONDS)


def works_in(process: psutil.Process, data: Path) -> bool:
    """Return whether a process runs PostgreSQL in a data folder. Each of its processes has the folder as its own.

    After a restart of the machine another program may have a recorded process id.
    """
    try:
        is_running = process.name() == PROGRAM and process.status() != psutil.STATUS_ZOMBIE
        return is_running and Path(process.cwd()) == data
    except (OSError, psutil.Error):
        return False


def find_processes(data: Path) -> list[psutil.Process]:
    """Return the processes of PostgreSQL that work in a data folder, also those whose server was killed."""
    return [process for process in psutil.process_iter() if works_in(process, data)]
