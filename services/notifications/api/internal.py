"""What the other services bring: news from permits, changed parties from the gateway."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from services.notifications.actions.intake import take_in
from services.notifications.actions.parties import learn
from services.notifications.api.dependencies import engine, house
from shared.contracts.messages import Answer, Answers, News, PartyBatch
from shared.database import now
from shared.internal_auth import AService
from shared.problems import Fault, Invalid, NotAllowed
from shared.strict_json import faults, parse_json, validate
from shared.web import must_be_json, read_body

router = APIRouter(prefix="/inside")
BATCH_LIMIT = 16_777_216
"""Bytes of a batch from a courier: some hundred letters."""


@router.post("/news")
async def news(request: Request, service: AService) -> Response:
    """Take in letters (News) and answer each; one that is not as the contract says is refused alone."""
    _only("permits", service)
    letters, answers = _sort(await _batch(request))
    answers += await take_in(engine(request), letters, at=now())
    request.app.state.bell.ring()
    return Response(Answers(answers=tuple(answers)).model_dump_json(), media_type="application/json")


@router.post("/parties", status_code=204)
async def parties(request: Request, service: AService) -> None:
    """Bring copies of parties up to date (PartyBatch); an older version than the copy changes nothing."""
    _only("gateway", service)
    await learn(engine(request), validate(PartyBatch, await _batch(request)).parties, at=now())


@router.get("/webhook-keys")
async def webhook_keys(request: Request, service: AService) -> Response:
    """Answer the public keys that letters are signed with, as a JSON Web Key Set, for the gateway to publish."""
    _only("gateway", service)
    return JSONResponse(house(request).keys.published())


async def _batch(request: Request) -> Any:
    body = await read_body(request, limit=BATCH_LIMIT)
    must_be_json(request)
    return parse_json(body)


def _only(name: str, service: str) -> None:
    if service != name:
        raise NotAllowed("service-not-allowed", f"Only {name} brings this.")


def _sort(batch: Any) -> tuple[list[News], list[Answer]]:
    """Part the letters that can be read from the answers to those that cannot; raises Invalid for no batch at all."""
    if not isinstance(batch, dict) or not isinstance(batch.get("letters"), list):
        raise Invalid("invalid-body", "A batch has letters.", [Fault("/letters", "missing", "A list of letters")])
    letters: list[News] = []
    answers: list[Answer] = []
    for place, given in enumerate(batch["letters"]):
        try:
            letters.append(News.model_validate(given))
        except ValidationError as error:
            said = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults(error)[:5])
            answers.append(Answer(id=_id(given, place), outcome="refused", reason=said))
    return letters, answers


def _id(given: Any, place: int) -> UUID:
    try:
        return UUID(given["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        fault = Fault(f"/letters/{place}/id", "missing", "A letter has an id to be answered by.")
        raise Invalid("invalid-body", "A letter without an id cannot be answered.", [fault]) from None
