"""The errors between a program and the hub. Each message says what to do next."""

from dataclasses import dataclass, field
from typing import Any


class HubError(Exception):
    """An error between this program and the hub."""


class NoResponse(HubError):
    """The hub could not be reached, or its response was lost and a repetition was unsafe or did not help."""


@dataclass(eq=False)
class Problem(HubError):
    """The hub refused the request, with a problem document (RFC 9457).

    `code` is stable and for programs, `detail` is for people. `errors` name the wrong places of a body, each with its
    JSON Pointer. Give `request_id` to the operator if you need help.
    """

    status: int
    code: str
    title: str = ""
    detail: str = ""
    request_id: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    retry_after: float | None = None

    def __str__(self) -> str:
        """Return status, code and detail, and each wrong place."""
        faults = "".join(f"\n  {fault.get('pointer', '')}: {fault.get('detail', '')}" for fault in self.errors)
        return f"{self.status} {self.code}: {self.detail or self.title}{faults}"
