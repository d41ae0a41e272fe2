"""The baseline of `bench.gateway`: FastAPI validates, SQLAlchemy inserts and commits, once per request."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from sqlalchemy import JSON, Column, MetaData, Table, Text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.contracts.declaration import Declaration

metadata = MetaData()
declarations = Table(
    "bench_declarations", metadata, Column("id", Text, primary_key=True), Column("content", JSON, nullable=False)
)
engine = create_async_engine(sys.argv[2], pool_size=16, max_overflow=0) if len(sys.argv) > 2 else None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the table."""
    assert engine is not None
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/declarations", status_code=202)
async def store(declaration: Declaration) -> dict[str, str]:
    """Store a declaration."""
    assert engine is not None
    declaration_id = str(uuid4())
    async with engine.begin() as conn:
        await conn.execute(declarations.insert().values(id=declaration_id, content=declaration.model_dump(mode="json")))
    return {"id": declaration_id}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_config=None)
