"""Links of OpenAPI: from a response that creates or lists a resource to the operations on that resource."""

from collections.abc import Sequence
from typing import Any

from services.gateway.api.routing.route import Route


def describe_links(route: Route, routes: Sequence[Route]) -> dict[str, Any]:
    """Return the links of a route's successful responses, by the id of the operation that they lead to."""
    links = {link.operation_id: link.parameters for link in route.links}
    if route.creates:
        own = [other for other in routes if other.path.startswith(route.path + "/{id}") and other.path_names == ("id",)]
        links |= {other.operation_id: {"id": "$response.body#/id"} for other in own}
    return {name: {"operationId": name, "parameters": parameters} for name, parameters in links.items()}
