"""What one example says: the body that is sent and the body that is answered, where there are any."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """One request and its answer; text stands for bodies that are not JSON (CSV, XML, NDJSON)."""

    sends: Any = None
    answers: Any = None
    sends_xml: str | None = None
    answers_whole: Any = None
    """What is answered in place of a receipt to who waited for it."""
