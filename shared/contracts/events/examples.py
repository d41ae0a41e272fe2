"""One example of the data of each event type, as the main journey produces it."""

from typing import Any

from shared.cites.events import EventType

_DECLARATION = {
    "declaration_id": "0190c0de-0000-7000-8000-00000000dec1",
    "reference": "B-2026-0001",
    "movement": "import",
    "version": 1,
}
_CAUSE = {name: _DECLARATION[name] for name in ("declaration_id", "reference", "movement")}
_PERMIT = {"permit_id": "0190c0de-0000-7000-8000-000000009e41", "issuer": "ZA", "number": "ZA-2026-000123"}
_SUCCESSOR = {"permit_id": "0190c0de-0000-7000-8000-000000009e42", "issuer": "ZA", "number": "ZA-2026-000124"}
_LINE = {"line": "A", "taxon": "Crocodylus niloticus", "unit": "number"}
_USED_LINE = _LINE | {
    "term": "SKI",
    "quantity": "118",
    "has": "120",
    "reserved": "0",
    "used": "118",
    "left": "0",
}
_USED_LINE_AT_IMPORT = _USED_LINE | {"quantity": "100", "has": "118", "used": "100"}
_CITED_PERMIT = {"id": _PERMIT["permit_id"], "issuer": "ZA", "number": "ZA-2026-000123"}
_USAGE = {"item": 1, "permit": _CITED_PERMIT, "line": "A", "reserved": "0", "consumed": "100", "unit": "number"}
_NO_FINDINGS = {"block": 0, "refer": 0, "note": 0}
_SECOND_USE = {
    "finding_counts": _NO_FINDINGS | {"block": 1},
    "rules": [{"rule": "CITES-VI.6-second-use", "severity": "block", "count": 1}],
}
_NOT_ENDORSED = {
    "finding_counts": _NO_FINDINGS | {"refer": 1},
    "rules": [{"rule": "CITES-box-14-endorsement", "severity": "refer", "count": 1}],
}
_APPLICATION = {
    "application_id": "0190c0de-0000-7000-8000-00000000a441",
    "reference": "A-2026-0003",
    "issuer": "ZA",
    "kind": "export",
}
_QUOTA = {
    "quota_id": "0190c0de-0000-5000-8000-000000009074",
    "country": "ZA",
    "taxon": "Crocodylus niloticus",
    "terms": ["SKI"],
    "sources": ["R"],
    "purposes": [],
    "unit": "number",
    "amount": "1000",
    "starts": "2026-01-01",
    "ends": "2026-12-31",
    **_PERMIT,
    "status": "issued",
}
_ENDPOINT = {"endpoint_id": "0190c0de-0000-7000-8000-00000000e4d1"}
_EXPIRES = {"valid_until": "2026-08-31"}

