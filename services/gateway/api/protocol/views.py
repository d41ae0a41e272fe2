"""Responses as HTTP has them, each written once by the model that OpenAPI describes."""

from collections.abc import Mapping

from starlette.responses import Response

from shared.contracts.fields import WireModel


def render_view(view: WireModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a view as a JSON response."""
    return Response(view.model_dump_json(), status, headers, "application/json")
