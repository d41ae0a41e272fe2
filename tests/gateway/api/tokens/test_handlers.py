"""The bodies of the token endpoint and of its metadata."""

from tests.gateway.conftest import RunningGateway


async def test_server_metadata_has_the_members_of_rfc_8414(hub: RunningGateway) -> None:
    found = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    issuer = found["issuer"]
    assert found == {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth2/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519"],
        "service_documentation": f"{issuer}/docs",
    }


async def test_token_keys_have_the_members_of_the_key_file(hub: RunningGateway) -> None:
    found = (await hub.http.get("/.well-known/jwks.json")).json()
    assert found == hub.context.access_tokens.keys.public_jwks()


async def test_token_refusal_has_the_members_of_rfc_6749(hub: RunningGateway) -> None:
    refused = await hub.http.post("/oauth2/token", data={"grant_type": "password"})
    assert (refused.status_code, refused.headers["cache-control"]) == (400, "no-store")
    assert set(refused.json()) == {"error", "error_description"}
    assert refused.json()["error"] == "unsupported_grant_type"
