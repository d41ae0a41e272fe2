"""What says that the database is away is known for that, from SQLAlchemy or from the driver itself."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from shared.database import is_unavailable


@pytest.mark.parametrize("kind", [asyncpg.AdminShutdownError, asyncpg.CannotConnectNowError, ConnectionRefusedError])
def test_a_server_that_stops_starts_or_is_not_there_is_away(kind: type[Exception]) -> None:
    error = kind("not now")
    assert is_unavailable(error) and is_unavailable(DBAPIError("SELECT 1", None, error))


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.InvalidTextRepresentationError, ValueError])
def test_a_fault_of_a_statement_is_not(kind: type[Exception]) -> None:
    error = kind("wrong")
    assert not is_unavailable(error) and not is_unavailable(DBAPIError("SELECT 1", None, error))
