"""A hub in containers for tests, as a project of docker compose with its own passwords. All is removed at the end."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.cli.databases import ROOT
from services.cli.health_checks import is_ready
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from tests.containers.docker_engine import compose
from tests.waiting import block_until

READY_SECONDS = 120.0
DOCKER_NETWORKS = "172.16.0.0/12,192.168.0.0/16"
PROXY_IMAGE = "haproxy:3.2"


class ComposedHub:
    """The project of docker-compose.yml. It may send webhooks to the networks of Docker, and so to this machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = folder / "admin.json"
        own = {"SECRETS": str(folder / "secrets"), "GATEWAY_PORT": str(self.port), "PUBLIC_URL": self.url}
        test = {"SAOLA_IMAGE": "saola:test", "ALLOWED_NETWORKS": DOCKER_NETWORKS}
        self._environment = {**os.environ, **own, **test}
        self._project = f"saola-test-{os.getpid()}"

    def compose(self, *words: str, check: bool = True) -> str:
        """Run docker compose. Return its output."""
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

    def run_script(self, name: str, folder: Path) -> None:
        """Run the script `deploy/NAME` with a folder as its argument."""
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
        """Run docker. Return its output."""
        ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        assert not check or ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def container(self, service: str) -> str:
        """Return the id of a service's first container."""
        return self.containers(service)[0]

    def containers(self, service: str) -> list[str]:
        """Return the ids of all containers of a service."""
        return self.compose("ps", "-q", service).split()

    def host_address(self) -> str:
        """Return the address of this machine for containers that may send outside."""
        where = "{{(index .IPAM.Config 0).Gateway}}"
        return self.docker("network", "inspect", f"{self._project}_outside", "--format", where)

    def scale(self, counts: Mapping[str, int]) -> None:
        """Run `counts[service]` containers of each service, behind the proxy, which has the port of the gateway."""
        self._environment |= {"GATEWAY_PORT": "0", "PROXY_PORT": str(self.port)}
        wanted = [word for name, count in counts.items() for word in ("--scale", f"{name}={count}")]
        self.compose("--profile", "scale", "up", "--detach", *wanted)
        self.wait_ready()

    def has_or_pulls(self, image: str) -> bool:
        """Check that the engine has an image, or can pull it."""
        inspected = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
        return inspected.returncode == 0 or subprocess.run(["docker", "pull", image], check=False).returncode == 0

    def processor_seconds(self, container: str) -> float:
        """Return the processor time of a container's processes, in seconds."""
        rows = self.docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/stat").splitlines()
        return sum(sum(map(int, row.rpartition(")")[2].split()[11:13])) for row in rows) / os.sysconf("SC_CLK_TCK")

    def run_in(self, service: str, *words: str, check: bool = True) -> str:
        """Run a command in a service's container. Return its output."""
        return self.docker("exec", self.container(service), *words, check=check)

    def wait_ready(self) -> None:
        """Wait until the gateway is ready and each container is healthy or has ended without an error."""
        try:
            block_until(lambda: is_ready(self.port) and self._all_healthy(), seconds=READY_SECONDS)
        except AssertionError as late:
            raise AssertionError(self.compose("ps", "-a")) from late

    def delete_passwords(self) -> None:
        """Delete the password files as root, the user that wrote them."""
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
    """Run a hub in containers until the end of the block."""
    with temporary_home("sh-") as folder:
        hub = ComposedHub(folder)
        try:
            hub.compose("up", "--detach", "--build")
            hub.wait_ready()
            hub.admin.write_text(hub.run_in("gateway", "cat", "/state/admin.json"))
            yield hub
        finally:
            hub.compose("--profile", "scale", "down", "--volumes", "--remove-orphans", check=False)
            hub.delete_passwords()
