"""Examples about people: coming in, parties, credentials, mandates."""

from typing import Any

from services.gateway.api.descriptions.example import Example

PARTY_ID = "0190c0de-0000-7000-8000-00000000b001"
AGENT_ID = "0190c0de-0000-7000-8000-00000000a9e7"
CLIENT_ID = "0190c0de-0000-7000-8000-00000000c11e"
PARTY_CONTENT: dict[str, Any] = {
    "name": "B SARL",
    "country": "FR",
    "roles": ["trader"],
    "identifiers": {"EORI": "FR99988877700011"},
}
PARTY = PARTY_CONTENT | {"id": PARTY_ID, "grants": [], "disabled": False, "version": 1}
KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
HUB = "https://hub.example"
MOMENT = "2026-11-22T08:00:00Z"
CREDENTIAL = {
    "client_id": CLIENT_ID,
    "kind": "public_key",
    "kids": ["2026-11"],
    "made_at": MOMENT,
    "last_used_at": None,
    "expires_at": None,
}
MANDATE = {
    "id": "0190c0de-0000-7000-8000-0000000a3d01",
    "trader": PARTY_ID,
    "agent": AGENT_ID,
    "from": "2026-11-22",
    "until": "2027-11-21",
    "status": "living",
    "granted_at": MOMENT,
    "granted_by": PARTY_ID,
    "revoked_at": None,
    "revoked_by": None,
}

EXAMPLES: dict[str, Example] = {
    "ask_token": Example(
        "grant_type=client_credentials&client_id=…&client_secret=…",
        {"access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZDI1NTE5In0.….…", "token_type": "Bearer", "expires_in": 3600},
    ),
    "read_server_metadata": Example(
        response={
            "issuer": HUB,
            "token_endpoint": f"{HUB}/oauth2/token",
            "jwks_uri": f"{HUB}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519"],
            "service_documentation": f"{HUB}/docs",
        }
    ),
    "read_token_keys": Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]}),
    "read_receipt_keys": Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]}),
    "read_webhook_keys": Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]}),
    "read_me": Example(response=PARTY),
    "add_party": Example(PARTY_CONTENT, PARTY),
    "list_parties": Example(response={"data": [PARTY], "next_cursor": None}),
    "read_party": Example(response=PARTY),
    "change_party": Example({"disabled": True}, PARTY | {"disabled": True, "version": 2}),
    "give_credential": Example({"public_key": KEY}, {"client_id": CLIENT_ID, "kids": ["2026-11"]}),
    "list_credentials": Example(response={"data": [CREDENTIAL], "next_cursor": None}),
    "rotate_credential": Example(
        {"overlap_hours": 24},
        {
            "client_id": CLIENT_ID,
            "client_secret": "shown-once-43-characters-of-base64url",
            "replaces": {"client_id": "0190c0de-0000-7000-8000-0000000001d0", "ends_at": "2026-11-23T08:00:00Z"},
        },
    ),
    "end_credential": Example(),
    "grant_mandate": Example({"agent": AGENT_ID, "from": "2026-11-22", "until": "2027-11-21"}, MANDATE),
    "list_mandates": Example(response={"data": [MANDATE], "next_cursor": None}),
    "read_mandate": Example(response=MANDATE),
    "revoke_mandate": Example(response=MANDATE | {"status": "revoked", "revoked_at": MOMENT, "revoked_by": PARTY_ID}),
    "end_mandate": Example(),
}
