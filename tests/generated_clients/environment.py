"""The environment of other people's tools: code generators, a linter, a compiler and Node.

It is apart from the environment of the hub, because a generator may need an older version of a package that the hub
uses. It is installed when a test first needs it, from the lock files in this folder, into a folder that git ignores.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
INSTALLED = ROOT / ".openapi_tools"
LOCKS = (FOLDER / "requirements.lock", FOLDER / "package.json", FOLDER / "package-lock.json")
INSTALL_SECONDS = 400
RUN_SECONDS = 300


class ToolsUnavailable(Exception):
    """The tools cannot be installed: there is no network, or a lock file is wrong."""


@dataclass(frozen=True, kw_only=True)
class ToolEnvironment:
    """The folder in which the tools are installed."""

    folder: Path

    @property
    def python(self) -> Path:
        """Return the interpreter that has the Python generator and what its clients need."""
        return self.folder / "python" / "bin" / "python"

    @property
    def node_modules(self) -> Path:
        """Return the folder of the installed npm packages."""
        return self.folder / "node_modules"

    def run(self, command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder, with the tools first in the path; return its output and status."""
        return _run(command, folder, self.variables(), RUN_SECONDS)

    def variables(self) -> dict[str, str]:
        """Return the environment variables of a command: the tools come first on the path, and send no telemetry."""
        first = (self.python.parent, self.node_modules / ".bin")
        return os.environ | {
            "PATH": os.pathsep.join([*map(str, first), os.environ.get("PATH", os.defpath)]),
            "REDOCLY_TELEMETRY": "off",
            "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        }


def install_tools() -> ToolEnvironment:
    """Return the environment of the tools; install it first if the locks have changed. Raise ToolsUnavailable."""
    tools = ToolEnvironment(folder=INSTALLED / "current")
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes run side by side
        digest = _digest()
        marker = tools.folder / "digest"
        if not marker.is_file() or marker.read_text() != digest:
            shutil.rmtree(tools.folder, ignore_errors=True)
            tools.folder.mkdir()
            _install(tools)
            marker.write_text(digest)
    return tools


def _digest() -> str:
    found = hashlib.sha256(sys.version.encode())
    for file in LOCKS:
        found.update(file.read_bytes())
    return found.hexdigest()


def _install(tools: ToolEnvironment) -> None:
    for file in LOCKS:
        shutil.copy(file, tools.folder)
    pip = (tools.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    commands: tuple[Sequence[str | Path], ...] = (
        (sys.executable, "-m", "venv", tools.folder / "python"),
        (*pip, "--require-hashes", "-r", "requirements.lock"),
        ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
    )
    for command in commands:
        done = _run(command, tools.folder, tools.variables(), INSTALL_SECONDS)
        if done.returncode:
            raise ToolsUnavailable(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}".rstrip())


def _run(
    command: Sequence[str | Path], folder: Path, variables: dict[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
