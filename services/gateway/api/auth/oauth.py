"""The token endpoint (RFC 6749, 4.4) and what clients read to find and check it (RFC 8414, RFC 7517)."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions.auth.access_tokens import LIFE
from services.gateway.actions.auth.client_assertions import BadAssertion, claimed_client
from services.gateway.actions.auth.client_keys import ALGORITHMS
from services.gateway.actions.context import Desk
from services.gateway.actions.token_grant import enter, enter_by_assertion
from services.gateway.api.auth.authentication import ADesk
from services.gateway.api.openapi.document import problems
from services.gateway.clients.internal import ask
from shared.contracts.parties import Caller
from shared.problem_responses import request_id
from shared.service_client import Away, unavailable
from shared.web import read_body

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 16_384
BY_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal in the words of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


async def ask_token(request: Request, desk: ADesk) -> Response:
    """Ask for an access token by client credentials, an hour long.

    The client authenticates in one way: by HTTP Basic, by `client_id` and `client_secret` in the form, or by
    `client_assertion` (`private_key_jwt`, RFC 7523): a JWT signed by its key with ES256 or Ed25519, `iss` and `sub` its
    client id, `aud` our issuer alone, at most 5 minutes old, each `jti` once.
    """
    form = await _form(request)
    if form.get("grant_type") != "client_credentials":
        error = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise OAuthError(error, "Send grant_type=client_credentials.")
    if form.get("scope"):
        raise OAuthError("invalid_scope", "There are no scopes here: a party's roles say what it may do.")
    token = await _enter(request.headers.get("authorization", ""), form, desk)
    content = {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFE.total_seconds())}
    return JSONResponse(content, headers=NO_STORE)


async def read_server_metadata(desk: ADesk) -> Response:
    """Say where and how tokens are asked for (RFC 8414)."""
    issuer = desk.access.issuer
    return JSONResponse(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/oauth2/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "service_documentation": f"{issuer}/docs",
        }
    )


async def read_token_keys(desk: ADesk) -> Response:
    """Publish the public keys that access tokens are signed with (RFC 7517)."""
    return JSONResponse(desk.access.keys.public(), headers={"Cache-Control": "public, max-age=60"})


async def read_receipt_keys(desk: ADesk) -> Response:
    """Publish the public keys that receipts were ever signed with (RFC 7517), those dropped in a rotation too.

    They verify receipts and nothing else: no token signed by a dropped key lets anybody in.
    """
    return JSONResponse(desk.access.keys.public_ever(), headers={"Cache-Control": "public, max-age=60"})


async def read_webhook_keys(desk: ADesk, request: Request) -> Response:
    """Publish the keys that webhooks are signed with (RFC 7517): Ed25519, `v1a` of Standard Webhooks."""
    caller = Caller(service="gateway", request_id=request_id(request))
    try:
        reply = await ask(desk.notifications, "GET", "/inside/webhook-keys", caller=caller)
    except Away:
        raise unavailable("notifications") from None
    return Response(
        reply.body, reply.status, headers={"Cache-Control": "public, max-age=60"}, media_type="application/json"
    )


async def oauth_refused(request: Request, error: Exception) -> Response:
    """Answer a refusal as RFC 6749, 5.2 has it."""
    assert isinstance(error, OAuthError)
    wrong_client = error.error == "invalid_client"
    return JSONResponse(
        {"error": error.error, "error_description": error.description},
        status_code=401 if wrong_client else 400,
        headers=NO_STORE | ({"WWW-Authenticate": 'Basic realm="saola", charset="UTF-8"'} if wrong_client else {}),
    )


def add_token_routes(app: FastAPI) -> None:
    """Serve the token endpoint and the documents around it."""
    app.add_exception_handler(OAuthError, oauth_refused)
    form = {"type": "object", "required": ["grant_type"], "properties": _PROPERTIES}
    app.add_api_route(
        "/oauth2/token",
        ask_token,
        methods=["POST"],
        operation_id="ask_token",
        tags=["who"],
        summary="Ask for an access token",
        response_description="The token; send it as Authorization: Bearer …",
        responses={
            400: {"description": "RFC 6749, 5.2: invalid_request, unsupported_grant_type, invalid_scope"},
            401: {"description": "RFC 6749, 5.2: invalid_client"},
            **problems("body-too-large", "body-too-slow", "database-unavailable"),
        },
        openapi_extra={"security": [], "requestBody": {"required": True, "content": {FORM: {"schema": form}}}},
    )
    for path, act, summary in (
        ("/.well-known/oauth-authorization-server", read_server_metadata, "Where and how to ask for tokens"),
        ("/.well-known/jwks.json", read_token_keys, "The public keys of access tokens"),
        ("/.well-known/receipt-keys.json", read_receipt_keys, "The public keys of receipts, old ones too"),
        ("/.well-known/webhook-keys.json", read_webhook_keys, "The public keys of webhooks"),
    ):
        app.add_api_route(
            path,
            act,
            methods=["GET"],
            operation_id=act.__name__,
            tags=["who"],
            summary=summary,
            response_description="The document",
            responses=problems("service-unavailable") if act is read_webhook_keys else None,
            openapi_extra={"security": []},
        )


_PROPERTIES = {
    "grant_type": {"type": "string", "const": "client_credentials"},
    "client_id": {"type": "string"},
    "client_secret": {"type": "string", "format": "password"},
    "client_assertion_type": {"type": "string", "const": BY_ASSERTION},
    "client_assertion": {"type": "string"},
}


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"Send Content-Type: {FORM}.")
    body = await read_body(request, limit=FORM_LIMIT)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request", "The form cannot be read.") from None
    if len(dict(pairs)) != len(pairs):
        raise OAuthError("invalid_request", "A parameter is there twice.")
    return dict(pairs)


async def _enter(authorization: str, form: dict[str, str], desk: Desk) -> str:
    if "client_assertion" in form or "client_assertion_type" in form:
        try:
            return await enter_by_assertion(desk, _assertion(authorization, form))
        except BadAssertion as error:
            raise OAuthError("invalid_client", str(error)) from None
    token = await enter(desk, *_client(authorization, form))
    if token is None:
        raise OAuthError("invalid_client", "No such client, or its secret is wrong, or it was ended or disabled.")
    return token


def _assertion(authorization: str, form: dict[str, str]) -> str:
    if authorization or form.get("client_secret"):
        raise OAuthError("invalid_request", "Authenticate in one way: by an assertion, or by a secret.")
    if form.get("client_assertion_type") != BY_ASSERTION:
        raise OAuthError("invalid_request", f"Send client_assertion_type={BY_ASSERTION}.")
    text = form.get("client_assertion", "")
    if not text.isascii():
        raise BadAssertion("The assertion is no JWT.")
    if form.get("client_id") and claimed_client(text) != form["client_id"]:
        raise OAuthError("invalid_request", "The form names another client than the assertion.")
    return text


def _client(authorization: str, form: dict[str, str]) -> tuple[str, str]:
    kind, _, given = authorization.partition(" ")
    posted = form.get("client_id", ""), form.get("client_secret", "")
    if not authorization:
        return _printable(*posted)
    if form.get("client_secret"):
        raise OAuthError("invalid_request", "Authenticate in one way: HTTP Basic, or client_secret in the form.")
    if kind.lower() != "basic":
        raise OAuthError("invalid_client", "Authenticate by HTTP Basic, or by client_secret in the form.")
    try:
        client_id, _, secret = base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise OAuthError("invalid_client", "The Authorization header cannot be read.") from None
    if posted[0] and posted[0] != unquote_plus(client_id):
        raise OAuthError("invalid_request", "The form names another client than the Authorization header.")
    return _printable(unquote_plus(client_id), unquote_plus(secret))


def _printable(client_id: str, secret: str) -> tuple[str, str]:
    if not (client_id.isascii() and client_id.isprintable() and secret.isascii()):
        raise OAuthError("invalid_client", "No such client.")
    return client_id, secret
