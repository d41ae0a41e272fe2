"""Views as HTTP responses."""

from starlette.responses import Response

from shared.contracts.fields import WireModel


def render_view(view: WireModel) -> Response:
    """Return a view as a JSON response, written once by its model."""
    return Response(view.model_dump_json(), media_type="application/json")
