"""Calls to our own services as other services make them: each request with a token for its method and its path."""

from collections.abc import Generator

import httpx2

from shared.contracts.parties import Caller
from shared.database import now
from shared.signed_tokens import InternalTokenSigner

CALLER = "Test-Caller"


def caller_header(caller: Caller) -> dict[str, str]:
    """Return the header that tells `SignedCalls` who calls. The service does not receive it."""
    return {CALLER: caller.model_dump_json(ensure_ascii=True)}


class SignedCalls(httpx2.Auth):
    """Signs each request that has `caller_header`, with the key of the service that calls."""

    def __init__(self, audience: str, *signers: InternalTokenSigner) -> None:
        self._audience = audience
        self._signers = {signer.service: signer for signer in signers}

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Replace the header of the caller by a token for this request."""
        stated = request.headers.pop(CALLER, None)
        if stated is not None:
            caller = Caller.model_validate_json(stated)
            token = self._signers[caller.service].sign(
                caller, audience=self._audience, method=request.method, path=request.url.path, at=now()
            )
            request.headers["Authorization"] = f"Bearer {token}"
        yield request
