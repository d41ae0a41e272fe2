"""Carrying letters to the other services: batches of raw JSON joined as they are, one answer a letter."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.fields import write_moment
from shared.contracts.messages import Answers
from shared.contracts.parties import Caller
from shared.database import new_id
from shared.dispatcher import Broke, Letter
from shared.service_client import Away, Reply, Service

MOST_BYTES = 4_000_000
"""Of one batch, more or less: a letter is never cut, and one alone may always go."""
JSON = {"Content-Type": "application/json"}


async def carry_submissions(permits: Service, letters: Sequence[Letter]) -> dict[UUID, bool]:
    """Take submissions to permits, some megabytes at a time; answers for each whether it was taken in.

    Raises Away, Dropped or Broke for all of them; what had been taken in before is told the same again.
    """
    outcomes: dict[UUID, bool] = {}
    for batch in _batches(write_submission(letter) for letter in letters):
        reply = await _post(permits, "/inside/declarations", b'{"letters":[' + b",".join(batch) + b"]}")
        outcomes |= _answers(reply)
    return outcomes


async def carry_unverified(permits: Service, letter: Letter, reason: str) -> None:
    """Take one submission to permits that could not be checked, so that an officer decides."""
    written = write_submission(letter, unverified=reason[:500])
    outcomes = _answers(await _post(permits, "/inside/declarations", b'{"letters":[' + written + b"]}"))
    if not outcomes.get(letter["id"]):
        raise Broke("permits did not take in an unverified declaration")


async def carry_parties(service: Service, letters: Sequence[Letter]) -> dict[UUID, bool]:
    """Take changed parties to a service; the newest version of each is enough, for copies keep the highest."""
    newest: dict[str, Any] = {}
    for letter in letters:
        party = letter["party"]
        before = newest.get(party["id"])
        if before is None or party["version"] > before["version"]:
            newest[party["id"]] = party
    await _post(service, "/inside/parties", json.dumps({"parties": list(newest.values())}).encode())
    return {letter["id"]: True for letter in letters}


def write_submission(letter: Letter, *, unverified: str | None = None) -> bytes:
    """Write a SubmissionLetter around the declaration's inside form: its own bytes, if it came as JSON."""
    party = letter["party"]
    party = party if isinstance(party, str) else json.dumps(party)
    reason = "" if unverified is None else f'"unverified":{json.dumps(unverified)},'
    head = (
        f'{{"id":"{letter["id"]}","received_at":"{write_moment(letter["received_at"])}",'
        f'"digest":"{write_digest(letter["digest"])}","trader":"{letter["trader_id"]}",{reason}'
        f'"party":{party},"declaration":'
    )
    body: bytes = letter["body"] if letter["inside"] is None else letter["inside"]
    return head.encode() + body + b"}"


def write_digest(digest: bytes) -> str:
    """Write a SHA-256 as a Digest field does (RFC 9530): `sha-256=:…:`."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def _batches(written: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for letter in written:
        if batch and size + len(letter) > MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += len(letter)
    if batch:
        yield batch


async def _post(service: Service, path: str, body: bytes) -> Reply:
    caller = Caller(service="gateway", request_id=new_id().hex)
    reply = await service.call("POST", path, caller=caller, body=body, headers=JSON)
    if reply.status in {401, 403, 404, 408, 429, 503}:
        raise Away(f"{service.name} answered {reply.status}")
    if reply.status >= 300:
        raise Broke(f"{service.name} answered {reply.status}")
    return reply


def _answers(reply: Reply) -> Mapping[UUID, bool]:
    try:
        answers = Answers.model_validate_json(reply.body).answers
    except ValidationError:
        raise Broke("the answers could not be read") from None
    return {answer.id: answer.outcome == "taken" for answer in answers}
