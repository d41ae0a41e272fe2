"""How a room of the client asks: a GET, a POST under a key, a list to its end."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from saola_client.transport import JSON, Transport, to_json

Body = Mapping[str, Any]
Found = dict[str, Any]
NO_FILTERS: Mapping[str, str] = MappingProxyType({})


class Asking:
    """One party's way to the hub, and how long it waits there."""

    def __init__(self, way: Transport, *, seconds: float, patience: float) -> None:
        self._way = way
        self._seconds, self._patience = seconds, patience

    def _get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        wait: int = 0,
    ) -> Found:
        found: Found = self._way.send("GET", path, query=query, headers=headers, seconds=self._seconds + wait).json()
        return found

    def _post(self, path: str, body: Body, key: str | None, *, wait: int = 0) -> Found:
        headers = {"Content-Type": JSON, "Idempotency-Key": key or str(uuid4())}
        if wait:
            headers["Prefer"] = f"wait={wait}"
        answer = self._way.send("POST", path, body=to_json(body), headers=headers, seconds=self._seconds + wait)
        return answer.json() if answer.content else {}

    def _all(self, path: str, filters: Mapping[str, str]) -> Iterator[Found]:
        query, cursor = [("limit", "200"), *filters.items()], None
        while True:
            page = self._get(path, [*query, ("cursor", cursor)] if cursor else query)
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
