"""Reads the fenced blocks of a guide, and runs its commands as a person would in one terminal."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.cli.ports import free_ports
from tests.hub import RunningHub

ROOT = Path(__file__).resolve().parents[2]
PAGE_HUB = "http://127.0.0.1:8000"
PAGE_RECEIVER_PORT = re.compile(r"\b3000\b")
GUIDES = ("quickstart.md", "permits.md", "wco.md", "webhooks.md", "law.md", "identity.md", "logs.md")
"""Pages whose commands a test runs, in this order: each continues from the quickstart, in its folder."""
BLOCK = re.compile(r"^```(?P<language>\w+)(?: title=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
UNTIL_STOPPED = ("make run", "saola listen ")
"""Commands that run until Ctrl-C: a block that begins with one of them is for a terminal of its own."""
SEPARATOR = "\x1e"
SHELL_SECONDS = 400.0


@dataclass(frozen=True)
class Block:
    """One fenced block of a page: its language, its text, the file that its title names, the line where it begins."""

    language: str
    text: str
    file: str | None
    line: int


def read_blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    return [
        Block(match["language"], match["text"], match["file"], text.count("\n", 0, match.start()) + 1)
        for match in BLOCK.finditer(text)
    ]


def prepare_folder(folder: Path, hub: RunningHub) -> None:
    """Create in a folder what the clone of a reader has: the environment, the examples, the home of the hub."""
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "var").symlink_to(hub.home)
    (folder / ".curlrc").write_text("fail-with-body\n")  # curl alone ends with 0 on a 4xx


def run_guide(page: str, folder: Path, hub: RunningHub) -> None:
    """Run the `sh` blocks of a page in one shell; require status 0 and the lines that each `text` block shows."""
    blocks = read_blocks((ROOT / "docs" / page).read_text())
    run, shown = _pair_commands(blocks)
    for block in blocks:
        if block.file:
            (folder / block.file).write_text(block.text)
    script = "".join(f"printf '{SEPARATOR}'\n{block.text}" for block in run).replace(PAGE_HUB, hub.url)
    script = PAGE_RECEIVER_PORT.sub(str(free_ports(1)[0]), script)
    status, output = _run_shell(script, folder)
    printed = output.split(SEPARATOR)[1:]
    last = run[len(printed) - 1]
    assert status == 0, f"docs/{page}, line {last.line}: status {status}\n{printed[-1]}"
    for block, text, expected in zip(run, printed, shown, strict=True):
        missing = find_missing_line(expected, text)
        assert missing is None, f"docs/{page}, line {block.line}: {missing!r} is not in the output\n{text}"


def run_program(page: str, folder: Path, hub: RunningHub) -> str:
    """Run the Python blocks of a page as one program; require status 0 and return what it prints."""
    blocks = read_blocks((ROOT / "docs" / page).read_text())
    text = "\n".join(block.text for block in blocks if block.language == "python" and not block.file)
    program = folder / f"{Path(page).stem}_program.py"
    program.write_text(text.replace(PAGE_HUB, hub.url))
    status, output = _run_shell(f".venv/bin/python {program.name}", folder)
    assert status == 0, f"docs/{page}: status {status}\n{output}"
    return output


def _run_shell(script: str, folder: Path) -> tuple[int, str]:
    """Return the status of a script and what it prints; end what it leaves in the background."""
    outside = ("SAOLA_HOME", "SAOLA_HUB", "SAOLA_CLIENT_ID", "SAOLA_CLIENT_SECRET")
    environment = {name: value for name, value in os.environ.items() if name not in outside}
    shell = subprocess.Popen(
        ["sh", "-eu", "-c", script],
        cwd=folder,
        env=environment | {"CURL_HOME": str(folder), "COLUMNS": "200", "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=SHELL_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    return shell.returncode, output


def _pair_commands(blocks: list[Block]) -> tuple[list[Block], list[str]]:
    """Return the blocks to run, and for each the text that the page shows after it, or an empty one."""
    commands: list[Block] = []
    shown: list[str] = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language == "sh" and not block.text.startswith(UNTIL_STOPPED):
            commands.append(block)
            shown.append(after.text if after is not None and after.language == "text" else "")
    return commands, shown


def find_missing_line(expected: str, output: str) -> str | None:
    """Return the first expected line that the output lacks, in order; `…` is any text, spaces count as one."""
    rest = [" ".join(line.split()) for line in output.splitlines()]
    for line in expected.splitlines():
        pattern = re.compile(".*?".join(re.escape(part) for part in " ".join(line.split()).split("…")))
        for number, candidate in enumerate(rest):
            if pattern.fullmatch(candidate):
                rest = rest[number + 1 :]
                break
        else:
            return line
    return None
