"""What the sender of a declaration has back: the bytes as they came, and the signed receipt for them."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from services.gateway.actions import submitted_content
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import InjectedContext, path_id, require_permission
from services.gateway.api.descriptions.operations import COMMON_PROBLEMS, problem_responses, request_body
from services.gateway.formats.declaration_formats import FORMATS
from shared.contracts.declaration import Declaration
from shared.contracts.fields import render_digest
from shared.problems import Fault, Invalid

JOSE = "application/jose"
"""The media type of a compact JWS (RFC 7515, 9.2.1)."""


async def read_content(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("read_content", "version"))],
) -> Response:
    """Fetch the declaration's bytes exactly as they were sent, with the media type they came with."""
    found = await submitted_content.read_version(context, path_id(request), principal.party, _parse_version(request))
    ending = found.content_type.rpartition("/")[2]
    headers = {
        "Content-Digest": render_digest(found.digest),
        "Content-Disposition": f'attachment; filename="{found.id}-{found.number}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.body, headers=headers | {"Content-Type": found.content_type})


async def read_receipt(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("read_receipt", "version"))],
) -> Response:
    """Fetch the receipt: a compact JWS over the digest of the exact bytes, the id, the party and the time.

    Signed with a key of `/.well-known/receipt-keys.json`, which keeps those that were rotated away.
    `saola verify-receipt` checks it without a network.
    """
    found = await submitted_content.read_version(context, path_id(request), principal.party, _parse_version(request))
    return Response(submitted_content.sign_receipt(context, found), media_type=JOSE)


def _parse_version(request: Request) -> int | None:
    given = request.query_params.get("version")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 0 < len(given) < 10 and int(given) > 0):
        fault = Fault("/query/version", "not-a-version", "A version is a whole number from 1.")
        raise Invalid("invalid-parameter", "A parameter is not as the contract says; `errors` names it.", [fault])
    return int(given)


def add_submitted_content_routes(app: FastAPI) -> None:
    """Serve the kept bytes and the receipt."""
    description = "Which version's; the newest when it is not said"
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"name": "version", "in": "query", "description": description, "schema": {"type": "integer", "minimum": 1}},
    ]
    xml_or_json = request_body(Declaration, media=FORMATS)["content"]
    routes = (
        ("content", read_content, "read_content", "Fetch the bytes as they were sent", xml_or_json),
        ("receipt", read_receipt, "read_receipt", "Fetch the signed receipt", {JOSE: {"schema": {"type": "string"}}}),
    )
    for name, handler, operation, summary, media in routes:
        good: dict[int | str, dict[str, Any]] = {200: {"description": summary, "content": media}}
        app.add_api_route(
            f"/v1/declarations/{{id}}/{name}",
            handler,
            methods=["GET"],
            operation_id=operation,
            tags=["declarations"],
            summary=summary,
            response_class=Response,
            responses=good | problem_responses(*COMMON_PROBLEMS, "not-found"),
            openapi_extra={"parameters": parameters},
        )
