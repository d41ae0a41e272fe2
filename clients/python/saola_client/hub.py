"""The hub as a program sees it: one method for each thing that can be asked, bodies as the contract writes them."""

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
    """One party's door to the hub, open until closed; threads may share it.

    Every method raises Problem when the hub says no and NoResponse when it does not answer within `retry_seconds`.
    Each POST goes out under an Idempotency-Key, so asking again has one effect; name the key yourself, and keep it
    with your own record, where your program may die between asking and hearing.
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
        """Open another party's door over this one's connections; it closes with this one."""
        other = copy(self)
        other._transport = self._transport.with_credentials(client_id, client_secret)
        return other

    def access_token(self) -> str:
        """Answer a valid access token, for other programs to send as `Authorization: Bearer …`."""
        return self._transport.access_token()

    def send_bulk(
        self, kind: Literal["declarations", "permits"], bodies: Iterable[Body | bytes], *, key: str | None = None
    ) -> Iterator[JsonObject]:
        """Lodge declarations or issue permits, however many; answers what each was answered, in order, as they come.

        Each answer has `line` (from 1), `status_code` and the body, or the problem. A thousand at most are held at a
        time; what a lost connection left open is sent again, and so may you send all of it: nothing is doubled.
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
