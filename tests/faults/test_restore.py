"""A restore of databases of different age: the services notice it at their start, and come back in step."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc import jws

from services.cli.backup import RECEIVERS_FIRST, restore_backup, write_backup
from services.cli.home import Home
from services.cli.hub_status import print_status
from tests.days import today
from tests.faults.conftest import SHORT_SCHEDULE
from tests.faults.shipment_parties import ShipmentParties, add_shipment_parties, line_balance
from tests.hub import RunningHub, running_hub
from tests.waiting import WAIT_SECONDS, block_until

COUNT = 60


@pytest.fixture(scope="module")
def restored_hub() -> Iterator[RunningHub]:
    """Yield a hub whose databases the tests of this module set back."""
    with running_hub({"NOTIFICATIONS_SCHEDULE": SHORT_SCHEDULE}) as hub:
        yield hub


@pytest.fixture
def parties(restored_hub: RunningHub) -> Iterator[ShipmentParties]:
    """Yield new parties on that hub."""
    with add_shipment_parties(restored_hub) as parties:
        yield parties


def _set_back(hub: RunningHub, service: str, earlier: Path) -> None:
    """Restore one database of a hub from an earlier backup, and the others as they are now."""
    home, mixed = Home(hub.home), earlier.parent / f"mixed-{service}"
    hub.stop()
    write_backup(home, mixed)
    shutil.copy(earlier / f"{service}.dump", mixed / f"{service}.dump")
    restore_backup(home, mixed)
    hub.restart()


def _add_party(hub: RunningHub) -> str:
    with hub.admin() as admin:
        return str(admin.create_party({"name": "A trader", "country": "GB", "roles": ["trader"]})["id"])


def _copied(hub: RunningHub, party_id: str) -> set[tuple[int, bool]]:
    """Return the versions of a party in the two copies, and whether it is disabled there."""
    query = f"SELECT version, disabled FROM parties WHERE id = '{party_id}'"
    copies = [hub.query(service, query) for service in ("permits", "notifications")]
    return {(row["version"], row["disabled"]) for rows in copies for row in rows or [{"version": 0, "disabled": False}]}


def _grant_mandate(hub: RunningHub) -> str:
    """Grant a mandate that the agent accepts. Return its id."""
    with hub.admin() as admin:
        trader, agent = _add_party(hub), _add_party(hub)
        day = today().isoformat()
        mandate = admin.create_mandate({"trader": trader, "agent": agent, "from": day, "until": day})
        credential = admin.create_credential(agent)
        admin.with_credentials(credential["client_id"], credential["client_secret"]).accept_mandate(mandate["id"])
    return str(mandate["id"])


def _mandate_status(hub: RunningHub, mandate_id: str) -> str:
    """Return the status of a mandate at the gateway."""
    with hub.admin() as admin:
        return next(str(mandate["status"]) for mandate in admin.list_mandates() if mandate["id"] == mandate_id)


def _copied_mandate(hub: RunningHub, mandate_id: str) -> list[bool]:
    """Return whether a mandate is active in each of the two copies that have it."""
    query = f"SELECT active FROM mandates WHERE id = '{mandate_id}'"
    return [row["active"] for service in ("permits", "notifications") for row in hub.query(service, query)]


def _amend(hub: RunningHub, parties: ShipmentParties, permit: dict[str, Any], declared: dict[str, Any]) -> None:
    """Send a new version of a declaration of one unit."""
    content = parties.build_declaration(permit, quantity=1) | {"reference": declared["reference"]}
    headers = {"Authorization": f"Bearer {parties.importer.hub.access_token()}", "If-Match": "*"}
    path = f"{hub.url}/v1/declarations/{declared['id']}"
    response = httpx2.put(path, json=content, headers=headers, trust_env=False, timeout=WAIT_SECONDS)
    assert (response.status_code, response.json()["version"]) == (200, 2), response.text


def _newest_event(parties: ShipmentParties, declaration_id: str) -> tuple[int, str]:
    """Return the highest sequence of a declaration in the feed of its importer, and the type of that event."""
    kinds = [f"declaration.{kind}" for kind in ("accepted", "rejected", "referred", "amended", "released", "refused")]
    events = [event for kind in kinds for event in parties.feed_events(kind)]
    own = [event for event in events if event["data"]["declaration_id"] == declaration_id]
    return max(((event["data"]["sequence"], event["type"]) for event in own), default=(0, ""))


def _receipt(hub: RunningHub, parties: ShipmentParties, declaration_id: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {parties.importer.hub.access_token()}"}
    return httpx2.get(
        f"{hub.url}/v1/declarations/{declaration_id}/receipt", headers=headers, trust_env=False, timeout=WAIT_SECONDS
    )


def _claims(receipt: httpx2.Response) -> dict[str, Any]:
    assert receipt.status_code == 200, receipt.text
    claims: dict[str, Any] = json.loads(jws.extract_compact(receipt.content).payload)
    return claims


def test_gateway_older_than_permits_keeps_ids_and_references(
    restored_hub: RunningHub, parties: ShipmentParties, tmp_path: Path
) -> None:
    permit = parties.issue_permit(5)
    earlier = tmp_path / "earlier"
    disabled = _add_party(restored_hub)
    mandate = _grant_mandate(restored_hub)
    write_backup(Home(restored_hub.home), earlier)
    importer = parties.importer.hub
    content = parties.build_declaration(permit, quantity=1)
    before = importer.lodge(content, key=str(uuid4()), wait=20)
    amended = importer.lodge(parties.build_declaration(permit, quantity=1), wait=20)
    _amend(restored_hub, parties, permit, amended)
    with restored_hub.admin() as admin:
        admin.update_party(disabled, {"disabled": True}, version=1)
        admin.revoke_mandate(mandate)
    block_until(lambda: _copied(restored_hub, disabled) == {(2, True)})
    lost_mandate = _grant_mandate(restored_hub)
    block_until(lambda: _copied_mandate(restored_hub, lost_mandate) == [True, True])
    block_until(lambda: _copied_mandate(restored_hub, mandate) == [False, False])
    receipt = _claims(_receipt(restored_hub, parties, before["id"]))

    _set_back(restored_hub, "gateway", earlier)

    assert importer.read_declaration(before["id"])["status"] == "accepted"
    lost = _receipt(restored_hub, parties, before["id"])
    assert (lost.status_code, lost.json()["code"]) == (404, "content-lost")
    lost = _receipt(restored_hub, parties, amended["id"])
    assert (lost.status_code, lost.json()["code"]) == (404, "content-lost")
    again = importer.lodge(content, key=str(uuid4()))
    assert (again["id"], again["digest"]) == (before["id"], before["digest"])
    assert _claims(_receipt(restored_hub, parties, before["id"])) == receipt
    assert line_balance(importer, permit)["reserved"] == "2"
    block_until(lambda: _copied(restored_hub, disabled) == {(3, False)})
    block_until(lambda: _copied_mandate(restored_hub, lost_mandate) == [False, False])
    block_until(lambda: _mandate_status(restored_hub, mandate) == "revoked")


def test_permits_older_than_the_gateway_checks_every_declaration_again(
    restored_hub: RunningHub, parties: ShipmentParties, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    permit = parties.issue_permit(COUNT + 2)
    first = parties.importer.hub.lodge(parties.build_declaration(permit, quantity=1), wait=20)
    earlier = tmp_path / "earlier"
    write_backup(Home(restored_hub.home), earlier)
    officer = parties.import_customs.hub
    _amend(restored_hub, parties, permit, first)
    officer.release(first["id"])
    later = parties.importer.hub.lodge(parties.build_declaration(permit, quantity=1), wait=20)
    officer.release(later["id"])
    block_until(lambda: len(parties.feed_events("declaration.released")) == 2)
    released = {one["id"]: _newest_event(parties, one["id"]) for one in (first, later)}
    assert {kind for _, kind in released.values()} == {"declaration.released"}
    added, mandate = _add_party(restored_hub), _grant_mandate(restored_hub)
    parties.lodge(permit, COUNT, interfere=lambda: None, at=-1)
    parties.checked_declarations()

    _set_back(restored_hub, "permits", earlier)

    block_until(lambda: _copied(restored_hub, added) == {(1, False)})
    block_until(lambda: _copied_mandate(restored_hub, mandate) == [True, True])
    checked = parties.checked_declarations()
    assert Counter(declaration["status"] for declaration in checked) == {"accepted": COUNT}
    block_until(lambda: line_balance(parties.importer.hub, permit)["reserved"] == str(COUNT + 2))
    claims = _claims(_receipt(restored_hub, parties, first["id"]))
    assert (claims["version"], claims["digest"]) == (1, first["digest"])
    officer.refuse(later["id"], reason="Other goods")
    block_until(lambda: _is_newest(parties, later, "declaration.refused", after=released), seconds=100)
    block_until(lambda: _is_newest(parties, first, "declaration.accepted", after=released), seconds=100)
    officer.refuse(first["id"], reason="Other goods")
    block_until(lambda: _is_newest(parties, first, "declaration.refused", after=released))

    def status_when_done() -> Any:
        print_status(Path(restored_hub.home), as_json=True, environ={})
        read = json.loads(capsys.readouterr().out)
        return read if [state["status"] for state in read["reconciliations"]] == ["done"] * 4 else None

    status = block_until(status_when_done)
    lost_events = {one["detail"] for one in status["lost"] if one["messages"] == "events"}
    assert f"declaration:{first['id']} {released[first['id']][0]} declaration.released" in lost_events
    assert {one["id"] for one in status["lost"] if one["loss"] == "amendment"} >= {first["id"]}
    states = {state["messages"]: state for state in status["reconciliations"]}
    assert states.keys() == {"events", "mandates", "parties", "submissions"}
    assert states["submissions"]["sent_again"] >= COUNT


def _is_newest(
    parties: ShipmentParties, declaration: dict[str, Any], kind: str, *, after: dict[str, tuple[int, str]]
) -> bool:
    """Return whether the newest event of a declaration has a type, and follows the one before the restore."""
    sequence, found = _newest_event(parties, declaration["id"])
    return found == kind and sequence > after[declaration["id"]][0]


def test_notifications_older_than_permits_get_every_event_again(
    restored_hub: RunningHub, parties: ShipmentParties, tmp_path: Path
) -> None:
    permit = parties.issue_permit(COUNT + 1)
    first = parties.importer.hub.lodge(parties.build_declaration(permit, quantity=1), wait=20)
    block_until(lambda: parties.feed_events("declaration.accepted"))
    earlier = tmp_path / "earlier"
    write_backup(Home(restored_hub.home), earlier)
    mandate = _grant_mandate(restored_hub)
    parties.lodge(permit, COUNT, interfere=lambda: None, at=-1)
    parties.checked_declarations()
    parties.import_customs.hub.release(first["id"])
    block_until(lambda: len(parties.feed_events("declaration.accepted")) == COUNT + 1)
    block_until(lambda: parties.feed_events("declaration.released"))

    _set_back(restored_hub, "notifications", earlier)

    ids = {declaration["id"] for declaration in parties.responses} | {first["id"]}
    block_until(lambda: _copied_mandate(restored_hub, mandate) == [True, True])
    block_until(lambda: parties.feed_events("declaration.released"))
    block_until(lambda: len(parties.feed_events("declaration.accepted")) == COUNT + 1)
    accepted = Counter(event["data"]["declaration_id"] for event in parties.feed_events("declaration.accepted"))
    assert accepted == dict.fromkeys(ids, 1)
    later = parties.importer.hub.lodge(parties.build_declaration(permit, quantity=1), wait=20)
    assert later["status"] != "received"


def test_backup_of_a_busy_hub_restores_each_declaration_with_its_check_and_event(
    restored_hub: RunningHub, parties: ShipmentParties, tmp_path: Path
) -> None:
    permit = parties.issue_permit(5 * COUNT)
    home, busy = Home(restored_hub.home), tmp_path / "busy"
    before: list[str] = []

    def back_up() -> None:
        before.extend(declaration["id"] for declaration in list(parties.responses))
        write_backup(home, busy)

    parties.lodge(permit, 5 * COUNT, interfere=back_up, at=COUNT)
    restored_hub.stop()
    restore_backup(home, busy)
    restored_hub.restart()

    own = f"SELECT id FROM submissions WHERE trader_id = '{parties.importer.id}'"
    kept = {str(row["id"]) for row in restored_hub.query("gateway", own)}
    assert kept >= set(before)
    parties.responses = [declaration for declaration in parties.responses if declaration["id"] in kept]
    assert {declaration["status"] for declaration in parties.checked_declarations()} == {"accepted"}
    block_until(lambda: len(parties.feed_events("declaration.accepted")) == len(kept))
    accepted = Counter(event["data"]["declaration_id"] for event in parties.feed_events("declaration.accepted"))
    assert accepted == dict.fromkeys(kept, 1)


def test_backup_dumps_each_receiver_before_its_sender() -> None:
    assert RECEIVERS_FIRST == ("notifications", "permits", "gateway")
    script = (Path(__file__).parents[2] / "deploy" / "backup.sh").read_text(encoding="utf-8")
    assert f"for service in {' '.join(RECEIVERS_FIRST)}; do" in script
