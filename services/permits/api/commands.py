"""What every command to permits has in common: its name made at the door, its body's fingerprint, who may give it."""

import hashlib
from base64 import b64decode
from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from services.permits.store.commands import Command, Kept
from shared.contracts.parties import Caller, Party
from shared.database import Engine as AnEngine
from shared.database import new_id, now
from shared.internal_auth import AParty, caller
from shared.problems import NotAllowed
from shared.web import json_of, read_body

Model = TypeVar("Model", bound=BaseModel)


def engine(request: Request) -> AnEngine:
    """Answer the service's engine."""
    found: AnEngine = request.app.state.engine
    return found


Engine = Annotated[AnEngine, Depends(engine)]


def having(*roles: str) -> Callable[[Party], Party]:
    """Answer a dependency that lets only parties with one of these roles pass."""

    def check(party: AParty) -> Party:
        if not set(roles) & set(party.roles):
            raise NotAllowed("role-not-allowed", f"This is done by {' or '.join(roles)}.")
        return party

    return check


def person(found: Annotated[Caller, Depends(caller)]) -> str:
    """Answer the person behind a call: the credential it came with, else the party itself."""
    return found.client or str(found.party.id if found.party else "")


Person = Annotated[str, Depends(person)]
Trader = Annotated[Party, Depends(having("trader"))]
Customs = Annotated[Party, Depends(having("customs"))]
Authority = Annotated[Party, Depends(having("authority"))]
Reader = Annotated[Party, Depends(having("trader", "customs", "authority"))]


async def order(request: Request, model: type[Model], *, optional: bool = False) -> tuple[Model, Command]:
    """Read a command: its body by its contract, its id from the gateway, its fingerprint from the bytes.

    `Stated-Digest` is that of the bytes the trader sent, where the gateway has read them from another format.
    """
    body = await read_body(request)
    stated = json_of(request, body, model, optional=optional)
    at = now()
    given = request.headers.get("command-id")
    id = UUID(given) if given else new_id(at)
    place = f"{request.method} {request.url.path}".encode()
    said = request.headers.get("stated-digest")
    digest = hashlib.sha256(body).digest() if said is None else b64decode(said.strip(":").rpartition(":")[2])
    same = body if said is None else digest
    return stated, Command(id, hashlib.sha256(place + b"\n" + same).digest(), at, digest, version_in(request))


def render(kept: Kept) -> Response:
    """Render a command's answer, the kept one as well as the new."""
    headers = {"Location": kept.location} if kept.location and kept.status == 201 else {}
    if kept.version is not None:
        headers["ETag"] = f'"{kept.version}"'
    if kept.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(kept.answer, kept.status, headers, "application/json")


def with_etag(view: dict[str, object]) -> Response:
    """Render a thing with its version as entity tag (RFC 9110)."""
    return JSONResponse(view, headers={"ETag": f'"{view["version"]}"'} if "version" in view else None)


def version_in(request: Request) -> Callable[[int], bool]:
    """Answer a function that says whether `If-Match` names a version; true for `*` and where there is none."""
    stated = request.headers.get("if-match", "*")
    given = {tag.strip().removeprefix("W/").strip('"') for tag in stated.split(",")}
    return lambda version: "*" in given or str(version) in given
