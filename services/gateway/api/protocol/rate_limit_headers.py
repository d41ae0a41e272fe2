"""What answers say of a party's rate: the fields of draft-ietf-httpapi-ratelimit-headers-11."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.actions.auth.rate_limits import STANDING, Limits


class RateHeaders:
    """Adds the two fields to the answer of every request that was counted."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; its party's standing is left in a place of its own context."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        standing: list[tuple[int, int]] = [(-1, 0)]
        STANDING.set(standing)

        async def answer(message: Message) -> None:
            left, rest = standing[0]
            if message["type"] == "http.response.start" and left >= 0:
                fields = [
                    (b"ratelimit-policy", self._limits.policy.encode()),
                    (b"ratelimit", f'"party";r={left};t={rest}'.encode()),
                ]
                message["headers"] = [*message.get("headers", ()), *fields]
            await send(message)

        await self._app(scope, receive, answer)
