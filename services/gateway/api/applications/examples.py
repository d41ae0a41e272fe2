"""Examples about applications for permits."""

from typing import Any

from services.gateway.api.descriptions.example import Example
from services.gateway.api.parties.examples import MOMENT, PARTY_ID
from services.gateway.api.permits.examples import NEW_ID, PERMIT_CONTENT, TOKEN

APPLICATION_CONTENT: dict[str, Any] = {
    "reference": "A-2026-7",
    **{
        name: PERMIT_CONTENT[name]
        for name in ("kind", "issuer", "exporter", "importer", "export_country", "import_country")
    },
    "purpose": "T",
    "lines": PERMIT_CONTENT["lines"],
}


def _application(status: str, days_open: int = 2, **more: Any) -> dict[str, Any]:
    transition = {
        "from": None,
        "to": "submitted",
        "at": MOMENT,
        "by": {"party": PARTY_ID, "role": "trader"},
        "reason": None,
    }
    return {
        **APPLICATION_CONTENT,
        "id": "019a0d5e-6a00-7c3e-8a11-0242ac120010",
        "version": 2,
        "status": status,
        "applicant": PARTY_ID,
        "trader": PARTY_ID,
        "lodged_by": PARTY_ID,
        "submitted_at": MOMENT,
        "decided_at": None,
        "days_open": days_open,
        "permit_id": None,
        "permit": None,
        "history": [transition],
        **more,
    }


GRANTED = {"id": NEW_ID, "issuer": "ZA", "number": "ZA-2026-000124"}
EXAMPLES: dict[str, Example] = {
    "apply_for_permit": Example(APPLICATION_CONTENT, _application("submitted", 0, version=1)),
    "list_applications": Example(response={"data": [_application("submitted")], "next_cursor": None}),
    "read_application": Example(response=_application("submitted")),
    "query_application": Example({"message": "From which farm do the skins come?"}, _application("queried")),
    "answer_application": Example({"message": "From ZA-F-12."}, _application("submitted")),
    "withdraw_application": Example({"reason": "The buyer stepped back"}, _application("withdrawn", decided_at=MOMENT)),
    "assess_application": Example({"recommendation": "grant"}, _application("submitted")),
    "grant_application": Example(
        {"number": "ZA-2026-000124", "lines": [{"line": "A", "quantity": "100"}]},
        _application("granted", decided_at=MOMENT, permit_id=NEW_ID, permit=GRANTED | TOKEN),
    ),
    "refuse_application": Example(
        {"reason": "The quota of the year is used"}, _application("refused", decided_at=MOMENT)
    ),
}
