"""Commands as they come in: named by the gateway in Command-Id, fingerprinted by their bytes and content type."""

import hashlib
from uuid import UUID

from fastapi import Request
from starlette.responses import JSONResponse, Response

from services.notifications.actions.commands import Command, Done
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid


def command(request: Request, party: Party, body: bytes = b"") -> Command:
    """Read the command's id; without one it is a new command each time."""
    given = request.headers.get("command-id")
    try:
        id = UUID(given) if given is not None else new_id()
    except ValueError:
        raise Invalid("idempotency-key-invalid", "Command-Id is a UUID.") from None
    said = b"\0".join((request.url.path.encode(), request.headers.get("content-type", "").encode(), body))
    return Command(party.id, id, hashlib.sha256(said).digest())


def answer(done: Done, status: int, headers: dict[str, str] | None = None) -> Response:
    """Render what a command is answered, now or again."""
    replayed = {"Idempotency-Replayed": "true"} if done.replayed else {}
    return JSONResponse(done.answer, status_code=status, headers={**(headers or {}), **replayed})
