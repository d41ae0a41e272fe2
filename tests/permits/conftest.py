"""Fixtures of the tests of permits."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from services.permits.main import create_app
from services.permits.settings import Settings
from shared.key_files import KeyFile, create_signing_keys
from shared.signed_tokens import InternalTokenSigner
from tests.conftest import Clone
from tests.permits.internal_client import InternalClient


@pytest.fixture
async def internal_client(clone: Clone, tmp_path: Path) -> AsyncIterator[InternalClient]:
    """A client of the permits app on its own database, with the gateway's keys."""
    private, public = tmp_path / "gateway.json", tmp_path / "gateway.pub.json"
    create_signing_keys(private, public)
    settings = Settings(
        database_url=await clone("permits"),
        gateway_keys=public,
        signing_keys=private,
        notifications_url="http://127.0.0.1:9",
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://permits") as http:
            yield InternalClient(app, http, InternalTokenSigner("gateway", KeyFile(private)))
