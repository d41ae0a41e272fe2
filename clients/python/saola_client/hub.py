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
from saola_client.reference import Reference
from saola_client.requests import Body, JsonObject
from saola_client.transport import Transport, to_json


class Hub(Parties, Declarations, Permits, Reference, Events):
    """A connection of one party to one hub. Threads can share it.

    `url` is the address of the hub, such as `https://hub.example`. `client_secret` is a secret or a ClientKey.
    `timeout_seconds` limits one attempt, `retry_seconds` all attempts of a request.

    Each method raises Problem if the hub refuses the request, and NoResponse if there is no response in time.

    Each POST has an Idempotency-Key, so the client can repeat it and it has one effect. If your program may crash
    before it has the response, choose the key yourself. Store the key with your own record, and send the request
    again with it.
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
        """Return a hub for another party over the same connections. Closing either hub closes them."""
        other = copy(self)
        other._transport = self._transport.with_credentials(client_id, client_secret)
        return other

    def access_token(self) -> str:
        """Return a valid access token, for another program to send as `Authorization: Bearer …`."""
        return self._transport.access_token()

    def send_bulk(
        self, kind: Literal["declarations", "permits"], bodies: Iterable[Body | bytes], *, key: str | None = None
    ) -> Iterator[JsonObject]:
        """Lodge declarations or issue permits in any number. Yield one result per body, in order, as they arrive.

        Each result has `line` (from 1), `status_code`, and the fields of the response or of the problem. The client
        reads at most 1,000 bodies ahead. After a lost connection it sends the lines without a result again. You can
        send all bodies again too: the hub stores none of them twice.

            for result in hub.send_bulk("declarations", declarations):
                print(result["line"], result["status_code"])
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
