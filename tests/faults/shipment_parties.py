"""One exporter, one importer and their officers: permits with many units, and declarations for one unit each."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bench.trade_parties import TradeParties, create_parties
from saola_client import Hub
from services.cli.trial_parties import TrialParty, add_party
from services.cli.webhook_receiver import WebhookReceiver
from tests.hub import RunningHub
from tests.waiting import block_until


@dataclass(kw_only=True)
class ShipmentParties(TradeParties):
    """The people, the officers where the goods arrive, and what they have been answered."""

    import_customs: TrialParty
    receiver: WebhookReceiver
    responses: list[dict[str, Any]] = field(default_factory=list)

    def lodge(self, permit: dict[str, Any], count: int, *, meanwhile: Callable[[], None], at: int) -> None:
        """Lodge so many declarations side by side; when `at` of them are answered, do something to the hub."""

        def one(number: int) -> None:
            self.responses.append(self.importer.hub.lodge(self.build_declaration(permit, quantity=1), key=str(uuid4())))
            if number == at:
                meanwhile()

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, range(count)))

    def checked_declarations(self, *, seconds: float = 30.0) -> list[dict[str, Any]]:
        """Follow everything that was answered to its final check."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda d: self._followed(d["id"], seconds), self.responses))

    def _followed(self, declaration_id: str, seconds: float) -> dict[str, Any]:
        def checked() -> dict[str, Any] | None:
            found = self.importer.hub.read_declaration(declaration_id)
            return found if found["status"] != "received" else None

        found = block_until(checked, seconds=seconds)
        assert found is not None
        return found

    def feed_events(self, kind: str) -> list[dict[str, Any]]:
        """Pull all the importer's news of one type."""
        events: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(1_000):
            page = self.importer.hub.list_events(cursor, limit=200)
            events += [event for event in page["data"] if event["type"] == kind]
            if not page["data"]:
                return events
            cursor = page["next_cursor"]
        raise AssertionError("the feed has no end")

    def webhook_counts(self, kind: str, ids: Sequence[str], *, seconds: float = 30.0) -> Counter[str]:
        """Wait until the webhook heard of all those declarations; answer how many different letters came of each."""

        def counts() -> Counter[str]:
            came = {(e["id"], e["data"]["declaration_id"]) for e in list(self.receiver.events) if e["type"] == kind}
            return Counter(declaration for _, declaration in came)

        block_until(lambda: set(ids) <= set(counts()), seconds=seconds)
        return counts()


@contextmanager
def add_shipment_parties(hub: RunningHub) -> Iterator[ShipmentParties]:
    """Add new parties to a hub, and let the importer hear."""
    mark = secrets.token_hex(4).upper()
    with hub.admin() as admin, WebhookReceiver() as receiver:
        shipping = ShipmentParties(
            **vars(create_parties(admin, mark, transport_document="MAEU-1")),
            import_customs=add_party(admin, "Customs of GB", "GB", ["customs"]),
            receiver=receiver,
        )
        endpoint = shipping.importer.hub.create_webhook_endpoint(receiver.url, ["declaration.*"])
        receiver.set_secret(endpoint["secret"])
        yield shipping


def line_balance(hub: Hub, permit: dict[str, Any]) -> dict[str, str]:
    """Answer the balance of the permit's only line."""
    balance: dict[str, str] = hub.read_permit(permit["id"])["lines"][0]["balance"]
    return balance
