"""The token endpoint (RFC 6749, 4.4), its metadata (RFC 8414) and its keys (RFC 7517)."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import service_calls
from services.gateway.actions.auth.access_tokens import TOKEN_LIFETIME
from services.gateway.actions.auth.client_assertions import BadAssertion, claimed_client
from services.gateway.actions.auth.client_keys import ALGORITHMS
from services.gateway.actions.token_grant import grant_token, grant_token_by_assertion
from services.gateway.api.auth.authentication import get_context
from services.gateway.api.protocol.client_address import client_address
from services.gateway.api.protocol.documents import DOCUMENT_SECONDS, KEYS_SECONDS, public_document
from services.gateway.api.proxy.proxy import render_reply
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import JSON, Route
from services.gateway.api.tokens.models import (
    ASSERTION_TYPE,
    FORM,
    PublicKey,
    PublicKeys,
    ServerMetadata,
    Token,
    TokenError,
    TokenRefusal,
)
from shared.contracts.parties import Caller
from shared.problem_responses import request_id
from shared.request_context import record_code
from shared.service_client import ServiceUnreachable, service_unavailable
from shared.web import render_view

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal with an error code of RFC 6749, 5.2."""

    def __init__(self, error: TokenError, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


async def create_token(request: Request, route: Route) -> Response:
    """Return an access token or a refusal."""
    try:
        token = await _grant_token(request, route)
    except OAuthError as error:
        return _render_refusal(error)
    lifetime = int(TOKEN_LIFETIME.total_seconds())
    granted = Token(access_token=token, token_type="Bearer", expires_in=lifetime)  # noqa: S106 - a name of RFC 6750
    return render_view(granted, headers=NO_STORE)


async def _grant_token(request: Request, route: Route) -> str:
    form = await _parse_form(request, route)
    if form.get("grant_type") != "client_credentials":
        error = TokenError.UNSUPPORTED_GRANT_TYPE if form.get("grant_type") else TokenError.INVALID_REQUEST
        raise OAuthError(error, "Expected grant_type=client_credentials. Send it in the form.")
    if form.get("scope"):
        raise OAuthError(
            TokenError.INVALID_SCOPE, "The hub has no scopes: the roles of your party decide. Leave out scope."
        )
    return await _authenticate_client(request, form)


async def read_server_metadata(request: Request, route: Route) -> Response:
    """Return where and how clients get tokens (RFC 8414)."""
    issuer = get_context(request).access_tokens.issuer
    metadata = ServerMetadata(
        issuer=issuer,
        token_endpoint=f"{issuer}/oauth2/token",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        grant_types_supported=("client_credentials",),
        response_types_supported=(),
        token_endpoint_auth_methods_supported=("client_secret_basic", "client_secret_post", "private_key_jwt"),
        token_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
        service_documentation=f"{issuer}/docs",
    )
    content = metadata.model_dump_json().encode()
    return public_document(request, content, media_type=JSON, seconds=DOCUMENT_SECONDS)


async def read_token_keys(request: Request, route: Route) -> Response:
    """Return the public keys of access tokens (RFC 7517)."""
    return _render_keys(request, get_context(request).access_tokens.keys.public_jwks())


async def read_receipt_keys(request: Request, route: Route) -> Response:
    """Return the public keys of receipts (RFC 7517), retired ones included."""
    return _render_keys(request, get_context(request).access_tokens.keys.public_jwks_with_retired())


async def read_webhook_keys(request: Request, route: Route) -> Response:
    """Return the public keys of webhook signatures (RFC 7517)."""
    caller = Caller(service="gateway", request_id=request_id(request))
    try:
        reply = await service_calls.read_webhook_keys(get_context(request), caller=caller)
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None
    if reply.status != 200:
        return render_reply(reply)
    return public_document(request, reply.body, media_type=JSON, seconds=KEYS_SECONDS)


def _render_keys(request: Request, jwks: dict[str, Any]) -> Response:
    keys = tuple(
        PublicKey(kty=key["kty"], crv=key["crv"], x=key["x"], kid=key["kid"], alg=key["alg"], use=key["use"])
        for key in jwks["keys"]
    )
    content = PublicKeys(keys=keys).model_dump_json().encode()
    return public_document(request, content, media_type=JSON, seconds=KEYS_SECONDS)


def _render_refusal(error: OAuthError) -> Response:
    """Return a refusal in the form of RFC 6749, 5.2."""
    record_code(error.error)
    wrong_client = error.error is TokenError.INVALID_CLIENT
    return render_view(
        TokenRefusal(error=error.error, error_description=error.description),
        status=401 if wrong_client else 400,
        headers=NO_STORE | ({"WWW-Authenticate": 'Basic realm="saola", charset="UTF-8"'} if wrong_client else {}),
    )


async def _parse_form(request: Request, route: Route) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError(TokenError.INVALID_REQUEST, f"The header Content-Type has another value. Send {FORM}.")
    body = await read_route_body(request, route)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise OAuthError(
            TokenError.INVALID_REQUEST, "The form is not valid. Encode it in UTF-8, percent-encoded."
        ) from None
    if len(dict(pairs)) != len(pairs):
        raise OAuthError(TokenError.INVALID_REQUEST, "A parameter is in the form twice. Send it once.")
    return dict(pairs)


async def _authenticate_client(request: Request, form: dict[str, str]) -> str:
    context, authorization = get_context(request), request.headers.get("authorization", "")
    address = client_address(request.scope, request.app.state.trusted_proxies)
    if "client_assertion" in form or "client_assertion_type" in form:
        try:
            return await grant_token_by_assertion(context, _parse_assertion(authorization, form), address=address)
        except BadAssertion as error:
            raise OAuthError(TokenError.INVALID_CLIENT, str(error)) from None
    token = await grant_token(context, *_parse_client(authorization, form), address=address)
    if token is None:
        raise OAuthError(
            TokenError.INVALID_CLIENT,
            "The client id or its secret is wrong, or the administrator ended it. Ask the "
            "administrator for a credential.",
        )
    return token


def _parse_assertion(authorization: str, form: dict[str, str]) -> str:
    if authorization or form.get("client_secret"):
        raise OAuthError(TokenError.INVALID_REQUEST, "The request has an assertion and a secret. Send one of the two.")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(
            TokenError.INVALID_REQUEST, f"Expected client_assertion_type={ASSERTION_TYPE}. Send it in the form."
        )
    text = form.get("client_assertion", "")
    if not text.isascii():
        raise BadAssertion("The assertion is not a signed JWT. Sign a new one with a JWT library.")
    if form.get("client_id") and claimed_client(text) != form["client_id"]:
        raise OAuthError(
            TokenError.INVALID_REQUEST, "The form and the assertion name different clients. Send the same client_id."
        )
    return text


def _parse_client(authorization: str, form: dict[str, str]) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    posted = form.get("client_id", ""), form.get("client_secret", "")
    if not authorization:
        return _require_printable(*posted)
    if form.get("client_secret"):
        raise OAuthError(
            TokenError.INVALID_REQUEST, "The request has HTTP Basic and client_secret in the form. Send one of the two."
        )
    if kind.lower() != "basic":
        raise OAuthError(
            TokenError.INVALID_CLIENT,
            "The header Authorization is not HTTP Basic. Use HTTP Basic, or client_secret in the form.",
        )
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise OAuthError(
            TokenError.INVALID_CLIENT,
            "The header Authorization is not valid HTTP Basic. Encode client_id:client_secret in Base64.",
        ) from None
    if posted[0] and posted[0] != unquote_plus(client_id):
        raise OAuthError(
            TokenError.INVALID_REQUEST,
            "The form and the header Authorization name different clients. Send the same client_id.",
        )
    return _require_printable(unquote_plus(client_id), unquote_plus(secret))


def _require_printable(client_id: str, secret: str) -> tuple[str, str]:
    if not (client_id.isascii() and client_id.isprintable() and secret.isascii()):
        raise OAuthError(
            TokenError.INVALID_CLIENT, "The client id or its secret has other characters than ASCII. Check them."
        )
    return client_id, secret
