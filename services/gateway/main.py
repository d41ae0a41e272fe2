"""The gateway's entry point: builds the app from its settings, and runs it with its couriers."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.access import Access
from services.gateway.actions.carry import PartyLetters, submission_trip
from services.gateway.actions.desk import Desk
from services.gateway.actions.figures import figures
from services.gateway.actions.first_admin import make_first_admin
from services.gateway.actions.limits import Limits
from services.gateway.actions.lodge import Intake
from services.gateway.actions.outside import Outside
from services.gateway.actions.people import People
from services.gateway.actions.seal import Seal
from services.gateway.actions.sweep import keep_sweeping
from services.gateway.actions.waiting import Waiting
from services.gateway.api.bulk import add_bulk_routes
from services.gateway.api.connection import Connection
from services.gateway.api.credentials import add_credential_routes
from services.gateway.api.declarations import add_declaration_routes
from services.gateway.api.flowing import flow
from services.gateway.api.kept import add_kept_routes
from services.gateway.api.lodging import add_lodging_route
from services.gateway.api.mandates import add_mandate_routes
from services.gateway.api.openapi import described_by
from services.gateway.api.pages import add_pages
from services.gateway.api.parties import add_party_routes
from services.gateway.api.rate_headers import RateHeaders
from services.gateway.api.relay import add_relayed, relay
from services.gateway.api.relayed_applications import APPLICATIONS
from services.gateway.api.relayed_declarations import DECLARATIONS, OWN_COMMANDS, STATED
from services.gateway.api.relayed_law import LAW, LOADS
from services.gateway.api.relayed_news import NEWS
from services.gateway.api.relayed_permits import PERMITS
from services.gateway.api.relayed_reports import REPORTS
from services.gateway.api.spoken import Spoken
from services.gateway.api.stating import add_stating_routes
from services.gateway.api.tokens import add_token_routes
from services.gateway.api.uploads import upload
from services.gateway.clients.outside_keys import OutsideKeys
from services.gateway.settings import Settings
from services.gateway.store.tables import HEAD
from shared import lifeline
from shared.calls import Service
from shared.contracts.declaration import Declaration
from shared.contracts.people import NewCredential, NewMandate, NewParty, Party, PartyChange, Rotation
from shared.courier import Courier
from shared.database import connect, revision
from shared.identity import InsideSigner, KeyFile
from shared.logs import logger, write_logs
from shared.metrics import serve
from shared.start import ready_or_exit
from shared.web import make_app

VERSION = "0.1.0"
TRY_AGAIN = 1.0
DRAIN = 30
ASKED_FOR = 10.0
"""Seconds one try of a command or query may take; a lost answer is asked for once more."""
CARRIED_FOR = 15.0
"""Seconds a batch may take: less than its lease, or another courier would carry it too."""
AWAY = (SQLAlchemyError, OSError, TimeoutError)


def make(settings: Settings) -> FastAPI:
    """Build the gateway; its couriers and its intake run as long as the app lives."""
    engine = connect(settings.database_url)
    signer = InsideSigner("gateway", KeyFile(settings.signing_keys))
    asked = _services(settings, signer, seconds=ASKED_FOR)
    carriers = _services(settings, signer, seconds=CARRIED_FOR)
    waiting = Waiting()
    letters = PartyLetters(engine, carriers)
    submissions = submission_trip(engine, carriers[0], letters, waiting)
    intake = Intake(engine, submissions)
    keys = KeyFile(settings.token_keys)
    desk = Desk(
        engine=engine,
        people=People(engine),
        access=Access(keys, settings.issuer),
        limits=Limits(engine, settings.rate_limit),
        seal=Seal(keys),
        intake=intake,
        waiting=waiting,
        letters=letters,
        permits=asked[0],
        notifications=asked[1],
        outside=_outside(engine, settings),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as open_things:
            open_things.push_async_callback(engine.dispose)
            for service in (*asked, *carriers):
                await service.open()
                open_things.push_async_callback(service.close)
            work = [_begin(desk, settings.admin_file, submissions), intake.run()]
            tasks = [asyncio.create_task(act) for act in work]
            open_things.push_async_callback(_end, tasks)
            for task in tasks:
                task.add_done_callback(_stop_if_broken)
            if settings.metrics_port:
                counted = await serve(lambda: figures(engine), settings.metrics_host, settings.metrics_port)
                open_things.callback(counted.close)
            yield

    app = make_app(title="Saola", version=VERSION, description=ABOUT, lifespan=lifespan, ready=_ready)
    if settings.rate_limit:
        app.add_middleware(RateHeaders, limits=desk.limits)
    app.state.desk = desk
    app.add_middleware(Spoken)
    _serve(app)
    return app


ABOUT = (
    "Single Window exchange hub for wildlife trade: declarations, CITES permits, their write-off, and the news of it."
)


def _services(settings: Settings, signer: InsideSigner, *, seconds: float) -> tuple[Service, Service]:
    """Make our sides of the two others; couriers have theirs apart, so that what breaks there holds up no officer."""
    return (
        Service("permits", settings.permits_url, signer, seconds=seconds),
        Service("notifications", settings.notifications_url, signer, seconds=seconds),
    )


def _outside(engine: AsyncEngine, settings: Settings) -> Outside | None:
    """Make the reader of the outside issuer's tokens, where the operator trusts one."""
    issuer = settings.trusted_issuer
    if not issuer:
        return None
    keys = OutsideKeys(issuer, settings.trusted_jwks)
    return Outside(engine, keys, issuer=issuer, audience=settings.trusted_audience, claim=settings.trusted_claim)


