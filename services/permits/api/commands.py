"""Read commands to permits: the body by its contract, and the version that the caller expects (If-Match)."""

import hashlib
from dataclasses import replace
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel

from shared import command_requests
from shared.conditional_requests import parse_if_match
from shared.contracts.fields import parse_digest
from shared.database import now
from shared.idempotency import IdempotentCommand
from shared.web import MAX_BODY_BYTES, parse_json_body, read_body

Model = TypeVar("Model", bound=BaseModel)


async def read_command(
    request: Request, model: type[Model], *, optional: bool = False, limit: int = MAX_BODY_BYTES
) -> tuple[Model, IdempotentCommand]:
    """Read a command and its body. Raise ProblemError for a body or a header that is not valid.

    If the gateway translated the trader's bytes from another format, `Stated-Digest` is the digest of those bytes.
    It then identifies the content: a later version of the gateway may translate the same bytes differently.
    """
    body = await read_body(request, limit=limit)
    content = parse_json_body(request, body, model, optional=optional)
    stated_digest = request.headers.get("stated-digest")
    if stated_digest is None:
        digest, fingerprinted = hashlib.sha256(body).digest(), body
    else:
        digest = fingerprinted = parse_digest(stated_digest)
    command = command_requests.read_command(request, fingerprinted, at=now())
    return content, replace(command, digest=digest, condition=parse_if_match(request.headers.get("if-match")))
