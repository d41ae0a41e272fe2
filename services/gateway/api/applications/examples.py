"""Examples about applications for permits."""

from typing import Any

from services.gateway.api.parties.examples import MOMENT, PARTY_ID
from services.gateway.api.permits.examples import NEW_ID, PERMIT_CONTENT, TOKEN
from services.gateway.api.routing.route import Example

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
APPLY_FOR_PERMIT = Example(request=APPLICATION_CONTENT, response=_application("submitted", 0, version=1))
LIST_APPLICATIONS = Example(response={"data": [_application("submitted")], "next_cursor": None})
READ_APPLICATION = Example(response=_application("submitted"))
QUERY_APPLICATION = Example(request={"message": "From which farm do the skins come?"}, response=_application("queried"))
ANSWER_APPLICATION = Example(request={"message": "From ZA-F-12."}, response=_application("submitted"))
WITHDRAW_APPLICATION = Example(
    request={"reason": "The buyer stepped back"}, response=_application("withdrawn", decided_at=MOMENT)
)
ASSESS_APPLICATION = Example(request={"recommendation": "grant"}, response=_application("submitted"))
GRANT_APPLICATION = Example(
    request={"number": "ZA-2026-000124", "lines": [{"line": "A", "quantity": "100"}]},
    response=_application("granted", decided_at=MOMENT, permit_id=NEW_ID, permit=GRANTED | TOKEN),
)
REFUSE_APPLICATION = Example(
    request={"reason": "The quota of the year is used"}, response=_application("refused", decided_at=MOMENT)
)
