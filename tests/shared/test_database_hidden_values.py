"""The errors of a database quote no value of a statement."""

from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from shared.database import create_engine


def test_engine_of_service_hides_values_of_statements() -> None:
    engine: Any = create_engine("postgresql+asyncpg://nobody@/nowhere")
    assert engine.sync_engine.hide_parameters
    assert create_async_engine("postgresql+asyncpg://nobody@/nowhere").sync_engine.hide_parameters is False
