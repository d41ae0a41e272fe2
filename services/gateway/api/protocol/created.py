"""The response 201 of a request that created something."""

import json

from starlette.responses import Response

from services.gateway.actions.idempotency import StoredResponse


def render_created(created: StoredResponse, headers: dict[str, str], *, collection_path: str | None = None) -> Response:
    """Render a creation, the kept answer as well as the new; `collection_path` is where the thing stands, by its id."""
    replayed = {"Idempotency-Replayed": "true"} if created.replayed else {}
    location = {} if collection_path is None else {"Location": f"{collection_path}/{json.loads(created.body)['id']}"}
    return Response(created.body, status_code=201, media_type="application/json", headers=headers | location | replayed)
