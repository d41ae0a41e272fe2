"""The repairs of a customs message: values that came from another place than their own."""

from typing import Any


class Repairs:
    """The repairs of one message, as its normalized declaration has them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(self, pointer: str, source: str, others: tuple[str, ...] = ()) -> None:
        """Record the source of a field's value, and the other values that the message may mean."""
        repair = {"pointer": pointer, "source": source[:500]}
        self.entries.append(repair | ({"others": [other[:500] for other in others[:50]]} if others else {}))
