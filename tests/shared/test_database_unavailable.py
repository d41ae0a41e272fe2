"""Errors that mean "the database is unavailable", raised by SQLAlchemy or by its driver."""

import errno

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from shared.database import is_out_of_space, is_unavailable
from tests.small_disk import small_disk


@pytest.mark.parametrize("kind", [asyncpg.AdminShutdownError, asyncpg.CannotConnectNowError, ConnectionRefusedError])
def test_error_of_server_that_stops_or_starts_or_is_absent_means_unavailable(kind: type[Exception]) -> None:
    error = kind("not now")
    assert is_unavailable(error) and is_unavailable(DBAPIError("SELECT 1", None, error))


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.InvalidTextRepresentationError, ValueError])
def test_error_of_statement_does_not_mean_unavailable(kind: type[Exception]) -> None:
    error = kind("wrong")
    assert not is_unavailable(error) and not is_unavailable(DBAPIError("SELECT 1", None, error))


@pytest.mark.parametrize(
    "error", [asyncpg.DiskFullError("full"), OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "")]
)
def test_error_of_full_disk_means_out_of_space_and_unavailable(error: Exception) -> None:
    for found in (error, DBAPIError("SELECT 1", None, error)):
        assert is_out_of_space(found) and is_unavailable(found)


def test_error_of_absent_server_with_a_full_disk_means_out_of_space(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = ConnectionRefusedError(errno.ECONNREFUSED, "not now")
    starting = DBAPIError("SELECT 1", None, asyncpg.CannotConnectNowError("not now"))
    with small_disk("40m") as disk:
        monkeypatch.setenv("SAOLA_DATABASE_FOLDER", str(disk.folder))
        assert not is_out_of_space(absent) and not is_out_of_space(starting)
        disk.fill()
        assert is_out_of_space(absent) and is_out_of_space(starting)
        assert not is_out_of_space(DBAPIError("SELECT 1", None, asyncpg.UniqueViolationError("twice")))


def test_error_of_absent_server_does_not_mean_out_of_space() -> None:
    assert not is_out_of_space(ConnectionRefusedError(errno.ECONNREFUSED, "not now"))
    assert not is_out_of_space(DBAPIError("SELECT 1", None, asyncpg.AdminShutdownError("not now")))
