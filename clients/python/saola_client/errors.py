"""The errors between a program and the hub. Each message says what to do next."""

from dataclasses import dataclass, field
from typing import Any


class HubError(Exception):
    """The base class of all errors of the client, except BadWebhook."""


class NoResponse(HubError):
    """The client has no response: it did not reach the hub, or lost the response and could not repeat the request.

    The hub may have carried out the request. A request with your own `key` can be sent again without a second effect.
    """


@dataclass(eq=False)
class Problem(HubError):
    """The hub refused the request, with a problem document (RFC 9457).

    Programs compare `code`, which never changes; people read `detail`. `errors` lists the faults of the body: each has
    `pointer` (a JSON Pointer), `code` and `detail`. `retry_after` is in seconds. The operator of the hub finds the
    request in its log by `request_id`.
    """

    status: int
    code: str
    title: str = ""
    detail: str = ""
    request_id: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    retry_after: float | None = None
    page: str = ""
    """The address of the page of the hub that explains `code`: the `type` of the document."""

    def __str__(self) -> str:
        """Return status, code and detail, and each wrong place."""
        faults = "".join(f"\n  {fault.get('pointer', '')}: {fault.get('detail', '')}" for fault in self.errors)
        return f"{self.status} {self.code}: {self.detail or self.title}{faults}"
