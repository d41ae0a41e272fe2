"""Events on their way to notifications: those that an earlier version stored with larger data are sent shorter."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from services.permits.clients.notifications import render_event_message
from shared.cites.events import EventType
from shared.contracts.events.catalogue import validate_data
from shared.contracts.events.examples import EXAMPLE_DATA
from shared.contracts.limits import EVENT_DATA_BYTES, EVENT_ENTRIES
from shared.contracts.messages import EventMessage
from shared.dispatcher import OutboxMessage


def _outbox_row(kind: str, data: dict[str, Any]) -> OutboxMessage:
    """Return a row of the outbox as an earlier version of the hub stored it."""
    return {
        "id": uuid4(),
        "type": kind,
        "subject": f"declaration:{uuid4()}",
        "sequence": 2,
        "at": datetime.now(UTC),
        "data": json.dumps(data),
        "audience": "{}",
    }


def _sent_data(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an event as permits sends them."""
    return EventMessage.model_validate_json(render_event_message(_outbox_row(kind, data))).data


def _finding(number: int, **more: Any) -> dict[str, Any]:
    return {
        "rule": f"rule-{number % 2}",
        "severity": "block" if number % 2 else "refer",
        "pointer": f"/items/{number}",
        "message": "é" * 500,
        "overridden": False,
        **more,
    }


def test_event_stored_with_many_findings_is_sent_with_rules_and_counts() -> None:
    data = EXAMPLE_DATA[EventType.DECLARATION_REJECTED] | {"findings": [_finding(n) for n in range(1_001)]}
    data["findings"].append(_finding(1, overridden=True))
    del data["finding_counts"], data["rules"]
    sent = _sent_data("declaration.rejected", data)
    validate_data("declaration.rejected", sent)
    assert sent["finding_counts"] == {"block": 500, "refer": 501, "note": 0}
    assert sent["rules"] == [
        {"rule": "rule-0", "severity": "refer", "count": 501},
        {"rule": "rule-1", "severity": "block", "count": 500},
    ]
    assert {name: sent[name] for name in ("declaration_id", "reference", "status", "sequence")} == {
        name: data[name] for name in ("declaration_id", "reference", "status", "sequence")
    }


def test_event_stored_with_much_usage_is_sent_with_the_first_lines_and_a_count() -> None:
    data = EXAMPLE_DATA[EventType.DECLARATION_RELEASED]
    sent = _sent_data("declaration.released", data | {"usage": data["usage"] * 5_000})
    validate_data("declaration.released", sent)
    assert (len(sent["usage"]), sent["usage_omitted"]) == (EVENT_ENTRIES, 5_000 - EVENT_ENTRIES)


def test_event_stored_with_unknown_large_fields_is_sent_with_its_ids_and_status() -> None:
    data = EXAMPLE_DATA[EventType.DECLARATION_CANCELLED]
    sent = _sent_data("declaration.cancelled", data | {"story": "x" * EVENT_DATA_BYTES})
    assert sent == data


def test_event_stored_with_data_within_the_limit_is_sent_as_stored() -> None:
    data = EXAMPLE_DATA[EventType.DECLARATION_RELEASED] | {"reason": "é" * 500, "odd": "x" * 70_000}
    assert _sent_data("declaration.released", data) == data
