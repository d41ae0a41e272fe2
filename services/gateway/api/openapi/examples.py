"""An example of every operation: what is sent and what is answered, as OpenAPI shows it. One table a room.

A new route adds its entry in the room it belongs to; tests/gateway/api/openapi/test_document.py fails until it has
one, and checks that what is sent here is taken by the route's own contract.
"""

from services.gateway.api.applications import examples as applications_examples
from services.gateway.api.declarations import examples as declarations_examples
from services.gateway.api.descriptions.example import Example
from services.gateway.api.events import examples as events_examples
from services.gateway.api.parties import examples as parties_examples
from services.gateway.api.permits import examples as permits_examples
from services.gateway.api.reference import examples as reference_examples

EXAMPLES: dict[str, Example] = {
    **parties_examples.EXAMPLES,
    **declarations_examples.EXAMPLES,
    **permits_examples.EXAMPLES,
    **reference_examples.EXAMPLES,
    **applications_examples.EXAMPLES,
    **events_examples.EXAMPLES,
}

__all__ = ["EXAMPLES", "Example"]
