"""Calls to the other services on behalf of a party: repeated once when the answer was lost, refused when away."""

from collections.abc import Mapping

from shared.calls import Away, Dropped, Reply, Service
from shared.contracts.people import Caller
from shared.logs import logger


async def ask(
    service: Service,
    method: str,
    path: str,
    *,
    caller: Caller,
    body: bytes | None = None,
    query: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Reply:
    """Call a service; raises Away when it cannot be reached, or has lost its answer twice.

    What is repeated carries its Command-Id, so that its effect is one.
    """
    for again in (False, True):
        try:
            reply = await service.call(
                method, path, caller=caller, body=body, query=query, headers=headers, seconds=seconds
            )
        except Dropped as lost:
            logger().warning("answer.lost", service=service.name, method=method, path=path, why=str(lost))
            if again:
                raise Away(str(lost)) from lost
        else:
            return _trusted(service, reply)
    raise AssertionError("unreachable")


def _trusted(service: Service, reply: Reply) -> Reply:
    """Take a 401 for what it is here: the service does not know our keys; the caller did nothing wrong."""
    if reply.status == 401:
        logger().error("inside.refused", service=service.name)
        raise Away(f"{service.name} does not accept our inside tokens")
    return reply
