"""The batches of the gateway: submissions and changed parties from its dispatchers, permits for an authority."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, RootModel, ValidationError
from starlette.responses import JSONResponse, Response

from services.permits.actions import parties
from services.permits.actions.declarations import lodge_batch
from services.permits.actions.declarations.amended_versions import list_amended_versions
from services.permits.actions.declarations.unreadable import ReceivedSubmission
from services.permits.actions.permits import issue_batch
from services.permits.actions.permits.issue_batch import IssueRequest
from services.permits.api.dependencies import Authority, CallingPerson, Context, DeclarationId
from shared.contracts.fields import Id, WireModel
from shared.contracts.limits import MESSAGE_BATCH_BYTES
from shared.contracts.messages import MandateBatch, PartyBatch, SubmissionBatch, ValidSubmissionBatch
from shared.contracts.permit import Permit
from shared.database import now
from shared.idempotency import IdempotentCommand, StoredResponse, fingerprint
from shared.internal_auth import CallingGateway
from shared.limits import Limit, LimitSubject
from shared.problem_responses import request_id, status_and_document
from shared.problems import ProblemError
from shared.strict_json import parse_json, validate
from shared.web import parse_batch, read_body

router = APIRouter(prefix="/internal", include_in_schema=False)
MAX_PERMITS = Limit(
    200,
    "permits",
    subject=LimitSubject.SERVICES,
    meaning="Permits of a bulk in one request",
    beyond="422 `invalid-body`",
)


@router.post("/declarations")
async def lodge_declarations(request: Request, context: Context, service: CallingGateway) -> Response:
    """Lodge a batch of declarations. The response has one result per message."""
    messages = await parse_batch(await read_body(request, limit=MESSAGE_BATCH_BYTES), _parse_messages)
    results = await lodge_batch.lodge_declarations(context.engine, messages, now())
    return Response(results.model_dump_json(), media_type="application/json")


def _parse_messages(body: bytes) -> Sequence[ReceivedSubmission]:
    """Parse the messages of a batch in one pass. If one is not valid, parse only the envelopes, strictly.

    The fast pass does not look for repeated member names: the gateway refused those before its 202.
    """
    try:
        return ValidSubmissionBatch.model_validate_json(body).letters
    except ValidationError:
        return validate(SubmissionBatch, parse_json(body)).letters


@router.get("/declarations/{id}/versions")
async def read_amended_versions(declaration_id: DeclarationId, context: Context, service: CallingGateway) -> Response:
    """Return the amendments that made the versions of a declaration."""
    found = await list_amended_versions(context.engine, declaration_id)
    return Response(found.model_dump_json(), media_type="application/json")


@router.post("/parties", status_code=204)
async def store_parties(request: Request, context: Context, service: CallingGateway) -> Response:
    """Store changed parties."""
    batch = validate(PartyBatch, parse_json(await read_body(request, limit=MESSAGE_BATCH_BYTES)))
    await parties.store_changed(context.engine, batch.parties)
    return Response(status_code=204)


@router.post("/mandates", status_code=204)
async def store_mandates(request: Request, context: Context, service: CallingGateway) -> Response:
    """Store changed mandates."""
    batch = validate(MandateBatch, parse_json(await read_body(request, limit=MESSAGE_BATCH_BYTES)))
    await parties.store_changed_mandates(context.engine, batch.mandates)
    return Response(status_code=204)


class BatchItem(WireModel):
    """One permit of a batch: the command id that the gateway assigned, and the body as received."""

    command_id: Id
    body: Any


class PermitBatch(RootModel[Annotated[tuple[BatchItem, ...], Field(max_length=MAX_PERMITS, strict=False)]]):
    """A batch of permits."""


@router.post("/permits")
async def issue_permits(request: Request, context: Context, party: Authority, person: CallingPerson) -> JSONResponse:
    """Issue a batch of permits for the authority that the token names.

    The body is a JSON list of at most 200 `{"command_id": "<uuid>", "body": {…a permit…}}`. The response is 200 and a
    list with as many `{"status", "body", "replayed"}`, in the same order. `status` and `body` are those of
    `POST /v1/permits` for that body and that Command-Id: 201 and the permit with its token, or a problem document.
    A repeated command gets its stored response, with `replayed` true. An invalid permit does not affect the others.
    """
    requests = await parse_batch(await read_body(request, limit=MESSAGE_BATCH_BYTES), _parse_permits)
    results = await issue_batch.issue_permits(
        context.engine, party, requests, sealer=context.sealer, person=person.name
    )
    return JSONResponse([_render_result(result, request) for result in results])


def _parse_permits(body: bytes) -> list[IssueRequest]:
    at = now()
    return [_issue_request(item, at=at) for item in validate(PermitBatch, parse_json(body)).root]


def _issue_request(item: BatchItem, at: datetime) -> IssueRequest:
    canonical_body = json.dumps(item.body, default=str, sort_keys=True, separators=(",", ":")).encode()
    command = IdempotentCommand(id=item.command_id, fingerprint=fingerprint(b"POST /v1/permits", canonical_body), at=at)
    try:
        return IssueRequest(command, validate(Permit, item.body))
    except ProblemError as error:
        return IssueRequest(command, error)


def _render_result(result: StoredResponse | ProblemError, request: Request) -> dict[str, Any]:
    if isinstance(result, ProblemError):
        status, document = status_and_document(result, request_id=request_id(request))
        return {"status": status, "body": document, "replayed": False}
    return {"status": result.status, "body": json.loads(result.body), "replayed": result.replayed}
