"""Idempotent commands over HTTP between services. The gateway names each one in `Command-Id`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from shared.conditional_requests import render_etag
from shared.database import new_id
from shared.idempotency import IdempotentCommand, StoredResponse, fingerprint
from shared.problems import Invalid


def read_command(request: Request, *content: bytes, at: datetime) -> IdempotentCommand:
    """Read a command: its id from `Command-Id`, its fingerprint from the route and the content.

    A request without an id is a new command. Raise Invalid (idempotency-key-invalid) if the id is not a UUID.
    """
    given = request.headers.get("command-id")
    try:
        command_id = new_id(at) if given is None else UUID(given)
    except ValueError:
        raise Invalid(
            "idempotency-key-invalid",
            "The header Command-Id must be a UUID. The operator of the hub checks the calling service.",
        ) from None
    route = f"{request.method} {request.url.path}".encode()
    return IdempotentCommand(id=command_id, fingerprint=fingerprint(route, *content), at=at)


def render_stored_response(stored: StoredResponse, headers: Mapping[str, str] | None = None) -> Response:
    """Render the response to a command, both the first time and when it is replayed."""
    rendered = dict(headers or {})
    if stored.location is not None:
        rendered["Location"] = stored.location
    if stored.version is not None:
        rendered["ETag"] = render_etag(stored.version)
    if stored.replayed:
        rendered["Idempotency-Replayed"] = "true"
    return Response(stored.body, stored.status, rendered, "application/json")
