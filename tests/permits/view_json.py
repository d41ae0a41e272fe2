"""Views as the JSON that a caller receives."""

import json
from collections.abc import Awaitable, Sequence
from typing import Any

from shared.contracts.fields import WireModel
from shared.contracts.views.pages import RenderedPage
from shared.contracts.views.parts import render_json


async def as_json(view: Awaitable[WireModel | RenderedPage]) -> dict[str, Any]:
    """Return a view or a page as its JSON, without the fields that the JSON omits."""
    found = await view
    return dict(json.loads(found.body if isinstance(found, RenderedPage) else render_json(found)))


async def rows_as_json(views: Awaitable[Sequence[WireModel]]) -> list[dict[str, Any]]:
    """Return the rows of a list as their JSON."""
    return [dict(json.loads(render_json(view))) for view in await views]
