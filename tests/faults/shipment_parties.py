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

CHECK_SECONDS = 100.0
"""The time for hundreds of checks and webhooks after a kill, on a busy machine."""


@dataclass(kw_only=True)
class ShipmentParties(TradeParties):
    """The parties of the trade, customs of the importing country, and the responses to declarations."""

    import_customs: TrialParty
    receiver: WebhookReceiver
    responses: list[dict[str, Any]] = field(default_factory=list)

    def lodge(self, permit: dict[str, Any], count: int, *, interfere: Callable[[], None], at: int) -> None:
        """Lodge declarations at the same time. Call `interfere` after the response to number `at`."""

        def one(number: int) -> None:
            self.responses.append(self.importer.hub.lodge(self.build_declaration(permit, quantity=1), key=str(uuid4())))
            if number == at:
                interfere()

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, range(count)))

    def checked_declarations(self) -> list[dict[str, Any]]:
        """Return all lodged declarations after their check."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda d: self._read_until_checked(d["id"]), self.responses))

    def _read_until_checked(self, declaration_id: str) -> dict[str, Any]:
        def checked() -> dict[str, Any] | None:
            found = self.importer.hub.read_declaration(declaration_id)
            return found if found["status"] != "received" else None

        found = block_until(checked, seconds=CHECK_SECONDS)
        assert found is not None
        return found

    def feed_events(self, kind: str) -> list[dict[str, Any]]:
        """Return all the importer's events of one type from the feed."""
        events: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(1_000):
            page = self.importer.hub.list_events(cursor, limit=200)
            events += [event for event in page["data"] if event["type"] == kind]
            if not page["data"]:
                return events
            cursor = page["next_cursor"]
        raise AssertionError("the feed has no end")

    def webhook_counts(self, kind: str, ids: Sequence[str]) -> Counter[str]:
        """Wait until the receiver has an event of each declaration. Return the number of different events of each."""

        def counts() -> Counter[str]:
            came = {(e["id"], e["data"]["declaration_id"]) for e in list(self.receiver.events) if e["type"] == kind}
            return Counter(declaration for _, declaration in came)

        block_until(lambda: set(ids) <= set(counts()), seconds=CHECK_SECONDS)
        return counts()


@contextmanager
def add_shipment_parties(hub: RunningHub) -> Iterator[ShipmentParties]:
    """Add new parties to a hub, with a webhook endpoint of the importer."""
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
    """Return the balance of the permit's only line."""
    balance: dict[str, str] = hub.read_permit(permit["id"])["lines"][0]["balance"]
    return balance
