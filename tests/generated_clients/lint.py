"""Check an OpenAPI document by the rules of a linter that integrators use: `make openapi-lint`."""

import subprocess
import sys
from pathlib import Path

from tests.generated_clients.environment import FOLDER, ROOT, ToolEnvironment, install_tools

DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"


def lint(tools: ToolEnvironment, document: Path) -> subprocess.CompletedProcess[str]:
    """Return what the linter prints about a document; its status is 0 if nothing is wrong."""
    return tools.run(["redocly", "lint", "--config", FOLDER / "redocly.yaml", document], document.parent)


if __name__ == "__main__":
    found = lint(install_tools(), DOCUMENT)
    sys.stdout.write(found.stdout + found.stderr)
    sys.exit(found.returncode)
