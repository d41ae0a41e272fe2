"""Calls to the other services on behalf of a party: repeated once when the answer was lost, refused when away."""

from collections.abc import Mapping

from shared.contracts.parties import Caller
from shared.logs import logger
from shared.service_client import Away, Dropped, Flow, Reply, Service


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


async def ask_for_flow(service: Service, path: str, *, caller: Caller, query: list[tuple[str, str]]) -> Flow:
    """Call a service for a long answer; raises Away when it does not begin."""
    try:
        flow = await service.flow(path, caller=caller, query=query)
    except Dropped as lost:
        raise Away(str(lost)) from lost
    if flow.status == 401:
        await flow.close()
        raise _not_trusted(service)
    return flow


def _trusted(service: Service, reply: Reply) -> Reply:
    if reply.status == 401:
        raise _not_trusted(service)
    return reply


def _not_trusted(service: Service) -> Away:
    """Take a 401 for what it is here: the service does not know our keys; the caller did nothing wrong."""
    logger().error("inside.refused", service=service.name)
    return Away(f"{service.name} does not accept our inside tokens")
