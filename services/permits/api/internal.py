"""What the gateway brings in batches: submissions and changed parties by its couriers, permits in a party's name."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, RootModel, ValidationError
from starlette.responses import JSONResponse, Response

from services.permits.actions import parties
from services.permits.actions.declarations import lodge_batch
from services.permits.actions.declarations.unreadable import Letter
from services.permits.actions.permits import issue_batch
from services.permits.actions.permits.issue_batch import Asked
from services.permits.api.commands import Authority, Engine
from services.permits.store.commands import Command, Kept
from shared.contracts.fields import Id, Wire
from shared.contracts.messages import PartyBatch, SoundBatch, SubmissionBatch
from shared.contracts.permit import Permit
from shared.database import now
from shared.internal_auth import AService
from shared.problem_responses import request_id, told
from shared.problems import Refusal
from shared.strict_json import parse_json, validate
from shared.web import read_body

router = APIRouter(prefix="/inside", include_in_schema=False)
BATCH_LIMIT = 64 * 1024 * 1024
MOST_PERMITS = 200


@router.post("/declarations")
async def take_in(request: Request, db: Engine, service: AService) -> Response:
    """Take in a batch of declarations; one answer a letter."""
    letters = _letters(await read_body(request, limit=BATCH_LIMIT))
    answers = await lodge_batch.take_in_batch(db, letters, now())
    return Response(answers.model_dump_json(), media_type="application/json")


def _letters(body: bytes) -> Sequence[Letter]:
    """Read the letters in one pass; only where one of them is not sound, each by itself and strictly.

    That no name is there twice the gateway saw to before its 202.
    """
    try:
        return SoundBatch.model_validate_json(body).letters
    except ValidationError:
        return validate(SubmissionBatch, parse_json(body)).letters


@router.post("/parties", status_code=204)
async def take_parties(request: Request, db: Engine, service: AService) -> Response:
    """Take in changed parties."""
    batch = validate(PartyBatch, parse_json(await read_body(request, limit=BATCH_LIMIT)))
    await parties.take_in(db, batch.parties)
    return Response(status_code=204)


class Order(Wire):
    """One permit of a batch: its command, named at the door, and its body as it came."""

    command_id: Id
    body: Any


class Orders(RootModel[Annotated[tuple[Order, ...], Field(max_length=MOST_PERMITS, strict=False)]]):
    """A batch of permits."""


@router.post("/permits")
async def issue_all(request: Request, db: Engine, party: Authority) -> JSONResponse:
    """Issue a batch of permits in the name of an authority, which the token names.

    Takes a JSON list of at most 200 `{"command_id": "<uuid>", "body": {…a permit…}}`. Answers 200 and a list of as
    many `{"status", "body", "replayed"}` in the same order: `status` and `body` are what `POST /v1/permits` would
    answer to that body alone under that Command-Id: 201 and the permit with its token, or a problem document. The same
    command again is answered the same (`replayed` true); a bad one harms no other.
    """
    orders = validate(Orders, parse_json(await read_body(request, limit=BATCH_LIMIT)))
    asked = [_asked(order, at=now()) for order in orders.root]
    return JSONResponse([_told(answer, request) for answer in await issue_batch.issue_all(db, party, asked)])


def _asked(order: Order, at: datetime) -> Asked:
    said = json.dumps(order.body, default=str, sort_keys=True, separators=(",", ":")).encode()
    command = Command(order.command_id, hashlib.sha256(b"POST /v1/permits\n" + said).digest(), at)
    try:
        return Asked(command, validate(Permit, order.body))
    except Refusal as no:
        return Asked(command, no)


def _told(answer: Kept | Refusal, request: Request) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        status, document = told(answer, request_id=request_id(request))
        return {"status": status, "body": document, "replayed": False}
    return {"status": answer.status, "body": json.loads(answer.answer), "replayed": answer.replayed}
