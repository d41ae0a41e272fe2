"""The blocks of docs/generated-clients.md are run as written, in their order, against a real hub."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from saola_client import Hub
from tests.generated_clients.environment import ROOT, ToolEnvironment
from tests.hub import RunningHub

PAGE = ROOT / "docs" / "generated-clients.md"
PAGE_HUB = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(?P<language>\w+)(?: title=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_MEDIA_TYPES = {"application/x-ndjson", "text/csv"}
"""Bodies that are files; the Python generator leaves out the operations that take nothing else."""

pytestmark = pytest.mark.timeout(600)  # the first test may have to install the tools


@pytest.fixture(scope="module")
def credentials(hub: RunningHub) -> dict[str, str]:
    """The credentials of the trader whom the page names as importer."""
    identifiers = {"EORI": "FR12345678900011"}
    with hub.admin() as admin:
        party = admin.create_party({"name": "B SARL", "country": "FR", "roles": ["trader"], "identifiers": identifiers})
        created = admin.create_credential(party["id"])
    return {name: created[name] for name in ("client_id", "client_secret")}


@pytest.fixture
def folder(credentials: dict[str, str], tmp_path: Path, tools: ToolEnvironment) -> Path:
    """A folder with the trader's credentials, in which npm has installed the packages."""
    (tmp_path / "b.json").write_text(json.dumps(credentials))
    (tmp_path / "node_modules").symlink_to(tools.node_modules)
    return tmp_path


def run_section(title: str, folder: Path, tools: ToolEnvironment, url: str) -> str:
    """Write the files of a section of the page and run its commands; return what they print."""
    section = PAGE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    printed = ""
    for block in BLOCK.finditer(section):
        text = block["text"].replace(PAGE_HUB, url)
        if block["file"]:
            (folder / block["file"]).write_text(text)
        elif block["language"] == "sh":
            done = tools.run(["sh", "-e", "-c", text], folder)
            assert done.returncode == 0, done.stdout + done.stderr
            printed += done.stdout
    return printed


def require_lodged(printed: str, reference: str, hub: RunningHub, credentials: dict[str, str]) -> None:
    """Require that the last printed line names a declaration with this reference, and one of its statuses."""
    declaration_id, status = printed.splitlines()[-1].split()
    with Hub(hub.url, credentials["client_id"], credentials["client_secret"]) as trader:
        found = trader.wait_until_checked(declaration_id)
    assert found["reference"] == reference
    assert status in {entry["to"] for entry in found["history"]}


def list_bodies(operation: dict[str, Any]) -> set[str]:
    return set(operation.get("requestBody", {}).get("content", {}))


def test_python_client_lodges_and_reads_typed(
    hub: RunningHub, credentials: dict[str, str], tools: ToolEnvironment, folder: Path
) -> None:
    printed = run_section("Python", folder, tools, hub.url)
    require_lodged(printed, "B-PYTHON-1", hub, credentials)

    mypy = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"]
    checked = tools.run([*mypy, "--python-executable", tools.python, "lodge.py"], folder)
    assert checked.returncode == 0, checked.stdout

    made = {file.stem for file in (folder / "saola_generated" / "api").glob("*/*.py")} - {"__init__"}
    document = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    left_out = {
        operation["operationId"]
        for operation in operations
        if list_bodies(operation) and list_bodies(operation) <= FILE_MEDIA_TYPES
    }
    assert made == {operation["operationId"] for operation in operations} - left_out
    assert len(left_out) == 6  # the page says so


def test_typescript_client_lodges_and_reads_typed(
    hub: RunningHub, credentials: dict[str, str], tools: ToolEnvironment, folder: Path
) -> None:
    printed = run_section("TypeScript", folder, tools, hub.url)
    require_lodged(printed, "B-TYPESCRIPT-1", hub, credentials)
