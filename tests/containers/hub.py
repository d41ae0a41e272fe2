"""A hub in containers for tests: docker compose, a project and passwords of its own, all of it removed after."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.cli.databases import ROOT
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from tests.containers.docker_engine import compose
from tests.hub import short_folder
from tests.waiting import block_until

READY_SECONDS = 120.0
DOCKERS_NETWORKS = "172.16.0.0/12,192.168.0.0/16"
PROXY_IMAGE = "haproxy:3.2"


class ComposedHub:
    """The project of docker-compose.yml; its webhooks may go to the networks that Docker makes: to this machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = folder / "admin.json"
        own = {"SECRETS": str(folder / "secrets"), "GATEWAY_PORT": str(self.port), "PUBLIC_URL": self.url}
        test = {"SAOLA_IMAGE": "saola:test", "ALLOWED_NETWORKS": DOCKERS_NETWORKS}
        self._environment = {**os.environ, **own, **test}
        self._project = f"saola-test-{os.getpid()}"

    def compose(self, *words: str, check: bool = True) -> str:
        """Run docker compose; answers what it printed."""
        ended = subprocess.run(
            [*(compose() or ()), "-p", self._project, *words],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
        return ended.stdout

    def script(self, name: str, folder: Path) -> None:
        """Run deploy/NAME on a folder."""
        own = {"COMPOSE": " ".join([*(compose() or ()), "-p", self._project])}
        ended = subprocess.run(
            ["sh", f"deploy/{name}", folder],
            cwd=ROOT,
            env={**self._environment, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def docker(self, *words: str, check: bool = True) -> str:
        """Run docker; answers what it printed."""
        ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        assert not check or ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def container(self, service: str) -> str:
        """Answer the id of a service's container."""
        return self.containers(service)[0]

    def containers(self, service: str) -> list[str]:
        """Answer the ids of all of a service's containers."""
        return self.compose("ps", "-q", service).split()

    def our_address(self) -> str:
        """Answer the address at which the containers that may send outside find this machine."""
        where = "{{(index .IPAM.Config 0).Gateway}}"
        return self.docker("network", "inspect", f"{self._project}_outside", "--format", where)

    def scale(self, counts: Mapping[str, int]) -> None:
        """Run so many of each, behind the proxy, which takes the gateway's port."""
        self._environment |= {"GATEWAY_PORT": "0", "PROXY_PORT": str(self.port)}
        wanted = [word for name, count in counts.items() for word in ("--scale", f"{name}={count}")]
        self.compose("--profile", "scale", "up", "--detach", *wanted)
        self.wait_ready()

    def can_have(self, image: str) -> bool:
        """Say whether the engine has an image, or can pull it."""
        here = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
        return here.returncode == 0 or subprocess.run(["docker", "pull", image], check=False).returncode == 0

    def worked(self, container: str) -> float:
        """Answer the processor time that a container's processes have used, in seconds."""
        rows = self.docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/stat").splitlines()
        return sum(sum(map(int, row.rpartition(")")[2].split()[11:13])) for row in rows) / os.sysconf("SC_CLK_TCK")

    def within(self, service: str, *words: str, check: bool = True) -> str:
        """Run a command in a service's container."""
        return self.docker("exec", self.container(service), *words, check=check)

    def wait_ready(self) -> None:
        """Wait until the gateway is ready and every container that goes on is healthy."""
        try:
            block_until(lambda: is_ready(self.port) and self._all_healthy(), seconds=READY_SECONDS)
        except AssertionError as late:
            raise AssertionError(self.compose("ps", "-a")) from late

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
            hub.compose("--profile", "scale", "down", "--volumes", "--remove-orphans", check=False)
            hub.forget_passwords()
