"""The gateway's entry point: builds the app from its settings, and runs it with its couriers."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.auth.access_tokens import Access
from services.gateway.actions.auth.external_issuer import Outside
from services.gateway.actions.auth.party_directory import People
from services.gateway.actions.auth.rate_limits import Limits
from services.gateway.actions.auth.sealed_responses import Seal
from services.gateway.actions.context import Desk
from services.gateway.actions.dispatchers import PartyLetters, submission_trip
from services.gateway.actions.lodgement.batcher import Intake
from services.gateway.actions.lodgement.waiters import Waiting
from services.gateway.actions.metrics import figures
from services.gateway.actions.readiness import why_not_ready
from services.gateway.actions.startup import begin
from services.gateway.api.protocol.connection import Connection
from services.gateway.api.protocol.content_negotiation import Spoken
from services.gateway.api.protocol.rate_limit_headers import RateHeaders
from services.gateway.api.routes import add_routes
from services.gateway.clients.external_keys import OutsideKeys
from services.gateway.settings import Settings
from shared import supervision
from shared.database import connect
from shared.logs import logger, write_logs
from shared.metrics import serve
from shared.service_client import Service
from shared.signed_tokens import InsideSigner, KeyFile
from shared.startup_checks import ready_or_exit
from shared.web import make_app

VERSION = "0.1.0"
DRAIN = 30
ASKED_FOR = 10.0
"""Seconds one try of a command or query may take; a lost answer is asked for once more."""
CARRIED_FOR = 15.0
"""Seconds a batch may take: less than its lease, or another courier would carry it too."""


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
            work = [begin(desk, settings.admin_file, submissions), intake.run()]
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
    add_routes(app)
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


def _stop_if_broken(task: asyncio.Task[None]) -> None:
    """End the process when its work broke: a gateway that takes in and carries nothing is worse than none."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger().error("work.broke", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


async def _ready(app: FastAPI) -> str | None:
    return await why_not_ready(app.state.desk)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _collect_seldom() -> None:
    """Let the garbage collector leave alone what stays: a request's own values die with it, by their counts.

    Measured: a sixth of the processor time of accepting a declaration went into looking through the rest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run() -> None:
    """Run the gateway until SIGTERM; then finish what is under way, for at most 30 s."""
    supervision.watch()
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
