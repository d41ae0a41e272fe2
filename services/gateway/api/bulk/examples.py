"""Examples about declarations and permits that are sent line by line."""

import json

from services.gateway.api.declarations.examples import DECLARATION_CONTENT, LODGED
from services.gateway.api.permits.examples import ISSUED, PERMIT_CONTENT, TOKEN
from services.gateway.api.routing.route import Example

LODGE_DECLARATIONS = Example(
    request=json.dumps(DECLARATION_CONTENT) + "\n",
    response=json.dumps({"line": 1, "status_code": 202, **LODGED}) + "\n",
)
CREATE_PERMITS = Example(
    request=json.dumps(PERMIT_CONTENT) + "\n",
    response=json.dumps({"line": 1, "status_code": 201, **ISSUED, **TOKEN}) + "\n",
)
