"""POST /v1/declarations, the one hot route: read by hand, answered as ready bytes, written with its neighbours."""

import asyncio
import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.declaration_status import checked
from services.gateway.actions.lodgement.batcher import Receipt
from services.gateway.actions.representation import submission_of, trader_of
from services.gateway.api.auth.authentication import admit, caller_of, know_parameters
from services.gateway.api.openapi.document import CODED, GUARDED, WITH_BODY, XML, body, header, problems
from services.gateway.api.protocol.headers import demanded_key, wait_of
from services.gateway.api.protocol.media_types import media_type
from services.gateway.api.proxy.proxy import render
from services.gateway.clients.outbox_messages import write_digest
from services.gateway.formats.declaration_formats import FORMATS
from shared.contracts.declaration import Declaration
from shared.contracts.fields import write_moment
from shared.database import now
from shared.problems import Refusal
from shared.web import BODY_LIMIT, BODY_SECONDS, must_be_plain, must_fit, read_body

JSON = b"application/json"


async def lodge(scope: Scope, receive: Receive, send: Send) -> None:
    """Take a declaration in: check it in the order of the contract, answer 202 once it is durable."""
    desk: Desk = scope["app"].state.desk
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    known = await admit(desk, headers.get(b"authorization", b"").decode("latin-1"), "lodge_declaration")
    if scope["query_string"]:
        know_parameters(Request(scope), ())
    given = headers.get(b"idempotency-key")
    key = demanded_key(None if given is None else given.decode("latin-1"))
    seconds = wait_of(headers[b"prefer"].decode("latin-1")) if b"prefer" in headers else 0
    kind = media_type(headers.get(b"content-type", b""))
    if b"content-encoding" in headers:
        must_be_plain(headers[b"content-encoding"].decode("latin-1"))
    must_fit(headers.get(b"content-length", b"").decode("latin-1"), BODY_LIMIT)
    desk.intake.demand_room()
    sent = await _read(scope, receive)
    at = now()
    declaration, inside = FORMATS[kind](sent, known.party)
    trader = await trader_of(declaration, known, desk.people, at=at)
    digest = hashlib.sha256(sent).digest()
    submission = submission_of(
        known, declaration, trader, key=key, content_type=kind, body=sent, inside=inside, digest=digest, at=at
    )
    receipt = await desk.intake.put(submission)
    whole = await _when_checked(scope, desk, known, receipt, seconds) if seconds else None
    if whole is not None:
        await whole(scope, receive, send)
    else:
        await _answer(send, receipt)


def write_receipt(receipt: Receipt) -> bytes:
    """Write the body of the 202: from what is kept alone, so that each repetition is the same to the byte."""
    id = str(receipt.id)
    self = f"/v1/declarations/{id}"
    return (
        f'{{"id":"{id}","reference":{encode_basestring(receipt.reference)},"status":"received",'
        f'"received_at":"{write_moment(receipt.received_at)}","digest":"{write_digest(receipt.digest)}",'
        f'"links":{{"self":"{self}","content":"{self}/content","receipt":"{self}/receipt"}}}}'
    ).encode()


async def _answer(send: Send, receipt: Receipt) -> None:
    content = write_receipt(receipt)
    headers = [
        (b"content-type", JSON),
        (b"content-length", b"%d" % len(content)),
        (b"location", f"/v1/declarations/{receipt.id}".encode()),
    ]
    if receipt.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _when_checked(scope: Scope, desk: Desk, known: Known, receipt: Receipt, seconds: int) -> Response | None:
    """Wait as Prefer asks; answer the whole declaration if it was checked in time."""
    found = await checked(desk, receipt.id, caller_of(known, Request(scope)), seconds=seconds)
    if found is None:
        return None
    whole = render(found)
    whole.headers["Preference-Applied"] = "wait"
    whole.headers["Location"] = f"/v1/declarations/{receipt.id}"
    if receipt.replayed:
        whole.headers["Idempotency-Replayed"] = "true"
    return whole


async def _read(scope: Scope, receive: Receive) -> bytes:
    """Read the body: mostly it is there in one piece; if not, with the limits every route has."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            first = await receive()
    except TimeoutError:
        raise Refusal("body-too-slow", f"The body did not arrive within {BODY_SECONDS:.0f} s.") from None
    if first["type"] == "http.request" and not first.get("more_body") and len(first["body"]) <= BODY_LIMIT:
        whole: bytes = first["body"]
        return whole
    pieces = [first]

    async def rest() -> Message:
        return pieces.pop() if pieces else await receive()

    return await read_body(Request(scope, rest))


async def described() -> Response:
    """Lodge a declaration; it is kept with its digest before this is answered, and checked moments after.

    The same Idempotency-Key with the same body is answered the same, with `Idempotency-Replayed: true`. With
    `Prefer: wait=N` (RFC 7240, up to 30 s) the answer waits for the checks: 200 and the whole declaration when they
    are done in time. `application/xml` is a customs message of the WCO Data Model, read as docs/wco.md says; with
    `Accept: application/xml` this and all other answers about declarations are a WCO `Response`.
    """
    raise AssertionError("answered by `lodge`")


def add_lodging_route(app: FastAPI) -> None:
    """Serve the route; FastAPI describes it, but the request does not pass through FastAPI's own handling."""
    parameters = [
        header(
            "Idempotency-Key", "New for each declaration, the same on repeats; 1 to 255 visible ASCII", required=True
        ),
        header("Prefer", "wait=N: wait up to N seconds (30 at most) for the checks"),
    ]
    codes = ("idempotency-key-missing", "idempotency-key-invalid", "not-your-declaration")
    more = ("reference-taken", "idempotency-key-reused", "overloaded", "database-unavailable")
    whole: dict[int | str, Any] = {200: {"description": "The whole declaration, checked in time"}}
    route = APIRoute(
        "/v1/declarations",
        described,
        methods=["POST"],
        operation_id="lodge_declaration",
        tags=["declarations"],
        summary="Lodge a declaration",
        status_code=202,
        response_description="It is durable; Location says where it is followed",
        responses=whole | problems(*GUARDED, *WITH_BODY, *CODED, *XML, *codes, *more),
        openapi_extra={"parameters": parameters, "requestBody": body(Declaration, media=FORMATS)},
    )
    route.app = lodge
    app.router.routes.insert(0, route)
