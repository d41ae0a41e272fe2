"""Many permits of one authority at once: passed on to permits some at a time, each answered for itself."""

import hashlib
import json
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID, uuid5

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.bulk_lines import name_of, unwrapped
from services.gateway.actions.context import Desk
from services.gateway.clients.internal import ask
from shared.contracts.parties import Caller
from shared.problems import Invalid, Refusal
from shared.service_client import Away, unavailable
from shared.strict_json import parse_json
from shared.web import BODY_LIMIT

PATH = "/v1/permits"
MOST_AT_ONCE = 200
"""Permits of one inside call; permits takes no more."""
BROKEN = frozenset({400, 413, 422, 500})
"""Statuses of an inside call that one of its permits may be the cause of; the others say that permits is away."""
Result = tuple[int, dict[str, Any]] | Refusal


async def begin(
    desk: Desk, known: Known, caller: Caller, key: str | None, lines: Sequence[bytes | None], *, space: UUID
) -> "Awaitable[list[Result]]":
    """Read lines and answer what awaits their results. `space` is the namespace of command ids."""
    read = [_read(known, key, line, space) for line in lines]

    async def results() -> list[Result]:
        orders = [one for one in read if isinstance(one, bytes)]
        told: list[Result] = []
        for first in range(0, len(orders), MOST_AT_ONCE):
            told += await _issue(desk, caller, orders[first : first + MOST_AT_ONCE])
        answers = iter(told)
        return [next(answers) if isinstance(one, bytes) else one for one in read]

    return results()


def _read(known: Known, key: str | None, line: bytes | None, space: UUID) -> bytes | Refusal:
    """Write the order of one permit; what is no JSON is refused here, for it would spoil its neighbours."""
    try:
        if line is None:
            raise Invalid("body-too-large", f"A line has at most {BODY_LIMIT} bytes. Send less in one permit.")
        named, body = unwrapped(line, "permit")
        stated = parse_json(body)
        parse_json(b"[[" + body + b"]]")  # as deep as it will be among its neighbours
        command = uuid5(space, f"{known.party.id} POST {PATH} {name_of(named, key, _content(stated))}")
    except Refusal as error:
        return error
    return b'{"command_id":"' + str(command).encode() + b'","body":' + body + b"}"


def _content(stated: Any) -> str:
    """Answer what tells a permit from any other: all that is stated, however it is spaced and ordered.

    Its number alone does not: another permit of that number is another request, and is told that the number is taken.
    """
    said = json.dumps(stated, default=str, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


async def _issue(desk: Desk, caller: Caller, orders: Sequence[bytes]) -> list[Result]:
    """Ask for permits together; where that breaks inside, by halves, so that only who broke it is told so."""
    body = b"[" + b",".join(orders) + b"]"
    headers = {"Content-Type": "application/json"}
    try:
        reply = await ask(desk.permits, "POST", "/inside/permits", caller=caller, body=body, headers=headers)
    except Away:
        return [unavailable("permits")] * len(orders)
    if reply.status in BROKEN and len(orders) > 1:
        half = len(orders) // 2
        return await _issue(desk, caller, orders[:half]) + await _issue(desk, caller, orders[half:])
    if reply.status != 200:
        return [unavailable("permits")] * len(orders)
    return [(one["status"], _flat(one)) for one in json.loads(reply.body)]


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    return {**one["body"], **({"replayed": True} if one.get("replayed") else {})}