def _serve(app: FastAPI) -> None:
    add_lodging_route(app)
    add_bulk_routes(app)
    add_token_routes(app)
    add_party_routes(app)
    add_credential_routes(app)
    add_mandate_routes(app)
    add_declaration_routes(app)
    add_stating_routes(app)
    add_kept_routes(app)
    relayed = (*DECLARATIONS, *LAW, *PERMITS, *APPLICATIONS, *NEWS)
    add_relayed(app, LOADS, upload)
    add_relayed(app, relayed, relay)
    add_relayed(app, REPORTS, flow)
    bodies = [route.takes for route in (*OWN_COMMANDS, *STATED, *relayed) if route.takes is not None]
    add_pages(app)
    described_by([Declaration, NewParty, Party, PartyChange, NewCredential, Rotation, NewMandate, *bodies], app)


async def _begin(desk: Desk, admin_file: Path | None, submissions: Courier) -> None:
    """Learn who there is, as soon as the database lets us, then carry and keep up to date until cancelled."""
    while not await _knows_people(desk, admin_file):  # noqa: ASYNC110 - the database tells nobody that it is back
        await asyncio.sleep(TRY_AGAIN)
    runs: list[Coroutine[Any, Any, None]] = [courier.run() for courier in desk.letters.couriers]
    async with asyncio.TaskGroup() as tasks:
        for run in (*runs, submissions.run(), desk.people.watch(), keep_sweeping(desk.engine)):
            tasks.create_task(run)


async def _knows_people(desk: Desk, admin_file: Path | None) -> bool:
    try:
        if admin_file is not None:
            async with desk.engine.begin() as conn:
                await make_first_admin(conn, admin_file)
        await desk.people.refresh()
        await desk.letters.put_left()
    except AWAY as error:
        logger().warning("start.waits", error=repr(error)[:300])
        return False
    return True


def _stop_if_broken(task: asyncio.Task[None]) -> None:
    """End the process when its work broke: a gateway that takes in and carries nothing is worse than none."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger().error("work.broke", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ready(app: FastAPI) -> str | None:
    """Answer why the gateway is not ready: its database away or not migrated, or nobody known yet."""
    desk: Desk = app.state.desk
    try:
        at = await _revision(desk.engine)
    except ProgrammingError:
        return "The database was never migrated. Run `saola migrate`."
    except AWAY:
        return "The database does not answer."
    if at != HEAD:
        return f"The database stands at migration {at}, this code was written for {HEAD}. Run `saola migrate`."
    return None if desk.people.known else "Parties were not read yet."


async def _revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as conn:
        return await revision(conn)


def _collect_seldom() -> None:
    """Let the garbage collector leave alone what stays: a request's own values die with it, by their counts.

    Measured: a sixth of the processor time of accepting a declaration went into looking through the rest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run() -> None:
    """Run the gateway until SIGTERM; then finish what is under way, for at most 30 s."""
    lifeline.watch()
    settings = ready_or_exit(Settings)
    write_logs("gateway", settings.log_level)
    app = make(settings)
    _collect_seldom()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN,
    )


if __name__ == "__main__":
    run()
