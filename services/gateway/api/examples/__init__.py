"""An example of every operation: what is sent and what is answered, as OpenAPI shows it. One table a room.

A new route adds its entry in the room it belongs to; tests/gateway/test_openapi.py fails until it has one, and checks
that what is sent here is taken by the route's own contract.
"""

from services.gateway.api.examples import applications, declarations, law, news, people, permits
from services.gateway.api.examples.entry import Example

EXAMPLES: dict[str, Example] = {
    **people.EXAMPLES,
    **declarations.EXAMPLES,
    **permits.EXAMPLES,
    **law.EXAMPLES,
    **applications.EXAMPLES,
    **news.EXAMPLES,
}

__all__ = ["EXAMPLES", "Example"]
