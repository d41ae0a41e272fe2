"""What every command to permits has in common: its name made at the door, its body's fingerprint, who may give it."""

import hashlib
from base64 import b64decode
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.web import parse_json_body, read_body

Model = TypeVar("Model", bound=BaseModel)


async def read_command(
    request: Request, model: type[Model], *, optional: bool = False
) -> tuple[Model, IdempotentCommand]:
    """Read a command: its body by its contract, its id from the gateway, its fingerprint from the bytes.

    `Stated-Digest` is that of the bytes the trader sent, where the gateway has read them from another format.
    """
    body = await read_body(request)
    content = parse_json_body(request, body, model, optional=optional)
    at = now()
    command_id = request.headers.get("command-id")
    id = UUID(command_id) if command_id else new_id(at)
    route = f"{request.method} {request.url.path}".encode()
    stated_digest = request.headers.get("stated-digest")
    digest = (
        hashlib.sha256(body).digest()
        if stated_digest is None
        else b64decode(stated_digest.strip(":").rpartition(":")[2])
    )
    fingerprinted = body if stated_digest is None else digest
    return content, IdempotentCommand(
        id, hashlib.sha256(route + b"\n" + fingerprinted).digest(), at, digest, if_match_condition(request)
    )


def render_response(response: StoredResponse) -> Response:
    """Render a command's answer, the kept one as well as the new."""
    headers = {"Location": response.location} if response.location and response.status == 201 else {}
    if response.version is not None:
        headers["ETag"] = f'"{response.version}"'
    if response.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(response.body, response.status, headers, "application/json")


def with_etag(view: dict[str, object]) -> Response:
    """Render a thing with its version as entity tag (RFC 9110)."""
    return JSONResponse(view, headers={"ETag": f'"{view["version"]}"'} if "version" in view else None)


def if_match_condition(request: Request) -> Callable[[int], bool]:
    """Answer a function that says whether `If-Match` names a version; true for `*` and where there is none."""
    header = request.headers.get("if-match", "*")
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return lambda version: "*" in tags or str(version) in tags
