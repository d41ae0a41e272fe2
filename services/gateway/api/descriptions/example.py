"""What one example says: the body that is sent and the body that is answered, where there are any."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """One request and its answer; text stands for bodies that are not JSON (CSV, XML, NDJSON)."""

    request: Any = None
    response: Any = None
    request_xml: str | None = None
    checked_response: Any = None
    """What is answered in place of a receipt to who waited for it."""