EXAMPLE_DATA: dict[EventType, dict[str, Any]] = {
    EventType.DECLARATION_RECEIVED: _DECLARATION | {"status": "received", "sequence": 1},
    EventType.DECLARATION_ACCEPTED: _DECLARATION
    | {"status": "accepted", "finding_counts": _NO_FINDINGS, "sequence": 2},
    EventType.DECLARATION_REFERRED: _DECLARATION | {"status": "referred", **_NOT_ENDORSED, "sequence": 2},
    EventType.DECLARATION_REJECTED: _DECLARATION | {"status": "rejected", **_SECOND_USE, "sequence": 2},
    EventType.DECLARATION_RELEASED: _DECLARATION | {"status": "released", "usage": [_USAGE], "sequence": 3},
    EventType.DECLARATION_REFUSED: _DECLARATION
    | {"status": "refused", "reason": "The skins are of wild origin", "sequence": 3},
    EventType.DECLARATION_CANCELLED: _DECLARATION | {"status": "cancelled", "sequence": 3},
    EventType.DECLARATION_AMENDED: _DECLARATION | {"status": "received", "version": 2, "sequence": 3},
    EventType.DECLARATION_OVERRIDDEN: _DECLARATION
    | {
        "status": "referred",
        "overridden": "CITES-box-14-endorsement",
        "item": 1,
        "reason": "Counted on arrival",
        "sequence": 3,
    },
    EventType.DECLARATION_CONSENTED: _DECLARATION
    | {"status": "referred", "item": 1, "quantity": "102", "reason": "Two more were packed", "sequence": 3},
    EventType.DECLARATION_CORRECTED: _DECLARATION
    | {"status": "released", "usage": [_USAGE], "reason": "Two skins were counted twice", "sequence": 4},
    EventType.PERMIT_ISSUED: _PERMIT
    | {
        "status": "issued",
        "kind": "export",
        **_EXPIRES,
        "lines": [_LINE | {"term": "SKI", "source": "R", "quantity": "120"}],
        "sequence": 1,
    },
    EventType.PERMIT_ENDORSED: _PERMIT
    | {"status": "endorsed", "lines": [_USED_LINE], "endorsed_on": "2026-03-08", "port": "Durban", "sequence": 2},
    EventType.PERMIT_USED: _PERMIT
    | _CAUSE
    | {"status": "endorsed", "side": "import", "lines": [_USED_LINE_AT_IMPORT], "sequence": 3},
    EventType.PERMIT_EXHAUSTED: _PERMIT | _CAUSE | {"status": "exhausted", "sequence": 4},
    EventType.PERMIT_REVOKED: _PERMIT | {"status": "revoked", "reason": "Issued on forged papers", "sequence": 5},
    EventType.PERMIT_REPLACED: _PERMIT | {"status": "replaced", "replaced_by": _SUCCESSOR, "sequence": 5},
    EventType.PERMIT_LOST: _PERMIT | {"status": "lost", "reason": "Lost in the post", "sequence": 5},
    EventType.PERMIT_FOUND: _PERMIT | {"status": "endorsed", "sequence": 6},
    EventType.PERMIT_TAKEN_OVER: _PERMIT | {"status": "endorsed", "taken_over_from": "FR", "sequence": 3},
    EventType.PERMIT_EXPIRING: _PERMIT | {"status": "endorsed", **_EXPIRES, "days_left": 30, "sequence": 5},
    EventType.PERMIT_EXPIRED: _PERMIT | {"status": "expired", **_EXPIRES, "days_left": 0, "sequence": 6},
    EventType.PERMIT_SECOND_USE_ATTEMPTED: _PERMIT
    | _CAUSE
    | {
        "status": "endorsed",
        "attempt_count": 1,
        "first_attempt_at": "2026-03-11T09:30:00Z",
        "last_attempt_at": "2026-03-11T09:30:00Z",
        "attempts": [{"line": "A", "item": 1, "asked": "30", "left": "18", "unit": "number"}],
        "sequence": 4,
    },
    EventType.QUOTA_NEAR: _QUOTA | {"taken": "820", "left": "180", "share": 82, "sequence": 1},
    EventType.QUOTA_REACHED: _QUOTA | {"taken": "1000", "left": "0", "share": 100, "sequence": 2},
    EventType.APPLICATION_SUBMITTED: _APPLICATION | {"status": "submitted", "sequence": 1},
    EventType.APPLICATION_ASSESSED: _APPLICATION | {"status": "submitted", "recommendation": "grant", "sequence": 2},
    EventType.APPLICATION_QUERIED: _APPLICATION | {"status": "queried", "reason": "Which farm?", "sequence": 2},
    EventType.APPLICATION_ANSWERED: _APPLICATION | {"status": "submitted", "reason": "Farm ZA-017", "sequence": 3},
    EventType.APPLICATION_GRANTED: _APPLICATION
    | {"status": "granted", "permit_id": _PERMIT["permit_id"], "number": "ZA-2026-000123", "sequence": 4},
    EventType.APPLICATION_REFUSED: _APPLICATION
    | {"status": "refused", "reason": "The quota is used up", "sequence": 4},
    EventType.APPLICATION_WITHDRAWN: _APPLICATION | {"status": "withdrawn", "sequence": 2},
    EventType.ENDPOINT_VERIFICATION: _ENDPOINT | {"challenge": "9f2c64aa1b7d4e0f8c35", "sequence": 1},
    EventType.ENDPOINT_TEST: _ENDPOINT | {"sequence": 2},
    EventType.ENDPOINT_DISABLED: _ENDPOINT
    | {"url": "https://b.example/hooks", "reason": "the receiver answered 410 Gone", "sequence": 3},
    EventType.EVENT_ACKNOWLEDGED: {
        "event_id": "0190c0de-0000-5000-8000-00000000e7e4",
        "type": EventType.DECLARATION_RELEASED.value,
        "subject": f"declaration:{_DECLARATION['declaration_id']}",
        "outcome": "with_warnings",
        "message": "Taken over; the office code is new to us",
        "by": "0190c0de-0000-7000-8000-0000000000b1",
        "at": "2026-03-16T09:30:05.000000Z",
        "declaration_id": _DECLARATION["declaration_id"],
        "reference": "B-2026-0001",
        "status": "released",
        "sequence": 1,
    },
}
