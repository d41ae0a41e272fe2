"""Requests to other services on behalf of a party: retried once after a lost response."""

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
    """Send a request to a service. Raise ServiceUnreachable if it is unreachable or its response is lost twice.

    The retry has the same Command-Id, so the command has one effect.
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
    """Open a long response of a service. Raise ServiceUnreachable if it does not begin."""
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
    """Return the error for a 401: the service does not accept this gateway's keys, so the caller is not at fault."""
    logger().error("internal_token.refused", destination=service.name)
    return ServiceUnreachable(f"{service.name} does not accept our inside tokens")
