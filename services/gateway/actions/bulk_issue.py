"""Many permits of one authority: sent to permits in batches, each with its own result."""

import hashlib
import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from services.gateway.actions import represented_goods
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.bulk_lines import derive_key, unwrap
from services.gateway.actions.context import GatewayContext
from services.gateway.clients.internal import call_with_retry
from shared.contracts.parties import Caller
from shared.limits import Limit, LimitSubject
from shared.message_batches import split_by_size
from shared.problems import Invalid, ProblemError
from shared.service_client import ResponseTooLarge, ServiceUnreachable, service_unavailable
from shared.strict_json import parse_json
from shared.web import MAX_BODY_BYTES

PATH = "/v1/permits"
MAX_BATCH = Limit(
    200,
    "permits",
    subject=LimitSubject.MEMORY,
    meaning="Permits of a bulk that one request brings to the permits service",
    beyond="The next request brings the rest.",
)
"""Permits per internal request. Permits accepts no more."""
SPLIT_STATUSES = frozenset({400, 413, 422, 500})
"""Statuses of an internal request that one of its permits may cause. Other statuses mean that permits is unavailable.
"""


@dataclass(frozen=True, kw_only=True)
class IssueResult:
    """The result for one permit: the status and the body of its own response."""

    status: int
    body: dict[str, Any]
    replayed: bool


Result = IssueResult | ProblemError


async def start(
    context: GatewayContext,
    principal: Principal,
    caller: Caller,
    key: str | None,
    lines: Sequence[bytes | None],
    *,
    namespace: UUID,
) -> "Awaitable[list[Result]]":
    """Parse lines and return an awaitable of their results. `namespace` is the namespace of command ids."""
    represented_keys = await represented_goods.list_represented_keys(context, principal)
    parsed = [_parse_line(principal, represented_keys, key, line, namespace) for line in lines]

    async def results() -> list[Result]:
        commands = [one for one in parsed if isinstance(one, bytes)]
        responses: list[Result] = []
        for first in range(0, len(commands), MAX_BATCH):
            some = commands[first : first + MAX_BATCH]
            for part in split_by_size(some):
                responses += await _issue_batch(context, caller, some[part])
        remaining = iter(responses)
        return [next(remaining) if isinstance(one, bytes) else one for one in parsed]

    return results()


def _parse_line(
    principal: Principal, represented_keys: frozenset[str], key: str | None, line: bytes | None, namespace: UUID
) -> bytes | ProblemError:
    """Return the command of one permit, or the error of its line.

    A line that is no JSON is refused here, because it would break the batch.
    """
    try:
        if line is None:
            raise Invalid(
                "body-too-large",
                f"The line has more than {MAX_BODY_BYTES} bytes, the limit of a permit. Send "
                "fewer lines in one permit.",
            )
        explicit_key, body = unwrap(line, "permit")
        content = parse_json(body)
        represented_goods.require_goods_of_others(represented_keys, content)
        parse_json(b"[[" + body + b"]]")  # the depth that it has in the batch
        command = uuid5(
            namespace, f"{principal.party.id} POST {PATH} {derive_key(explicit_key, key, _content_hash(content))}"
        )
    except ProblemError as error:
        return error
    return b'{"command_id":"' + str(command).encode() + b'","body":' + body + b"}"


def _content_hash(content: Any) -> str:
    """Return the hash of everything that a permit states, independent of spaces and order.

    The number alone is not enough: another permit of the same number is another request, and permits reports that the
    number is taken.
    """
    canonical = json.dumps(content, default=str, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def _issue_batch(context: GatewayContext, caller: Caller, commands: Sequence[bytes]) -> list[Result]:
    """Issue permits in one internal request. If it fails, split it in half until the permit that fails is alone.

    A batch whose response is too large is split too. Its permits are issued, so the halves get the stored responses.
    """
    body = b"[" + b",".join(commands) + b"]"
    headers = {"Content-Type": "application/json"}
    try:
        reply = await call_with_retry(
            context.permits, "POST", "/internal/permits", caller=caller, body=body, headers=headers
        )
    except ServiceUnreachable:
        return [service_unavailable("permits")] * len(commands)
    except ResponseTooLarge as too_large:
        return await _issue_halves(context, caller, commands) if len(commands) > 1 else [too_large]
    if reply.status in SPLIT_STATUSES and len(commands) > 1:
        return await _issue_halves(context, caller, commands)
    if reply.status != 200:
        return [service_unavailable("permits")] * len(commands)
    return [
        IssueResult(status=one["status"], body=one["body"], replayed=one.get("replayed", False))
        for one in json.loads(reply.body)
    ]


async def _issue_halves(context: GatewayContext, caller: Caller, commands: Sequence[bytes]) -> list[Result]:
    half = len(commands) // 2
    first = await _issue_batch(context, caller, commands[:half])
    return first + await _issue_batch(context, caller, commands[half:])
