"""The hub for a program: one method for each request of the API, with bodies as the API describes them."""

from collections.abc import Iterable, Iterator
from copy import copy
from types import TracebackType
from typing import Literal

from saola_client.bulk import send_lines
from saola_client.declarations import Declarations
from saola_client.events import Events
from saola_client.keys import ClientKey
from saola_client.parties import Parties
from saola_client.permits import Permits
from saola_client.requests import Body, JsonObject
from saola_client.transport import Transport, to_json


class Hub(Parties, Declarations, Permits, Events):
    """One party's access to a hub, until it is closed. Threads may share it.

    Every method raises Problem if the hub refuses, and NoResponse if the hub does not respond within `retry_seconds`.
    Each POST has an Idempotency-Key, so a repetition has no second effect. If your program may end before it has the
    response, choose the key yourself and store it with your own record.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str | ClientKey,
        *,
        timeout_seconds: float = 30.0,
        retry_seconds: float = 30.0,
    ) -> None:
        self.url = url.rstrip("/")
        transport = Transport(
            url, client_id, client_secret, timeout_seconds=timeout_seconds, retry_seconds=retry_seconds
        )
        super().__init__(transport, timeout_seconds=timeout_seconds, retry_seconds=retry_seconds)

    def __enter__(self) -> "Hub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def with_credentials(self, client_id: str, client_secret: str | ClientKey) -> "Hub":
        """Return another party's access over the same connections. It closes with this one."""
        other = copy(self)
        other._transport = self._transport.with_credentials(client_id, client_secret)
        return other

    def access_token(self) -> str:
        """Return a valid access token, for another program to send as `Authorization: Bearer …`."""
        return self._transport.access_token()

    def send_bulk(
        self, kind: Literal["declarations", "permits"], bodies: Iterable[Body | bytes], *, key: str | None = None
    ) -> Iterator[JsonObject]:
        """Lodge any number of declarations, or issue permits. Yield the result of each, in order, as they come.

        Each result has `line` (from 1), `status_code` and the body, or the problem. At most a thousand are in memory at
        once. After a lost connection the client repeats lines without a result. You may also send all lines again: the
        hub stores none twice.
        """
        lines = (body if isinstance(body, bytes) else to_json(body) for body in bodies)
        timeout_seconds = self._timeout_seconds * 4
        yield from send_lines(
            self._transport,
            f"/v1/{kind}/bulk",
            lines,
            key=key,
            timeout_seconds=timeout_seconds,
            retry_seconds=self._retry_seconds,
        )
