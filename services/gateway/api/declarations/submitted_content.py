"""The submitted bytes of a declaration, and the signed receipt for them."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import submitted_content
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.routing.route import Route
from shared.contracts.fields import render_digest
from shared.problems import Fault, Invalid

JOSE = "application/jose"
"""The media type of a compact JWS (RFC 7515, 9.2.1)."""


async def read_declaration_content(request: Request, route: Route) -> Response:
    """Return the exact bytes of a declaration, with the media type of its submission."""
    found = await _read_version(request, route)
    ending = found.content_type.rpartition("/")[2]
    headers = {
        "Content-Digest": render_digest(found.digest),
        "Content-Disposition": f'attachment; filename="{found.id}-{found.number}.{ending}"',
    }
    return Response(found.body, headers=headers | {"Content-Type": found.content_type})


async def read_declaration_receipt(request: Request, route: Route) -> Response:
    """Return the receipt: a compact JWS over the digest of the exact bytes, the id, the party and the time."""
    found = await _read_version(request, route)
    return Response(submitted_content.sign_receipt(get_context(request), found), media_type=JOSE)


async def _read_version(request: Request, route: Route) -> submitted_content.SubmittedVersion:
    context, principal = get_context(request), await admit(request, route)
    return await submitted_content.read_version(context, path_id(request), principal.party, _parse_version(request))


def _parse_version(request: Request) -> int | None:
    given = request.query_params.get("version")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 0 < len(given) < 10 and int(given) > 0):
        fault = Fault("/query/version", "not-a-version", "Expected a version: a whole number from 1.")
        raise Invalid(
            "invalid-parameter",
            "The query parameter `version` is a whole number from 1. Send one, or leave it out for the last.",
            [fault],
        )
    return int(given)
