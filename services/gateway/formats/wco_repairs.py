"""What was taken from elsewhere than its own place while a customs message was read."""

from typing import Any


class Repairs:
    """The repairs of one message, as its declaration carries them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(self, pointer: str, source: str, others: tuple[str, ...] = ()) -> None:
        """Tell where a field's value was taken from, and what else may be meant."""
        repair = {"pointer": pointer, "source": source[:500]}
        self.entries.append(repair | ({"others": [other[:500] for other in others[:50]]} if others else {}))
