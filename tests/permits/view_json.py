"""What the tests of permits read: a view as the JSON that a caller gets."""

import json
from collections.abc import Awaitable, Sequence
from typing import Any

from shared.contracts.fields import WireModel
from shared.contracts.views.parts import render_json


async def as_json(view: Awaitable[WireModel]) -> dict[str, Any]:
    """Return a view as a caller reads it: what is left out of the JSON is not in it."""
    return dict(json.loads(render_json(await view)))


async def rows_as_json(views: Awaitable[Sequence[WireModel]]) -> list[dict[str, Any]]:
    """Return the rows of a list as a caller reads them."""
    return [dict(json.loads(render_json(view))) for view in await views]
