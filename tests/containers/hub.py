"""A hub in containers for tests: docker compose, a project and passwords of its own, all of it removed after."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.databases import ROOT
from services.cli.healthy import is_ready
from services.cli.ports import free_ports
from tests.containers.engine import compose
from tests.hub import short_folder

READY_SECONDS = 120.0


class ComposedHub:
    """The project of docker-compose.yml, with deploy/demo.yml laid over it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = folder / "admin.json"
        own = {"SECRETS": str(folder / "secrets"), "GATEWAY_PORT": str(self.port), "PUBLIC_URL": self.url}
        self._environment = {**os.environ, **own, "SAOLA_IMAGE": "saola:test"}
        self._project = f"saola-test-{os.getpid()}"

    def compose(self, *words: str, check: bool = True) -> str:
        """Run docker compose; answers what it printed."""
        files = ("-f", "docker-compose.yml", "-f", "deploy/demo.yml")
        ended = subprocess.run(
            [*(compose() or ()), "-p", self._project, *files, *words],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
        return ended.stdout

    def docker(self, *words: str, check: bool = True) -> str:
        """Run docker; answers what it printed."""
        ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        assert not check or ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def container(self, service: str) -> str:
        """Answer the id of a service's container."""
        return self.compose("ps", "-q", service).split()[0]

    def within(self, service: str, *words: str, check: bool = True) -> str:
        """Run a command in a service's container."""
        return self.docker("exec", self.container(service), *words, check=check)

    def wait_ready(self) -> None:
        """Wait until the gateway is ready and every container that goes on is healthy."""
        ends = time.monotonic() + READY_SECONDS
        while not (is_ready(self.port) and self._all_healthy()):
            assert time.monotonic() < ends, self.compose("ps", "-a")
            time.sleep(0.2)

    def forget_passwords(self) -> None:
        """Remove the files that the job wrote, as whom it wrote them."""
        mounted = f"{self._environment['SECRETS']}:/secrets"
        remove = ["run", "--rm", "--user", "0:0", "--entrypoint", "find", "-v", mounted, "saola:test"]
        self.docker(*remove, "/secrets", "-mindepth", "1", "-delete", check=False)

    def _all_healthy(self) -> bool:
        states = [json.loads(self.docker("inspect", name))[0]["State"] for name in self.compose("ps", "-q").split()]
        return all(s.get("Health", {}).get("Status") == "healthy" or s["ExitCode"] == 0 for s in states) and all(
            s["Running"] or s["ExitCode"] == 0 for s in states
        )


@contextmanager
def composed_hub() -> Iterator[ComposedHub]:
    """Run a hub in containers from here to the end of the block."""
    with short_folder() as folder:
        hub = ComposedHub(folder)
        try:
            hub.compose("up", "--detach", "--build")
            hub.wait_ready()
            hub.admin.write_text(hub.within("gateway", "cat", "/state/admin.json"))
            yield hub
        finally:
            hub.compose("down", "--volumes", "--remove-orphans", check=False)
            hub.forget_passwords()
