"""The baseline of resolved names: the same web app, caller and engine, but one select by primary key."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from services.permits.store.tables import taxa
from shared.database import create_engine
from shared.internal_auth import CallingParty, trust_services
from shared.key_files import KeyFile
from shared.signed_tokens import InternalTokenVerifier
from shared.web import create_service_app


async def ready() -> None:
    """Return no reason: the app is ready at once."""


def create_app(url: str, keys: Path) -> FastAPI:
    """Build the app on a permits database and the gateway's public keys."""
    engine = create_engine(url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = create_service_app(title="By key", version="1", lifespan=lifespan, reason_not_ready=ready)
    trust_services(app, InternalTokenVerifier("permits", {"gateway": KeyFile(keys)}))

    @app.get("/taxa/{taxon_id}")
    async def read_taxon(taxon_id: UUID, party: CallingParty) -> dict[str, object]:
        async with engine.connect() as conn:
            row = (await conn.execute(select(taxa).where(taxa.c.id == taxon_id))).mappings().one()
        return {"data": [dict(row)], "next_cursor": None}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2], Path(sys.argv[3])), port=int(sys.argv[1]), access_log=False, log_config=None)
