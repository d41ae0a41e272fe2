"""The entry point of the gateway. It builds the app from its settings and runs it with its dispatchers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware import Middleware

from services.gateway.actions.auth.access_tokens import AccessTokens
from services.gateway.actions.auth.external_issuer import ExternalIssuer
from services.gateway.actions.auth.party_directory import PartyDirectory
from services.gateway.actions.auth.rate_limits import RateLimits
from services.gateway.actions.auth.sign_ins import SignIns
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.dispatchers import PartyDispatchers, make_submission_dispatcher
from services.gateway.actions.feed_watch import FeedWatch
from services.gateway.actions.lodgement.batcher import SubmissionBatcher
from services.gateway.actions.lodgement.waiters import SubmissionWaiters
from services.gateway.actions.metrics import collect_metrics
from services.gateway.actions.readiness import find_unready_reason
from services.gateway.actions.reconciliation import SubmissionReconciler
from services.gateway.actions.request_slots import (
    BULKS,
    BULKS_PER_PARTY,
    FEED_WAITS,
    FEED_WAITS_PER_PARTY,
    SUBMISSION_WAITS,
    SUBMISSION_WAITS_PER_PARTY,
    RequestSlots,
)
from services.gateway.actions.spool_space import SpoolSpace
from services.gateway.actions.startup import run_background_tasks
from services.gateway.api.openapi.document import describe_api
from services.gateway.api.openapi.pages import add_pages
from services.gateway.api.protocol.client_address import TrustedProxies
from services.gateway.api.protocol.connection import Connection
from services.gateway.api.protocol.content_negotiation import XmlResponseMiddleware
from services.gateway.api.protocol.request_limits import RequestLimits
from services.gateway.api.routes import ROUTES
from services.gateway.api.routing.registration import register_routes
from services.gateway.clients.external_keys import ExternalKeys
from services.gateway.settings import Settings
from shared.clock_skew import ResponseClock
from shared.database import create_engine
from shared.http_server import run_server
from shared.key_files import KeyFile
from shared.limits import Limit, LimitSubject
from shared.metrics import serve_metrics
from shared.networks import parse_networks
from shared.reconciliation_state import read_states
from shared.sealed_secrets import SecretSealer
from shared.service_client import ServiceClient
from shared.service_process import background_tasks
from shared.signed_tokens import InternalTokenSigner
from shared.web import create_service_app

VERSION = "0.1.0"
CONNECTIONS = 12
"""Maximum database connections. Two of them may hold the locks of the periodic jobs and of the reconciliation."""
REQUEST_SECONDS = Limit(
    10,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="A call of the gateway to a service",
    beyond="503 `service-unavailable`",
)
"""Seconds for one attempt of an internal request. After a lost response there is one retry."""
DISPATCH_SECONDS = Limit(
    15,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="A batch of submissions on its way to permits",
    beyond="The gateway sends it again.",
)
"""Seconds for one batch: less than its lease, because another dispatcher could lease it after that."""


def create_app(settings: Settings) -> FastAPI:
    """Build the gateway. Its dispatchers and its batcher run as long as the app."""
    engine = create_engine(settings.database_url, connections=CONNECTIONS)
    signer = InternalTokenSigner("gateway", KeyFile(settings.signing_keys))
    clocks = ResponseClock(), ResponseClock()
    request_services = _services(settings, signer, clocks, seconds=REQUEST_SECONDS)
    dispatch_services = _services(settings, signer, clocks, seconds=DISPATCH_SECONDS)
    waiters = SubmissionWaiters(engine)
    party_dispatchers = PartyDispatchers(engine, dispatch_services)
    submission_dispatcher = make_submission_dispatcher(engine, dispatch_services[0], party_dispatchers, waiters)
    batcher = SubmissionBatcher(engine, submission_dispatcher)
    keys = KeyFile(settings.token_keys)
    context = GatewayContext(
        engine=engine,
        directory=PartyDirectory(engine),
        access_tokens=AccessTokens(keys, settings.issuer),
        rate_limits=RateLimits(engine, settings.rate_limit),
        sign_ins=SignIns(),
        sealer=SecretSealer(keys),
        batcher=batcher,
        waiters=waiters,
        submission_waits=RequestSlots(per_party=SUBMISSION_WAITS_PER_PARTY, total=SUBMISSION_WAITS),
        feed_watch=FeedWatch(dispatch_services[1]),
        feed_waits=RequestSlots(per_party=FEED_WAITS_PER_PARTY, total=FEED_WAITS),
        bulks=RequestSlots(per_party=BULKS_PER_PARTY, total=BULKS),
        spool_space=SpoolSpace(),
        party_dispatchers=party_dispatchers,
        permits=request_services[0],
        notifications=request_services[1],
        external_issuer=_external_issuer(engine, settings),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            for service in (*request_services, *dispatch_services):
                await service.open()
                stack.push_async_callback(service.close)
            startup = run_background_tasks(
                context, settings.admin_file, submission_dispatcher, SubmissionReconciler(dispatch_services[0])
            )
            await stack.enter_async_context(background_tasks(startup, batcher.run()))
            if settings.metrics_port:
                metrics_server = await serve_metrics(
                    lambda: collect_metrics(engine, request_services), settings.metrics_host, settings.metrics_port
                )
                stack.callback(metrics_server.close)
            yield {"public_url": settings.issuer}

    proxies = TrustedProxies(
        networks=parse_networks(settings.trusted_proxies), header=settings.proxy_header.lower().encode()
    )
    app = create_service_app(
        title="Saola",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        reason_not_ready=lambda: find_unready_reason(context),
        read_reconciliations=lambda: read_states(engine),
        middleware=_middleware(context, settings, proxies),
        openapi_url=None,  # `add_pages` serves the document
    )
    app.state.context = context
    app.state.trusted_proxies = proxies
    register_routes(app, ROUTES)
    add_pages(app)
    describe_api(app, ROUTES)
    return app


DESCRIPTION = "Single Window exchange hub for wildlife trade: declarations, CITES permits, their write-off and events."


def _middleware(context: GatewayContext, settings: Settings, proxies: TrustedProxies) -> list[Middleware]:
    """Return the gateway's own middleware, outermost first, inside `RequestMiddleware`."""
    xml = Middleware(XmlResponseMiddleware)
    if not (settings.rate_limit or settings.address_rate_limit):
        return [xml]
    limits = Middleware(
        RequestLimits,
        rate_limits=context.rate_limits,
        per_second_of_address=settings.address_rate_limit,
        proxies=proxies,
    )
    return [xml, limits]


