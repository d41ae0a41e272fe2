"""The token endpoint (RFC 6749, 4.4) and what clients read to find and check it (RFC 8414, RFC 7517)."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import service_calls
from services.gateway.actions.auth.access_tokens import TOKEN_LIFETIME
from services.gateway.actions.auth.client_assertions import BadAssertion, claimed_client
from services.gateway.actions.auth.client_keys import ALGORITHMS
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.token_grant import grant_token, grant_token_by_assertion
from services.gateway.api.auth.authentication import InjectedContext
from services.gateway.api.descriptions.operations import problem_responses
from shared.contracts.parties import Caller
from shared.problem_responses import request_id
from shared.request_context import record_code
from shared.service_client import ServiceUnreachable, service_unavailable
from shared.web import read_body

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 16_384
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal in the words of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


async def ask_token(request: Request, context: InjectedContext) -> Response:
    """Ask for an access token by client credentials, an hour long.

    The client authenticates in one way: by HTTP Basic, by `client_id` and `client_secret` in the form, or by
    `client_assertion` (`private_key_jwt`, RFC 7523): a JWT signed by its key with ES256 or Ed25519, `iss` and `sub` its
    client id, `aud` our issuer alone, at most 5 minutes old, each `jti` once.
    """
    form = await _parse_form(request)
    if form.get("grant_type") != "client_credentials":
        error = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise OAuthError(error, "Send grant_type=client_credentials.")
    if form.get("scope"):
        raise OAuthError("invalid_scope", "There are no scopes here: a party's roles say what it may do.")
    token = await _grant_token(request.headers.get("authorization", ""), form, context)
    content = {"access_token": token, "token_type": "Bearer", "expires_in": int(TOKEN_LIFETIME.total_seconds())}
    return JSONResponse(content, headers=NO_STORE)


async def read_server_metadata(context: InjectedContext) -> Response:
    """Say where and how tokens are asked for (RFC 8414)."""
    issuer = context.access_tokens.issuer
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


async def read_token_keys(context: InjectedContext) -> Response:
    """Publish the public keys that access tokens are signed with (RFC 7517)."""
    return JSONResponse(context.access_tokens.keys.public_jwks(), headers={"Cache-Control": "public, max-age=60"})


async def read_receipt_keys(context: InjectedContext) -> Response:
    """Publish the public keys that receipts were ever signed with (RFC 7517), those dropped in a rotation too.

    They verify receipts and nothing else: no token signed by a dropped key lets anybody in.
    """
    return JSONResponse(
        context.access_tokens.keys.public_jwks_with_retired(), headers={"Cache-Control": "public, max-age=60"}
    )


async def read_webhook_keys(context: InjectedContext, request: Request) -> Response:
    """Publish the keys that webhooks are signed with (RFC 7517): Ed25519, `v1a` of Standard Webhooks."""
    caller = Caller(service="gateway", request_id=request_id(request))
    try:
        reply = await service_calls.read_webhook_keys(context, caller=caller)
    except ServiceUnreachable:
        raise service_unavailable("notifications") from None
    return Response(
        reply.body, reply.status, headers={"Cache-Control": "public, max-age=60"}, media_type="application/json"
    )


async def render_oauth_error(request: Request, error: Exception) -> Response:
    """Answer a refusal as RFC 6749, 5.2 has it."""
    assert isinstance(error, OAuthError)
    record_code(error.error)
    wrong_client = error.error == "invalid_client"
    return JSONResponse(
        {"error": error.error, "error_description": error.description},
        status_code=401 if wrong_client else 400,
        headers=NO_STORE | ({"WWW-Authenticate": 'Basic realm="saola", charset="UTF-8"'} if wrong_client else {}),
    )


def add_token_routes(app: FastAPI) -> None:
    """Serve the token endpoint and the documents around it."""
    app.add_exception_handler(OAuthError, render_oauth_error)
    form = {"type": "object", "required": ["grant_type"], "properties": _FORM_PROPERTIES}
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
            **problem_responses("body-too-large", "body-too-slow", "database-unavailable"),
        },
        openapi_extra={"security": [], "requestBody": {"required": True, "content": {FORM: {"schema": form}}}},
    )
    for path, handler, summary in (
        ("/.well-known/oauth-authorization-server", read_server_metadata, "Where and how to ask for tokens"),
        ("/.well-known/jwks.json", read_token_keys, "The public keys of access tokens"),
        ("/.well-known/receipt-keys.json", read_receipt_keys, "The public keys of receipts, old ones too"),
        ("/.well-known/webhook-keys.json", read_webhook_keys, "The public keys of webhooks"),
    ):
        app.add_api_route(
            path,
            handler,
            methods=["GET"],
            operation_id=handler.__name__,
            tags=["who"],
            summary=summary,
            response_description="The document",
            responses=problem_responses("service-unavailable") if handler is read_webhook_keys else None,
            openapi_extra={"security": []},
        )


_FORM_PROPERTIES = {
    "grant_type": {"type": "string", "const": "client_credentials"},
    "client_id": {"type": "string"},
    "client_secret": {"type": "string", "format": "password"},
    "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
    "client_assertion": {"type": "string"},
}


async def _parse_form(request: Request) -> dict[str, str]:
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


async def _grant_token(authorization: str, form: dict[str, str], context: GatewayContext) -> str:
    if "client_assertion" in form or "client_assertion_type" in form:
        try:
            return await grant_token_by_assertion(context, _parse_assertion(authorization, form))
        except BadAssertion as error:
            raise OAuthError("invalid_client", str(error)) from None
    token = await grant_token(context, *_parse_client(authorization, form))
    if token is None:
        raise OAuthError("invalid_client", "No such client, or its secret is wrong, or it was ended or disabled.")
    return token


def _parse_assertion(authorization: str, form: dict[str, str]) -> str:
    if authorization or form.get("client_secret"):
        raise OAuthError("invalid_request", "Authenticate in one way: by an assertion, or by a secret.")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"Send client_assertion_type={ASSERTION_TYPE}.")
    text = form.get("client_assertion", "")
    if not text.isascii():
        raise BadAssertion("The assertion is no JWT.")
    if form.get("client_id") and claimed_client(text) != form["client_id"]:
        raise OAuthError("invalid_request", "The form names another client than the assertion.")
    return text


def _parse_client(authorization: str, form: dict[str, str]) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    posted = form.get("client_id", ""), form.get("client_secret", "")
    if not authorization:
        return _require_printable(*posted)
    if form.get("client_secret"):
        raise OAuthError("invalid_request", "Authenticate in one way: HTTP Basic, or client_secret in the form.")
    if kind.lower() != "basic":
        raise OAuthError("invalid_client", "Authenticate by HTTP Basic, or by client_secret in the form.")
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise OAuthError("invalid_client", "The Authorization header cannot be read.") from None
    if posted[0] and posted[0] != unquote_plus(client_id):
        raise OAuthError("invalid_request", "The form names another client than the Authorization header.")
    return _require_printable(unquote_plus(client_id), unquote_plus(secret))


def _require_printable(client_id: str, secret: str) -> tuple[str, str]:
    if not (client_id.isascii() and client_id.isprintable() and secret.isascii()):
        raise OAuthError("invalid_client", "No such client.")
    return client_id, secret
