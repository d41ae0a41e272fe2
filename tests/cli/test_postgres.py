"""The embedded PostgreSQL of the supervisor: how it comes back."""

import os
import signal
from collections.abc import Iterator

import pytest

from services.cli.postgres import RECOVERING, GuardedPostgres
from services.cli.server_account import find_server_account, temporary_home
from tests.waiting import block_until


def _ignore(message: str) -> None:
    """Ignore the messages of the first start."""


@pytest.fixture
def database() -> Iterator[GuardedPostgres]:
    """Yield a server that runs."""
    with temporary_home("sh-") as folder:
        database = GuardedPostgres(folder / "pg")
        try:
            database.start(_ignore)
            yield database
        finally:
            database.stop()


def _kill(database: GuardedPostgres) -> None:
    assert database.pid is not None
    os.kill(database.pid, signal.SIGKILL)


def _collect_until(database: GuardedPostgres, last: str) -> list[str]:
    """Return the messages of the restart, up to one that begins with `last`."""
    messages: list[str] = []

    def is_last() -> bool:
        message = database.restart_if_ended()
        messages.extend([message] if message else [])
        return message is not None and message.startswith(last)

    block_until(is_last)
    return messages


def test_server_that_was_killed_is_started_again(database: GuardedPostgres) -> None:
    assert database.restart_if_ended() is None
    for _ in range(2):
        _kill(database)
        assert _collect_until(database, "PostgreSQL is ready again.") == [
            "PostgreSQL ended. The hub starts it again.",
            "PostgreSQL is ready again.",
        ]


def test_server_that_cannot_start_is_started_later_and_reported_once(database: GuardedPostgres) -> None:
    data = database.folder
    _kill(database)
    data.rename(data.with_name("away"))
    assert _collect_until(database, "PostgreSQL cannot start: ")[-1] == (
        f"PostgreSQL cannot start: {data} contains no database. Check that its disk is mounted. The hub repeats the "
        "start."
    )
    first = database.consecutive_ends

    def is_attempted_silently() -> bool:
        assert database.restart_if_ended() is None
        return database.consecutive_ends == first + 2

    block_until(is_attempted_silently)
    data.with_name("away").rename(data)
    assert _collect_until(database, "PostgreSQL is ready again.") == ["PostgreSQL is ready again."]


def test_server_that_recovers_for_long_is_reported_once(
    database: GuardedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.postgres.RECOVERY_NOTICE_SECONDS", 0.5)
    account = find_server_account()
    slow = "restore_command = 'sleep 3; false'\nhot_standby = off\n"
    account.replace_file(database.folder / "postgresql.auto.conf", slow)
    account.replace_file(database.folder / "recovery.signal", "")
    _kill(database)
    messages = _collect_until(database, "PostgreSQL is ready again.")
    assert messages == ["PostgreSQL ended. The hub starts it again.", RECOVERING, "PostgreSQL is ready again."]
    account.replace_file(database.folder / "recovery.signal", "")
    database.stop()
    waits: list[str] = []
    database.start(waits.append)
    assert set(waits) == {"", RECOVERING}


def test_server_that_does_not_respond_is_ended_and_started_again(
    database: GuardedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.postgres.SILENT_SECONDS", 1.0)
    killed = database.pid  # it may exist for a moment longer
    _kill(database)
    block_until(lambda: database.restart_if_ended() is None and database.pid not in {None, killed})
    os.kill(database.pid or 0, signal.SIGSTOP)
    assert _collect_until(database, "PostgreSQL did not respond within 1 s.")
    assert database.pid is None
    monkeypatch.undo()
    _collect_until(database, "PostgreSQL is ready again.")
