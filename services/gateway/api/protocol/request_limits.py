"""The limits of requests: of each party, with its response headers, and of each address before it has signed in.

The fields follow draft-ietf-httpapi-ratelimit-headers-11. Why both limits are here: docs/decisions/0030-rate-limits.md.
"""

from math import ceil
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.actions.auth.allowances import Allowances
from services.gateway.actions.auth.rate_limits import REMAINING, RateLimits
from services.gateway.api.protocol.client_address import TrustedProxies, client_address
from shared.limits import Limit, LimitSubject
from shared.problem_responses import problem_response
from shared.request_context import current_request
from shared.request_middleware import PROBES

ROUTES_OF_PARTIES = "/v1/"
"""Every route below this path requires an access token."""
BURST_SECONDS = Limit(
    10,
    "seconds",
    subject=LimitSubject.RATES,
    meaning="Seconds whose requests an address may send at once before it signs in",
    beyond="429 `too-many-requests`",
    setting="GATEWAY_ADDRESS_RATE_LIMIT",
)


class RequestLimits:
    """Refuses requests of an address that sends too many without signing in. Adds the fields of the party's limit."""

    def __init__(
        self, app: ASGIApp, rate_limits: RateLimits, *, per_second_of_address: int, proxies: TrustedProxies
    ) -> None:
        self._app = app
        self._rate_limits = rate_limits
        self._proxies = proxies
        self._per_second = per_second_of_address
        self._addresses = (
            Allowances(per_second=per_second_of_address, burst=per_second_of_address * BURST_SECONDS)
            if per_second_of_address
            else None
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request, unless its address sends too many. Count it afterwards if its token was not valid."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        may_sign_in = _has_token_for_a_route(scope)
        if not may_sign_in and (wait := self._spend(scope)):
            await self._refuse(wait, scope, receive, send)
            return
        slot: list[tuple[int, int]] = [(-1, 0)]
        REMAINING.set(slot)
        refused = False

        async def send_with_fields(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                left, seconds_left = slot[0]
                if left >= 0:
                    fields = [
                        (b"ratelimit-policy", self._rate_limits.policy.encode()),
                        (b"ratelimit", f'"party";r={left};t={seconds_left}'.encode()),
                    ]
                    message["headers"] = [*message.get("headers", ()), *fields]
                elif may_sign_in and not _is_signed_in() and (wait := self._spend(scope)):
                    refused = True
                    await self._refuse(wait, scope, receive, send)
            if not refused:
                await send(message)

        await self._app(scope, receive, send_with_fields)

    def _spend(self, scope: Scope) -> float:
        """Count a request of the client's address. Return 0, or the seconds until the address may send one."""
        if self._addresses is None:
            return 0.0
        return self._addresses.spend(client_address(scope, self._proxies), at=monotonic())

    async def _refuse(self, wait: float, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = ceil(wait)
        detail = (
            f"Your address sends more than {self._per_second} requests per second without signing in. "
            f"Wait {seconds} s, then go on."
        )
        headers = {"Retry-After": str(seconds)}
        response = problem_response(429, "too-many-requests", detail, request_id=scope["request_id"], headers=headers)
        await response(scope, receive, send)


def _has_token_for_a_route(scope: Scope) -> bool:
    """Return whether a request may turn out to be one of a party. Only such a request is not counted at once."""
    return scope["path"].startswith(ROUTES_OF_PARTIES) and b"authorization" in [name for name, _ in scope["headers"]]


def _is_signed_in() -> bool:
    context = current_request()
    return context is not None and context.party is not None
