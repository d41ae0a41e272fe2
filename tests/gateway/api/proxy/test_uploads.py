"""Files of reference data that are larger than their limit."""

from collections.abc import AsyncIterator

import pytest

from shared.web import MAX_LIST_BYTES
from tests.gateway.conftest import RunningGateway

CSV = {"Content-Type": "text/csv"}
PIECE = b"x" * 1_048_576


async def _pieces() -> AsyncIterator[bytes]:
    """Yield one byte more than the limit, in pieces without a length in the head."""
    for _ in range(MAX_LIST_BYTES // len(PIECE)):
        yield PIECE
    yield b"x"


@pytest.mark.parametrize("kind", ["quotas", "suspensions"])
async def test_list_beyond_its_limit_is_413_with_or_without_a_stated_length(hub: RunningGateway, kind: str) -> None:
    where = f"/v1/reference/{kind}"
    stated = await hub.http.put(where, content=PIECE * 16 + b"x", headers=hub.admin | CSV)
    assert (stated.status_code, stated.json()["code"]) == (413, "body-too-large")
    assert "16" in stated.json()["detail"]
    unstated = await hub.http.put(where, content=_pieces(), headers=hub.admin | CSV)
    assert (unstated.status_code, unstated.json()["code"]) == (413, "body-too-large")
