"""The reconciliation of an empty gateway, such as after the loss of its disk, with the declarations of permits."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.ports import free_ports
from services.gateway.actions.reconciliation import SubmissionReconciler
from services.gateway.store.tables import submissions
from shared.contracts.fields import format_timestamp, render_digest
from shared.contracts.reconciliation import IdGroup, IdGroups, IdList, KnownDeclaration, KnownDeclarations
from shared.database import new_id, now
from shared.key_files import KeyFile, create_signing_keys
from shared.service_client import ServiceClient
from shared.signed_tokens import InternalTokenSigner
from tests.gateway.stub_service import ReceivedRequest, StubService

TRADER = UUID(int=7)
DIGITS = 2**48 - 1


def _known(at: datetime) -> KnownDeclaration:
    return KnownDeclaration(
        id=new_id(at),
        party=TRADER,
        trader=TRADER,
        reference="R-1",
        received_at=at,
        version=1,
        digest=render_digest(b"d" * 32),
    )


def _permits_with(known: KnownDeclaration, periods: list[tuple[str, str]]) -> Callable[[ReceivedRequest], web.Response]:
    """Return the responses of a permits service that stores one declaration. `periods` gets the compared periods."""

    def respond(received: ReceivedRequest) -> web.Response:
        query = dict(received.query)
        is_inside = "since" in query and query["since"] <= format_timestamp(known.received_at) < query["until"]
        found = is_inside and received.path.startswith("/internal/declaration-ids")
        if received.path == "/internal/known-declarations":
            body = KnownDeclarations(declarations=(known,)).model_dump_json()
        elif received.path.endswith("/groups"):
            if received.path == "/internal/declaration-ids/groups":
                periods.append((query["since"], query["until"]))
            group = IdGroup(prefix=known.id.hex[: int(query["digits"])], count=1, digest=known.id.int & DIGITS)
            body = IdGroups(groups=(group,) if found else ()).model_dump_json()
        else:
            body = IdList(ids=(known.id,) if found else ()).model_dump_json()
        return web.json_response(text=body)

    return respond


@asynccontextmanager
async def _reconciler(
    tmp_path: Path, respond: Callable[[ReceivedRequest], web.Response]
) -> AsyncIterator[SubmissionReconciler]:
    create_signing_keys(tmp_path / "keys.json", tmp_path / "public.json")

    async def answer(received: ReceivedRequest) -> web.StreamResponse:
        return respond(received)

    permits = StubService("permits", tmp_path / "public.json", free_ports(1)[0], respond=answer)
    client = ServiceClient("permits", permits.url, InternalTokenSigner("gateway", KeyFile(tmp_path / "keys.json")))
    await permits.open()
    await client.open()
    try:
        yield SubmissionReconciler(client)
    finally:
        await client.close()
        await permits.close()


async def test_empty_gateway_takes_over_the_oldest_declarations_at_its_start(
    gateway_db: AsyncEngine, tmp_path: Path
) -> None:
    known, periods = _known(now() - timedelta(days=400)), list[tuple[str, str]]()
    async with _reconciler(tmp_path, _permits_with(known, periods)) as reconciler:
        await reconciler.reconcile_at_start(gateway_db)
    async with gateway_db.connect() as conn:
        assert list((await conn.execute(select(submissions.c.id))).scalars()) == [known.id]
    assert [since[:4] for since, _ in periods[1:]] == ["2000"], "an empty gateway compares all earlier time at once"
    assert periods[1][1] == periods[0][0], "the periods leave no gap"
