"""Examples about access tokens and public keys."""

from services.gateway.api.routing.route import Example

HUB = "https://hub.example"
KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
CREATE_TOKEN = Example(
    request={"grant_type": "client_credentials", "client_id": "…", "client_secret": "…"},
    response={
        "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZDI1NTE5In0.….…",
        "token_type": "Bearer",
        "expires_in": 3600,
    },
)
READ_SERVER_METADATA = Example(
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
)
READ_TOKEN_KEYS = Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]})
READ_RECEIPT_KEYS = Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]})
READ_WEBHOOK_KEYS = Example(response={"keys": [KEY | {"use": "sig", "alg": "Ed25519"}]})
