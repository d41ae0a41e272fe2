"""The hub of one command: the one that the user named, or a temporary one, which is removed at the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saola_client import Hub
from services.cli.client_access import open_hub
from services.cli.console import CommandError, err
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from services.cli.private_files import open_private
from services.cli.server_account import temporary_home
from shared.supervision import SUPERVISED

START_SECONDS = 120.0
RETRY_SECONDS = 30.0
"""Seconds that a long command repeats its calls, if the hub has responded at the start."""


@contextmanager
def open_as_admin(url: str | None, admin: Path) -> Iterator[Hub]:
    """Yield the hub at `url`, opened as its administrator. Without a URL, run a temporary hub during the block."""
    if url is not None:
        with open_hub(url, admin) as probe:
            probe.access_token()
        with open_hub(url, admin, retry_seconds=RETRY_SECONDS) as hub:
            yield hub
        return
    with run_temporary_hub() as (own_url, own_admin), open_hub(own_url, own_admin, retry_seconds=RETRY_SECONDS) as hub:
        yield hub


@contextmanager
def run_temporary_hub() -> Iterator[tuple[str, Path]]:
    """Run a hub in a temporary home during the block. Yield its address and its admin.json."""
    with temporary_home("saola-own-") as folder:
        port = free_ports(1)[0]
        hub = _start(folder, port)
        try:
            with err.status("Starting a temporary hub…"):
                _wait_until_ready(hub, folder, port)
            yield f"http://127.0.0.1:{port}", folder / "home" / "admin.json"
        finally:
            with err.status("Stopping the temporary hub…"):
                _stop(hub)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in {"SAOLA_HOME", "SAOLA_HUB"}}
    with open_private(folder / "up.log") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "services.cli.main", "up", "--port", str(port), "--home", folder / "home"],
            env={**environment, SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_ready(hub: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(port):
        if hub.poll() is not None or time.monotonic() > deadline:
            log_text = (folder / "up.log").read_text(errors="replace").strip()
            raise CommandError(
                f"The temporary hub did not start. Use a running hub with --hub URL, or correct this:\n{log_text}"
            )
        time.sleep(0.1)


def _stop(hub: subprocess.Popen[bytes]) -> None:
    hub.send_signal(signal.SIGTERM)
    try:
        hub.wait(60)
    except subprocess.TimeoutExpired:
        hub.kill()
        hub.wait()
    if hub.stdin is not None:
        hub.stdin.close()
