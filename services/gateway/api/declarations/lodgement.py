"""POST /v1/declarations, the hot route: parsed by hand, rendered as bytes, stored in a batch."""

import asyncio
import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.declaration_status import wait_until_checked
from services.gateway.actions.lodgement.batcher import LodgedDeclaration
from services.gateway.actions.mandate_acceptance import lodging_trader
from services.gateway.actions.representation import make_submission
from services.gateway.api.auth.authentication import authenticate, make_caller, require_known_parameters
from services.gateway.api.protocol.disconnection import run_while_connected
from services.gateway.api.protocol.headers import parse_wait, require_idempotency_key
from services.gateway.api.protocol.media_types import parse_media_type
from services.gateway.api.proxy.proxy import render_reply
from services.gateway.api.routing.route import Limits, Route
from services.gateway.formats.declaration_formats import FORMATS
from shared.contracts.fields import format_timestamp, render_digest
from shared.database import now
from shared.web import body_too_slow, read_body, require_no_encoding, require_size

JSON = b"application/json"


async def lodge_declaration(scope: Scope, receive: Receive, send: Send, route: Route) -> None:
    """Accept a declaration: check it in the order of the contract, return 202 when it is durable."""
    context: GatewayContext = scope["app"].state.context
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    principal = await authenticate(scope, headers.get(b"authorization", b"").decode("latin-1"), route)
    if scope["query_string"]:
        require_known_parameters(Request(scope), ())
    key_header = headers.get(b"idempotency-key")
    key = require_idempotency_key(None if key_header is None else key_header.decode("latin-1"))
    seconds = parse_wait(headers[b"prefer"].decode("latin-1")) if b"prefer" in headers else 0
    kind = parse_media_type(headers.get(b"content-type", b""))
    if b"content-encoding" in headers:
        require_no_encoding(headers[b"content-encoding"].decode("latin-1"))
    require_size(headers.get(b"content-length", b"").decode("latin-1"), route.limits.body_bytes)
    context.batcher.require_capacity()
    raw_body = await _read_body(scope, receive, route.limits)
    at = now()
    declaration, normalized = FORMATS[kind](raw_body, principal.party)
    trader = await lodging_trader(context, declaration, principal, at=at)
    digest = hashlib.sha256(raw_body).digest()
    submission = make_submission(
        principal,
        declaration,
        trader,
        key=key,
        content_type=kind,
        body=raw_body,
        normalized=normalized,
        digest=digest,
        at=at,
        person=context.directory.find_person(scope["client_id"]),
    )
    lodged = await context.batcher.submit(submission)
    response = await _wait_for_checks(scope, receive, principal, lodged, seconds) if seconds else None
    if response is not None:
        await response(scope, receive, send)
    else:
        await _send_lodged(send, lodged)


def render_lodged(lodged: LodgedDeclaration) -> bytes:
    """Render the body of the 202 from stored values only, so that each repetition has the same bytes.

    It is formatted by hand because the route is hot. A test compares it with the JSON of its model.
    """
    declaration_id = str(lodged.id)
    location = f"/v1/declarations/{declaration_id}"
    return (
        f'{{"id":"{declaration_id}","reference":{encode_basestring(lodged.reference)},"status":"received",'
        f'"received_at":"{format_timestamp(lodged.received_at)}","digest":"{render_digest(lodged.digest)}",'
        f'"links":{{"self":"{location}","content":"{location}/content","receipt":"{location}/receipt"}}}}'
    ).encode()


async def _send_lodged(send: Send, lodged: LodgedDeclaration) -> None:
    content = render_lodged(lodged)
    headers = [
        (b"content-type", JSON),
        (b"content-length", b"%d" % len(content)),
        (b"location", f"/v1/declarations/{lodged.id}".encode()),
    ]
    if lodged.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _wait_for_checks(
    scope: Scope, receive: Receive, principal: Principal, lodged: LodgedDeclaration, seconds: int
) -> Response | None:
    """Wait as Prefer requests. Return the declaration in full if it was checked in time, else None.

    Return None also if the client ends its sending side during the wait.
    """
    context: GatewayContext = scope["app"].state.context
    caller = make_caller(principal, Request(scope))
    waiting = wait_until_checked(context, lodged.id, caller, principal.party, seconds=seconds)
    found = await run_while_connected(scope, receive, waiting)
    if found is None:
        return None
    response = render_reply(found)
    response.headers["Preference-Applied"] = "wait"
    response.headers["Location"] = f"/v1/declarations/{lodged.id}"
    if lodged.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


async def _read_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """Read the body: usually one piece; otherwise with the limits of every route."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            first = await receive()
    except TimeoutError:
        raise body_too_slow(limits.body_seconds) from None
    if first["type"] == "http.request" and not first.get("more_body") and len(first["body"]) <= limits.body_bytes:
        complete_body: bytes = first["body"]
        return complete_body
    pieces = [first]

    async def rest() -> Message:
        return pieces.pop() if pieces else await receive()

    return await read_body(Request(scope, rest), limit=limits.body_bytes, seconds=limits.body_seconds)
