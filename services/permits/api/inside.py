"""What the gateway's couriers bring: submissions and changed parties. No party may come here."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.permits.actions import intake, parties
from services.permits.api.orders import Engine
from shared.callers import AService
from shared.contracts.letters import PartyBatch, SubmissionBatch
from shared.database import now
from shared.strict import parse_json, validate
from shared.web import read_body

router = APIRouter(prefix="/inside", include_in_schema=False)
BATCH_LIMIT = 64 * 1024 * 1024


@router.post("/declarations")
async def take_in(request: Request, db: Engine, service: AService) -> Response:
    """Take in a batch of declarations; one answer a letter."""
    batch = validate(SubmissionBatch, parse_json(await read_body(request, limit=BATCH_LIMIT)))
    answers = await intake.take_in_batch(db, batch.letters, now())
    return Response(answers.model_dump_json(), media_type="application/json")


@router.post("/parties", status_code=204)
async def take_parties(request: Request, db: Engine, service: AService) -> Response:
    """Take in changed parties."""
    batch = validate(PartyBatch, parse_json(await read_body(request, limit=BATCH_LIMIT)))
    await parties.take_in(db, batch.parties)
    return Response(status_code=204)
