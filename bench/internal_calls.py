"""Calls to one service as the gateway makes them: each request with a token for its method and its path."""

from collections.abc import Generator

import httpx2

from shared.contracts.parties import Caller
from shared.database import now
from shared.signed_tokens import InternalTokenSigner


class SignedCalls(httpx2.Auth):
    """Signs each request of a client for one caller."""

    def __init__(self, signer: InternalTokenSigner, caller: Caller, *, audience: str) -> None:
        self._signer, self._caller, self._audience = signer, caller, audience

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send a request with a token of its own."""
        token = self._signer.sign(
            self._caller, audience=self._audience, method=request.method, path=request.url.path, at=now()
        )
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
