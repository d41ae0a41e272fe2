"""`saola listen` shows and forwards events. It continues after the hub or the command itself was stopped."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from saola_client import Hub
from services.cli.feed_position import FeedPosition
from services.cli.forwarding import render_webhook_body
from services.cli.webhook_receiver import WebhookReceiver
from tests.days import today
from tests.hub import RunningHub, run_saola
from tests.waiting import block_until


@pytest.fixture
def authority(hub: RunningHub, tmp_path: Path) -> Iterator[tuple[Hub, Path]]:
    """An authority of its own on the hub, with its credentials in a file."""
    with hub.admin() as admin:
        party = admin.create_party({"name": "MA of BW", "country": "BW", "roles": ["authority"], "identifiers": {}})
        pair = admin.create_credential(party["id"])
        file = tmp_path / "authority.json"
        file.write_text(json.dumps(pair))
        yield admin.with_credentials(pair["client_id"], pair["client_secret"]), file


def issue(authority: Hub) -> str:
    """Issue a permit; answers its number."""
    day = today()
    trader = {"name": "A", "country": "BW", "identifier": "BW1"}
    line = {"line": "A", "taxon": "Crocodylus niloticus", "appendix": "II", "source": "R", "term": "SKI"}
    permit: dict[str, Any] = {
        "number": f"BW-{uuid4().hex[:12]}",
        "kind": "export",
        "issuer": "BW",
        "issued_on": day.isoformat(),
        "valid_until": (day + timedelta(days=60)).isoformat(),
        "exporter": trader,
        "importer": {"name": "B", "country": "FR", "identifier": "FR1"},
        "export_country": "BW",
        "import_country": "FR",
        "purpose": "T",
        "lines": [{**line, "quantity": "5", "unit": "number", "origin_country": "BW"}],
    }
    return str(authority.issue_permit(permit)["number"])


class Listening:
    """A `saola listen` that runs, and what it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, [""]
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))

    def wait_for(self, pattern: str, seconds: float = 60.0) -> str:
        def said() -> re.Match[str] | None:
            assert self.process.poll() is None, self.said
            return re.search(pattern, "\n".join(self.said))

        found = block_until(said, seconds=seconds)
        assert found is not None
        return found.group(1) if found.groups() else found.group()


@contextmanager
def listening(hub: RunningHub, credentials: Path, *more: str) -> Iterator[Listening]:
    command = [sys.executable, "-P", "-m", "services.cli.main", "listen", "--hub", hub.url]
    process = subprocess.Popen(
        [*command, "--credentials", credentials, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    found = Listening(process)
    try:
        found.wait_for("Listening at")
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, found.said


def stored_cursor(credentials: Path) -> str:
    """Return the cursor that `saola listen` stored for its only party. It does so after it showed an event."""
    [position] = json.loads(credentials.with_name("listen.json").read_text()).values()
    return str(position["cursor"])


def test_listen_after_restarts_forwards_each_event_signed(hub: RunningHub, authority: tuple[Hub, Path]) -> None:
    office, file = authority
    before = issue(office)
    with WebhookReceiver(failures=1) as receiver:
        with listening(hub, file, "--forward", receiver.url, "--types", "permit.*") as found:
            receiver.set_secret(found.wait_for(r"signed with (whsec_\S+)"))
            first = issue(office)
            assert receiver.wait_for_event("permit.issued", "number", first)
            found.wait_for(rf"permit\.issued +{first}  issued  → 200")
            hub.wait_until_restarted("gateway", hub.kill("gateway"))
            second = issue(office)
            assert receiver.wait_for_event("permit.issued", "number", second)
            found.wait_for(rf"permit\.issued +{second}")
            block_until(lambda: not office.list_events(stored_cursor(file), ["permit.*"])["data"])
        third = issue(office)
        with listening(hub, file, "--forward", receiver.url, "--types", "permit.*"):
            assert receiver.wait_for_event("permit.issued", "number", third)
        received = [event["data"]["number"] for event in receiver.events]
        assert received == [first, second, third] and before not in received, "from now on, in order, each once"
        assert len(receiver.failed_ids) == 1 and receiver.forged_count == 0
        sent = {render_webhook_body(event) for event in receiver.events}
        assert sent <= {body.encode() for body in hub.stored_events()}, "the very bytes of the webhook"
    assert file.with_name("listen.json").stat().st_mode & 0o077 == 0


def test_listen_without_an_address_shows_events_from_the_beginning(
    hub: RunningHub, authority: tuple[Hub, Path]
) -> None:
    office, file = authority
    number = issue(office)
    with listening(hub, file, "--after", "") as found:
        found.wait_for(rf"permit\.issued +{number}  issued")
        assert "whsec_" not in "\n".join(found.said)


def test_listen_with_invalid_options_is_refused_in_plain_words(hub: RunningHub, authority: tuple[Hub, Path]) -> None:
    _, file = authority
    nowhere = run_saola("listen", "--hub", hub.url, "--credentials", file, "--forward", "localhost:3000")
    assert nowhere.returncode == 1 and "--forward is 'localhost:3000'. Expected: a complete URL" in nowhere.stderr
    wrong = run_saola("listen", "--hub", hub.url, "--credentials", file, "--after", "yesterday")
    assert wrong.returncode == 1 and "--after" in wrong.stderr and "Traceback" not in wrong.stderr
    admin = run_saola("listen", "--hub", hub.url, "--credentials", hub.home / "admin.json", "--after", "")
    assert admin.returncode == 1 and "--credentials FILE" in admin.stderr and "--save FILE" in admin.stderr


def test_listen_started_again_keeps_one_secret_per_party(tmp_path: Path) -> None:
    one, other = (FeedPosition(tmp_path / "listen.json", name) for name in ("http://hub a", "http://hub b"))
    one.advance("7")
    other.advance("9")
    again = FeedPosition(tmp_path / "listen.json", "http://hub a")
    assert (again.cursor, again.secret) == ("7", one.secret)
    assert other.secret != one.secret
