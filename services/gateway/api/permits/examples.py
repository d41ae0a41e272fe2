"""Examples about permits and their ledgers."""

from typing import Any

from services.gateway.api.declarations.examples import DECLARATION_ID, EXPORTER, IMPORTER, PERMIT_ID
from services.gateway.api.parties.examples import MOMENT, PARTY_ID
from services.gateway.api.routing.route import Example

LINE = {
    "line": "A",
    "taxon": "Crocodylus niloticus",
    "appendix": "II",
    "source": "R",
    "term": "SKI",
    "quantity": "120",
    "unit": "number",
    "origin_country": "ZA",
}
PERMIT_CONTENT: dict[str, Any] = {
    "number": "ZA-2026-000123",
    "kind": "export",
    "issuer": "ZA",
    "issued_on": "2026-03-01",
    "valid_until": "2026-08-31",
    "exporter": EXPORTER,
    "importer": IMPORTER,
    "export_country": "ZA",
    "import_country": "FR",
    "purpose": "T",
    "lines": [LINE],
}


def _permit(status: str, endorsed: str, available: str) -> dict[str, Any]:
    lines = [LINE | _sides(endorsed, available)]
    transition = {
        "from": None,
        "to": "issued",
        "at": MOMENT,
        "by": {"party": PARTY_ID, "role": "authority"},
        "reason": None,
    }
    return {
        **PERMIT_CONTENT,
        "id": PERMIT_ID,
        "status": status,
        "version": 1,
        "registered_by": {"party": PARTY_ID, "country": "ZA"},
        "use": "single_shipment",
        "transport_documents": [],
        "replaces": None,
        "replaced_by": None,
        "retrospective": False,
        "lines": lines,
        "history": [transition],
    }


def _sides(endorsed: str, available: str, reserved: str = "0") -> dict[str, Any]:
    """Write both sides of the line."""
    left = endorsed != "0"
    arriving = {"granted": "120", "endorsed": endorsed, "consented": "0", "reserved": reserved, "consumed": "0"}
    leaving = {"granted": "120", "consented": "0", "reserved": "0", "endorsed": endorsed}
    return {
        "balance": arriving | {"available": available, "closed": False},
        "export_balance": leaving | {"available": "0" if left else "120", "closed": left},
    }


ISSUED = _permit("issued", "0", "120")
TOKEN = {"token": "Zm9yIHdobyBob2xkcyB0aGUgcGFwZXIsIHNob3duIG9uY2U"}
NEW_ID = "019a0d5e-6a00-7c3e-8a11-0242ac120009"
ENTRY = {
    "id": "019a0d5e-6a00-7c3e-8a11-0242ac120011",
    "line": "A",
    "side": "import",
    "kind": "reserve",
    "quantity": "100",
    "unit": "number",
    "closes": False,
    "opens": False,
    "day": "2026-11-22",
    "declaration_id": DECLARATION_ID,
    "reference": "B-2026-0001",
    "item": 1,
    "dead_on_arrival": None,
    "at": MOMENT,
    "by": {"party": None, "role": "rules"},
    "cause": "check",
    "reason": None,
    "text": "100 number set aside for B-2026-0001, item 1",
    **_sides("118", "18", reserved="100"),
}
CREATE_PERMIT = Example(request=PERMIT_CONTENT, response=ISSUED | TOKEN)
LIST_PERMITS = Example(response={"data": [ISSUED], "next_cursor": None})
READ_PERMIT = Example(response=ISSUED)
READ_PERMIT_LEDGER = Example(response={"data": [ENTRY], "next_cursor": None})
ENDORSE_PERMIT = Example(
    request={
        "lines": [{"line": "A", "quantity": "118"}],
        "port": "Durban",
        "transport_document": "MAEU-123456",
        "endorsed_on": "2026-03-10",
    },
    response=_permit("endorsed", "118", "118"),
)
REVOKE_PERMIT = Example(request={"reason": "Issued in error"}, response=ISSUED | {"status": "revoked"})
REPLACE_PERMIT = Example(
    request=PERMIT_CONTENT | {"number": "ZA-2026-000124"},
    response=ISSUED
    | {"status": "replaced", "replaced_by": {"id": NEW_ID, "issuer": "ZA", "number": "ZA-2026-000124"} | TOKEN},
)
REPORT_PERMIT_LOST = Example(request={"reason": "Lost in the post"}, response=ISSUED | {"status": "lost"})
REPORT_PERMIT_FOUND = Example(request={"reason": "It came after all"}, response=ISSUED)
TAKE_OVER_PERMIT = Example(request={"reason": "Compared with our register"}, response=ISSUED)
