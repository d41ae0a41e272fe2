"""The commands of the guides run as the pages show them, in one terminal, on one hub, after those of the quickstart."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from saola_client import Hub
from tests.hub import RunningHub, running_hub
from tests.journeys.guide_pages import GUIDES, find_missing_line, prepare_folder, read_blocks, run_guide, run_program

pytestmark = pytest.mark.timeout(600)  # the first test also starts a hub and runs the quickstart


@pytest.fixture(scope="module")
def guide_hub() -> Iterator[RunningHub]:
    """A hub of its own: the guides load lists and switch policies."""
    with running_hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def guide_folder(guide_hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the commands of the quickstart ran."""
    folder = tmp_path_factory.mktemp("guides")
    prepare_folder(folder, guide_hub)
    run_guide(GUIDES[0], folder, guide_hub)
    return folder


def test_quickstart_commands_lodge_accepted_declaration_and_keep_receipt(
    guide_folder: Path, guide_hub: RunningHub
) -> None:
    pair = json.loads((guide_folder / "b.json").read_text())
    with Hub(guide_hub.url, pair["client_id"], pair["client_secret"]) as trader:
        found = {one["reference"]: one["status"] for one in trader.list_declarations()}
    assert found["B-0001"] == "accepted"
    assert (guide_folder / "receipt.jws").read_text().count(".") == 2


@pytest.mark.parametrize("page", GUIDES[1:])
def test_guide_commands_print_what_page_shows(page: str, guide_folder: Path, guide_hub: RunningHub) -> None:
    run_guide(page, guide_folder, guide_hub)


def test_client_guide_lodges_once_checks_receipt_and_reads_events(guide_folder: Path, guide_hub: RunningHub) -> None:
    output = run_program("client.md", guide_folder, guide_hub)
    expected = """I am B SARL
        I am still B SARL
        rejected […CITES-VI.6-second-use…]
        404 not-found …
        1 202 taken
        2 202 taken
        3 202 taken
        declaration.received B-0001"""
    assert find_missing_line(expected, output) is None, output


def test_guide_line_that_output_lacks_is_found() -> None:
    output = "permit 12 is issued\nstatus accepted\n"
    assert find_missing_line("permit … is issued\nstatus accepted\n", output) is None
    assert find_missing_line("status accepted\npermit … is issued\n", output) == "permit … is issued"
    assert find_missing_line("status refused\n", output) == "status refused"


def test_guide_blocks_are_read_with_language_file_and_line() -> None:
    blocks = read_blocks("# Page\n\n```sh\nls\n```\n\n```python title=a.py\nprint()\n```\n")
    assert [(block.language, block.file, block.line) for block in blocks] == [("sh", None, 3), ("python", "a.py", 7)]
