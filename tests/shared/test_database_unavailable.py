"""Errors that mean "the database is unavailable", raised by SQLAlchemy or by its driver."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from shared.database import is_unavailable


@pytest.mark.parametrize("kind", [asyncpg.AdminShutdownError, asyncpg.CannotConnectNowError, ConnectionRefusedError])
def test_error_of_server_that_stops_or_starts_or_is_absent_means_unavailable(kind: type[Exception]) -> None:
    error = kind("not now")
    assert is_unavailable(error) and is_unavailable(DBAPIError("SELECT 1", None, error))


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.InvalidTextRepresentationError, ValueError])
def test_error_of_statement_does_not_mean_unavailable(kind: type[Exception]) -> None:
    error = kind("wrong")
    assert not is_unavailable(error) and not is_unavailable(DBAPIError("SELECT 1", None, error))
