"""The relay: what another service answers is asked of it in the caller's name, and passed on as it is."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.actions.auth.party_directory import Known
from services.gateway.api.auth.authentication import admit, caller_of, id_of, know_parameters, the_desk
from services.gateway.api.descriptions.query_parameters import parameter
from services.gateway.api.openapi.document import CODED, GUARDED, WITH_BODY, WITH_FILE, body, header, problems
from services.gateway.api.protocol.headers import idempotency_key, wait_of
from services.gateway.clients.internal import ask
from shared.contracts.parties import ActsFor, Party
from shared.database import new_id
from shared.problems import NotFound
from shared.service_client import Away, Reply, unavailable
from shared.web import read_body

COMMANDS = UUID("3f6f5d1e-6a52-5c0e-9a53-0b7f6c1c2d10")
"""The namespace of command ids that are derived from a client's own key."""
PASSED_IN = ("content-type", "if-match", "permit-token")
"""Request headers that go on; every other stays outside, whatever it claims of who sends it."""
PASSED_OUT = (
    "content-type",
    "content-disposition",
    "etag",
    "location",
    "idempotency-replayed",
    "preference-applied",
    "retry-after",
)
ForWhom = Callable[[Known, bytes], Awaitable[ActsFor | None]]
"""Finds out in whose name a mandated agent asks, by who it is and the body it sends."""
NAME = re.compile(r"[a-z0-9-]{1,64}")
COUNTRY = re.compile(r"[A-Z]{2}")
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Relayed:
    """One route of the public API that another service answers."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    operation: str
    service: Literal["permits", "notifications"]
    summary: str
    answers: str
    description: str = ""
    status: int = 200
    media: str = "application/json"
    takes: type[BaseModel] | None = None
    reads: tuple[str, ...] = ("application/json",)
    file: str | None = None
    """The media type of a file that is passed on as it arrives, in place of a body of JSON."""
    may_be_empty: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Say whether this route honours Prefer."""
        return "Prefer" in self.headers


async def relay(request: Request, route: Relayed) -> Response:
    """Pass a request on and its answer back; 503 with Retry-After when the service is away."""
    try:
        return render(await send(request, route))
    except Away:
        raise unavailable(route.service) from None


async def send(request: Request, route: Relayed, for_whom: ForWhom | None = None) -> Reply:
    """Check who asks and ask in their name; raises Away when the service cannot answer now.

    `for_whom` finds out in whose name a mandated agent asks.
    """
    desk = the_desk(request)
    known = await admit(desk, request.headers.get("authorization", ""), route.operation)
    know_parameters(request, route.query)
    path = inside_path(request, route)
    wait = wait_of(request.headers.get("prefer", "")) if route.waits else 0
    headers = _headers(request, route, known.party, path, wait)
    given = await read_body(request) if route.method in WRITING else b""
    return await ask(
        desk.service(route.service),
        route.method,
        path,
        caller=caller_of(known, request, await for_whom(known, given) if for_whom else None),
        body=given or None,
        query=request.query_params.multi_items(),
        headers=headers,
        seconds=wait + 10.0 if wait else None,
    )


def inside_path(request: Request, route: Relayed) -> str:
    """Write the path anew from its checked parts; what is no id or no name of ours is not there."""
    parts = {name: str(value) for name, value in request.path_params.items()}
    if "id" in parts:
        parts["id"] = str(id_of(request))
    if not all((COUNTRY if name == "country" else NAME).fullmatch(part) for name, part in parts.items()):
        raise NotFound
    return route.path.format(**parts)


def _headers(request: Request, route: Relayed, party: Party, path: str, wait: int) -> dict[str, str]:
    headers = {name: request.headers[name] for name in PASSED_IN if name in request.headers}
    if wait:
        headers["prefer"] = f"wait={wait}"
    if route.method in WRITING:
        key = idempotency_key(request.headers.get("idempotency-key"))
        headers["command-id"] = str(command_id(party.id, route.method, path, key))
    return headers


def command_id(party_id: UUID, method: str, path: str, key: str | None) -> UUID:
    """Name a command: the same for one party's repetitions under one key, else a fresh one."""
    return new_id() if key is None else uuid5(COMMANDS, f"{party_id} {method} {path} {key}")


def render(reply: Reply) -> Response:
    """Pass an answer on: status, body and the headers that are part of the contract."""
    return Response(reply.body, status_code=reply.status, headers=passed_out(reply.headers))


def passed_out(headers: Mapping[str, str]) -> dict[str, str]:
    """Answer those headers of an answer that are part of the contract."""
    return {name: headers[name] for name in PASSED_OUT if name in headers}


def add_relayed(
    app: FastAPI, routes: tuple[Relayed, ...], act: Callable[[Request, Relayed], Coroutine[Any, Any, Response]]
) -> None:
    """Serve relayed routes by `act`."""
    for route in routes:
        app.add_api_route(
            route.path,
            _endpoint(route, act),
            methods=[route.method],
            operation_id=route.operation,
            name=route.operation,
            tags=[route.path.split("/")[2]],
            summary=route.summary,
            description=route.description,
            status_code=route.status,
            response_description=route.answers,
            response_class=Response,
            responses=_responses(route),
            openapi_extra=_extra(route),
        )


def _endpoint(
    route: Relayed, act: Callable[[Request, Relayed], Coroutine[Any, Any, Response]]
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        return await act(request, route)

    return endpoint


def _responses(route: Relayed) -> dict[int | str, dict[str, Any]]:
    codes = [*GUARDED, *route.codes, "service-unavailable"]
    codes += WITH_BODY if route.takes else ()
    codes += CODED if route.takes and route.service == "permits" else ()
    codes += WITH_FILE if route.file else ()
    codes += ["not-found"] if "{" in route.path else []
    codes += ["idempotency-key-invalid", "idempotency-key-reused"] if route.method in {"POST", "PUT"} else []
    good: dict[int | str, dict[str, Any]] = {route.status: {"description": route.answers}}
    if route.status != 204:
        good[route.status]["content"] = {route.media: {} if "json" in route.media else {"schema": {"type": "string"}}}
    return good | problems(*dict.fromkeys(codes))


def _extra(route: Relayed) -> dict[str, Any]:
    names = [part.split("}")[0] for part in route.path.split("{")[1:]]
    string = {"type": "string"}
    uuid = {"type": "string", "format": "uuid"}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": uuid if name == "id" else string} for name in names
    ]
    parameters += [parameter(route.operation, name) for name in route.query]
    parameters += [
        header(name, HEADERS[name], required=name == "If-Match" and "version-missing" in route.codes)
        for name in route.headers
    ]
    if route.method in {"POST", "PUT"}:
        parameters.append(header("Idempotency-Key", HEADERS["Idempotency-Key"]))
    extra: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if route.takes is not None:
        extra["requestBody"] = body(route.takes, media=route.reads, required=not route.may_be_empty)
    if route.file is not None:
        extra["requestBody"] = {"required": True, "content": {route.file: {"schema": {"type": "string"}}}}
    return extra


HEADERS = {
    "Idempotency-Key": "The same on repeats: the effect is one, and the answer the same",
    "If-Match": "The ETag of the version that was read",
    "Permit-Token": "The permit's own secret token, for who is neither party nor authority",
    "Prefer": "wait=N: wait up to N seconds (30 at most) for something to answer with",
}