def _services(
    settings: Settings, signer: InternalTokenSigner, clocks: tuple[ResponseClock, ResponseClock], *, seconds: float
) -> tuple[ServiceClient, ServiceClient]:
    """Return clients of permits and notifications.

    Dispatchers have clients of their own, so that a broken batch delays no officer. The clients of one service share
    its clock.
    """
    return (
        ServiceClient("permits", settings.permits_url, signer, seconds=seconds, clock=clocks[0]),
        ServiceClient("notifications", settings.notifications_url, signer, seconds=seconds, clock=clocks[1]),
    )


def _external_issuer(engine: AsyncEngine, settings: Settings) -> ExternalIssuer | None:
    """Return the verifier of the external issuer's tokens, if the operator trusts one."""
    issuer = settings.trusted_issuer
    if not issuer:
        return None
    keys = ExternalKeys(issuer, settings.trusted_jwks)
    return ExternalIssuer(engine, keys, issuer=issuer, audience=settings.trusted_audience, claim=settings.trusted_claim)


def end_waits(app: FastAPI) -> None:
    """End the waits for events and checks, because the end of the process waits for these requests."""
    context: GatewayContext = app.state.context
    context.feed_watch.close()
    context.waiters.close()


def run() -> None:
    """Run the gateway until SIGTERM."""
    run_server("gateway", Settings, create_app, protocol=Connection, on_stop=end_waits)


if __name__ == "__main__":
    run()
