"""Requests to permits and notifications on behalf of a caller."""

from collections.abc import AsyncIterator, Mapping
from typing import Literal

from services.gateway.actions.context import GatewayContext
from services.gateway.clients import internal
from shared.contracts.parties import Caller
from shared.service_client import ServiceResponse, ServiceStream

ServiceName = Literal["permits", "notifications"]


async def call(
    context: GatewayContext,
    service: ServiceName,
    method: str,
    path: str,
    *,
    caller: Caller,
    body: bytes | None = None,
    query: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> ServiceResponse:
    """Return a service's response.

    Raise ServiceUnreachable if there is none within `seconds`, or if it is lost twice.
    """
    return await internal.call_with_retry(
        context.service(service), method, path, caller=caller, body=body, query=query, headers=headers, seconds=seconds
    )


async def open_stream(
    context: GatewayContext, service: ServiceName, path: str, *, caller: Caller, query: list[tuple[str, str]]
) -> ServiceStream:
    """Return a response that the caller reads in pieces. Raise ServiceUnreachable if it does not begin."""
    return await internal.open_stream(context.service(service), path, caller=caller, query=query)


async def upload(
    context: GatewayContext,
    service: ServiceName,
    method: str,
    path: str,
    *,
    caller: Caller,
    chunks: AsyncIterator[bytes],
    query: list[tuple[str, str]],
    headers: Mapping[str, str],
    seconds: float | None,
) -> ServiceResponse:
    """Return a service's response to a body that arrives in pieces. It cannot be sent twice, so there is no retry.

    Raise ServiceUnreachable or ResponseLost.
    """
    return await context.service(service).call(
        method, path, caller=caller, body=chunks, query=query, headers=headers, seconds=seconds
    )


async def read_webhook_keys(context: GatewayContext, *, caller: Caller) -> ServiceResponse:
    """Return the public keys of webhook signatures from notifications. Raise ServiceUnreachable."""
    return await call(context, "notifications", "GET", "/internal/webhook-keys", caller=caller)
