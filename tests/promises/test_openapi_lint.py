"""The OpenAPI document passes the linter that integrators use."""

import json
from pathlib import Path

import pytest

from tests.generated_clients.environment import ToolEnvironment
from tests.generated_clients.lint import DOCUMENT, lint

pytestmark = pytest.mark.timeout(600)  # the first test may have to install the tools


def test_document_has_no_finding(tools: ToolEnvironment) -> None:
    found = lint(tools, DOCUMENT)
    assert found.returncode == 0, found.stdout


def test_document_without_operation_id_has_a_finding(tools: ToolEnvironment, tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text())
    del document["paths"]["/v1/me"]["get"]["operationId"]
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(document))
    found = lint(tools, changed)
    assert found.returncode == 1 and "operation-operationId" in found.stdout, found.stdout
