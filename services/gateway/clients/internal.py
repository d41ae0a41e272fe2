"""Calls to the other services on behalf of a party: repeated once when the answer was lost, refused when away."""

from collections.abc import Mapping

from shared.contracts.parties import Caller
from shared.logs import logger
from shared.service_client import ResponseLost, ServiceClient, ServiceResponse, ServiceStream, ServiceUnreachable


async def call_with_retry(
    service: ServiceClient,
    method: str,
    path: str,
    *,
    caller: Caller,
    body: bytes | None = None,
    query: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> ServiceResponse:
    """Call a service; raises ServiceUnreachable when it cannot be reached, or has lost its answer twice.

    What is repeated carries its Command-Id, so that its effect is one.
    """
    for is_retry in (False, True):
        try:
            reply = await service.call(
                method, path, caller=caller, body=body, query=query, headers=headers, seconds=seconds
            )
        except ResponseLost as lost:
            logger().warning("response.lost", destination=service.name, method=method, reason=str(lost))
            if is_retry:
                raise ServiceUnreachable(str(lost)) from lost
        else:
            return _require_trust(service, reply)
    raise AssertionError("unreachable")


async def open_stream(
    service: ServiceClient, path: str, *, caller: Caller, query: list[tuple[str, str]]
) -> ServiceStream:
    """Call a service for a long answer; raises ServiceUnreachable when it does not begin."""
    try:
        stream = await service.stream(path, caller=caller, query=query)
    except ResponseLost as lost:
        raise ServiceUnreachable(str(lost)) from lost
    if stream.status == 401:
        await stream.close()
        raise _token_refused(service)
    return stream


def _require_trust(service: ServiceClient, reply: ServiceResponse) -> ServiceResponse:
    if reply.status == 401:
        raise _token_refused(service)
    return reply


def _token_refused(service: ServiceClient) -> ServiceUnreachable:
    """Take a 401 for what it is here: the service does not know our keys; the caller did nothing wrong."""
    logger().error("internal_token.refused", destination=service.name)
    return ServiceUnreachable(f"{service.name} does not accept our inside tokens")
