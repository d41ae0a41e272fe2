"""The progress of the feed, as notifications states it."""

from pydantic import ValidationError

from shared.contracts.messages import FeedProgress
from shared.contracts.parties import Caller
from shared.service_client import ResponseLost, ServiceClient

MARGIN_SECONDS = 10.0
"""Seconds that a response may take in addition to the wait."""


async def read_feed_progress(notifications: ServiceClient, *, after: int | None, seconds: int) -> FeedProgress:
    """Return how far the feed has come since a position, after at most `seconds`. Without one, return at once.

    Raise ServiceUnreachable or ResponseLost.
    """
    query = [("seconds", str(seconds))] + ([] if after is None else [("after", str(after))])
    caller = Caller(service="gateway")
    reply = await notifications.call(
        "GET", "/internal/feed-progress", caller=caller, query=query, seconds=seconds + MARGIN_SECONDS
    )
    if reply.status != 200:
        raise ResponseLost(f"{notifications.name} responded with {reply.status}")
    try:
        return FeedProgress.model_validate_json(reply.body)
    except ValidationError as error:
        raise ResponseLost(f"{notifications.name} did not state its progress") from error
