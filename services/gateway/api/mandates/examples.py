"""Examples about mandates."""

from services.gateway.api.parties.examples import MOMENT, PARTY_ID
from services.gateway.api.routing.route import Example

AGENT_ID = "0190c0de-0000-7000-8000-00000000a9e7"
MANDATE = {
    "id": "0190c0de-0000-7000-8000-0000000a3d01",
    "trader": PARTY_ID,
    "agent": AGENT_ID,
    "from": "2026-11-22",
    "until": "2027-11-21",
    "status": "active",
    "granted_at": MOMENT,
    "granted_by": PARTY_ID,
    "accepted_at": MOMENT,
    "revoked_at": None,
    "revoked_by": None,
}
OFFERED = MANDATE | {"status": "offered", "accepted_at": None}
CREATE_MANDATE = Example(request={"agent": AGENT_ID, "from": "2026-11-22", "until": "2027-11-21"}, response=OFFERED)
ACCEPT_MANDATE = Example(response=MANDATE)
LIST_MANDATES = Example(response={"data": [MANDATE], "next_cursor": None})
READ_MANDATE = Example(response=MANDATE)
REVOKE_MANDATE = Example(response=MANDATE | {"status": "revoked", "revoked_at": MOMENT, "revoked_by": PARTY_ID})
