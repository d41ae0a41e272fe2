"""Commands as they come in: named by the gateway in Command-Id, fingerprinted by their bytes and content type."""

import hashlib
from uuid import UUID

from fastapi import Request
from starlette.responses import JSONResponse, Response

from services.notifications.actions.commands import IdempotentCommand, StoredResponse
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid


def read_command(request: Request, party: Party, body: bytes = b"") -> IdempotentCommand:
    """Read the command's id; without one it is a new command each time."""
    given = request.headers.get("command-id")
    try:
        id = UUID(given) if given is not None else new_id()
    except ValueError:
        raise Invalid("idempotency-key-invalid", "Command-Id is a UUID.") from None
    fingerprinted = b"\0".join((request.url.path.encode(), request.headers.get("content-type", "").encode(), body))
    return IdempotentCommand(party.id, id, hashlib.sha256(fingerprinted).digest())


def render_response(stored: StoredResponse, status: int, headers: dict[str, str] | None = None) -> Response:
    """Render what a command is answered, now or again."""
    replayed = {"Idempotency-Replayed": "true"} if stored.replayed else {}
    return JSONResponse(stored.body, status_code=status, headers={**(headers or {}), **replayed})
