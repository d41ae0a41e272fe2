"""Examples about credentials."""

from services.gateway.api.parties.examples import MOMENT
from services.gateway.api.routing.route import Example
from services.gateway.api.tokens.examples import KEY

CLIENT_ID = "0190c0de-0000-7000-8000-00000000c11e"
CREDENTIAL = {
    "client_id": CLIENT_ID,
    "kind": "public_key",
    "kids": ["2026-11"],
    "made_at": MOMENT,
    "last_used_at": None,
    "expires_at": None,
}
CREATE_CREDENTIAL = Example(request={"public_key": KEY}, response={"client_id": CLIENT_ID, "kids": ["2026-11"]})
LIST_CREDENTIALS = Example(response={"data": [CREDENTIAL], "next_cursor": None})
ROTATE_CREDENTIAL = Example(
    request={"overlap_hours": 24},
    response={
        "client_id": CLIENT_ID,
        "client_secret": "shown-once-43-characters-of-base64url",
        "replaces": {"client_id": "0190c0de-0000-7000-8000-0000000001d0", "ends_at": "2026-11-23T08:00:00Z"},
    },
)
