"""Views as HTTP responses."""

from starlette.responses import Response

from shared.conditional_requests import render_etag
from shared.contracts.fields import WireModel
from shared.contracts.views.parts import render_json


def render_view(view: WireModel, *, version: int | None = None) -> Response:
    """Return a view as a JSON response, with its version as entity tag (RFC 9110) if it has one."""
    headers = None if version is None else {"ETag": render_etag(version)}
    return Response(render_json(view), headers=headers, media_type="application/json")
