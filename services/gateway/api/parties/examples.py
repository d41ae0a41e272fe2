"""Examples about parties."""

from typing import Any

from services.gateway.api.routing.route import Example

PARTY_ID = "0190c0de-0000-7000-8000-00000000b001"
PARTY_CONTENT: dict[str, Any] = {
    "name": "B SARL",
    "country": "FR",
    "roles": ["trader"],
    "identifiers": {"EORI": "FR99988877700011"},
}
PARTY = PARTY_CONTENT | {"id": PARTY_ID, "grants": [], "disabled": False, "version": 1}
MOMENT = "2026-11-22T08:00:00Z"
READ_ME = Example(response=PARTY)
CREATE_PARTY = Example(request=PARTY_CONTENT, response=PARTY)
LIST_PARTIES = Example(response={"data": [PARTY], "next_cursor": None})
READ_PARTY = Example(response=PARTY)
UPDATE_PARTY = Example(request={"disabled": True}, response=PARTY | {"disabled": True, "version": 2})
