"""The rate limit of a party in response headers (draft-ietf-httpapi-ratelimit-headers-11)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.actions.auth.rate_limits import REMAINING, RateLimits


class RateLimitHeaders:
    """Adds two headers to the response of every counted request."""

    def __init__(self, app: ASGIApp, rate_limits: RateLimits) -> None:
        self._app = app
        self._rate_limits = rate_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request. Its count is stored in the context of this request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        slot: list[tuple[int, int]] = [(-1, 0)]
        REMAINING.set(slot)

        async def send_with_fields(message: Message) -> None:
            left, seconds_left = slot[0]
            if message["type"] == "http.response.start" and left >= 0:
                fields = [
                    (b"ratelimit-policy", self._rate_limits.policy.encode()),
                    (b"ratelimit", f'"party";r={left};t={seconds_left}'.encode()),
                ]
                message["headers"] = [*message.get("headers", ()), *fields]
            await send(message)

        await self._app(scope, receive, send_with_fields)
