"""A report returns the slot of its country before its client sees the end."""

from collections.abc import AsyncGenerator
from typing import Any

from services.permits.actions.reports import ReportSlots
from services.permits.api.reports import ReportResponse


async def _lines() -> AsyncGenerator[str]:
    yield "second\n"


async def test_slot_is_free_when_the_client_sees_the_end() -> None:
    slots, free_at_end = ReportSlots(), []
    slots.acquire("ZA")

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            slots.acquire("ZA")
            free_at_end.append(True)

    response = ReportResponse("first\n", _lines(), name="r", country="ZA", slots=slots)
    await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert free_at_end == [True]
