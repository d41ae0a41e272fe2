"""What can go wrong between a program and the hub, each as an exception that says what to do."""

from dataclasses import dataclass, field
from typing import Any


class HubError(Exception):
    """Something between this program and the hub went wrong."""


class NoResponse(HubError):
    """The hub could not be reached, or its answer was lost and asking again was not safe or did not help."""


@dataclass(eq=False)
class Problem(HubError):
    """The hub said no, with a problem document (RFC 9457).

    `code` is stable and meant for programs, `detail` for people; `errors` name the places of a body at fault, each
    with its JSON Pointer. Quote `request_id` to the operator.
    """

    status: int
    code: str
    title: str = ""
    detail: str = ""
    request_id: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    retry_after: float | None = None

    def __str__(self) -> str:
        """Say status, code and detail, and each place at fault."""
        faults = "".join(f"\n  {fault.get('pointer', '')}: {fault.get('detail', '')}" for fault in self.errors)
        return f"{self.status} {self.code}: {self.detail or self.title}{faults}"
