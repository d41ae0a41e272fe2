"""The embedded PostgreSQL: who may connect, where its socket is, and which folders it refuses."""

import multiprocessing
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from services.cli import databases
from services.cli.databases import EmbeddedPostgres, Server, ServerState, find_programs
from services.cli.server_account import SHORT_PARENT, UNPRIVILEGED_NAME, find_server_account, temporary_home
from services.cli.server_processes import end_server

LONG_NAME = "n" * 90
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


def _require_open_installation() -> None:
    """Skip the test if other users cannot run the programs of this installation."""
    if find_server_account().find_closed_folder(find_programs()) is not None:
        pytest.skip("this installation is in a folder that other users cannot enter")


@contextmanager
def _running(folder: Path) -> Iterator[Server]:
    embedded = EmbeddedPostgres(folder)
    try:
        yield embedded.start()
    finally:
        embedded.stop()


def _mode(path: Path | str) -> int:
    return stat.S_IMODE(Path(path).lstat().st_mode)


def _select_as(name: str, server: Server) -> "subprocess.CompletedProcess[str]":
    """Run a statement as a system user that is not the hub's, as the superuser of the database."""
    command: list[str | Path] = [
        find_programs() / "psql",
        "--host",
        server.host,
        "--username",
        "postgres",
        "-tAc",
        "SELECT 42",
    ]
    user = pwd.getpwnam(name)
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )


def _serve_as_nobody(folder: Path, control: Connection) -> None:
    """Run a server as an ordinary user until the other side closes the connection."""
    user = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    with _running(folder) as server:
        control.send(server)
        control.recv()


@contextmanager
def _running_as_nobody(folder: Path) -> Iterator[Server]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve_as_nobody, args=(folder, there))
    process.start()
    try:
        assert here.poll(60), "the server did not start"
        yield here.recv()
    finally:
        here.send("stop")
        process.join(30)


@needs_root
def test_database_of_an_ordinary_user_with_a_long_home_refuses_other_users() -> None:
    _require_open_installation()
    with temporary_home("sh-") as folder:
        home = folder / LONG_NAME
        home.mkdir()
        os.chown(home, pwd.getpwnam("nobody").pw_uid, -1)
        with _running_as_nobody(home / "database") as server:
            socket = Path(server.host)
            assert socket.parent == SHORT_PARENT
            assert _mode(socket) == 0o700
            assert socket.stat().st_uid == pwd.getpwnam("nobody").pw_uid
            assert _select_as("nobody", server).stdout == "42\n"
            assert "Permission denied" in _select_as(UNPRIVILEGED_NAME, server).stderr
            assert "Peer authentication failed" in _select_as("root", server).stderr
        assert not socket.exists()


@needs_root
def test_database_socket_in_an_open_folder_still_refuses_other_users() -> None:
    _require_open_installation()
    with temporary_home("sh-") as folder, _running(folder / "pg") as server:
        socket = Path(server.host) / ".s.PGSQL.5432"
        assert _mode(socket) == 0o700
        Path(server.host).chmod(0o755)
        socket.chmod(0o777)
        assert _select_as("root", server).stdout == "42\n"
        for other in ("nobody", UNPRIVILEGED_NAME):
            assert "Peer authentication failed" in _select_as(other, server).stderr


async def _read_access_rules(server: Server) -> set[str]:
    admin = await server.connect_as_superuser()
    try:
        return {f"{row['type']} {row['auth_method']}" for row in await admin.fetch("SELECT * FROM pg_hba_file_rules")}
    finally:
        await admin.close()


async def test_database_of_an_earlier_version_stops_trusting() -> None:
    with temporary_home("sh-") as folder:
        with _running(folder / "pg") as server:
            assert await _read_access_rules(server) == {"local peer"}
        (folder / "pg" / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
        with _running(folder / "pg") as server:
            assert await _read_access_rules(server) == {"local peer"}


async def test_database_with_a_short_path_has_its_socket_in_its_own_private_folder() -> None:
    with temporary_home("sh-") as folder, _running(folder / "pg") as server:
        assert Path(server.host) == folder / "pg"
        assert _mode(server.host) == 0o700
        admin = await server.connect_as_superuser()
        assert await admin.fetchval("SHOW synchronous_commit") == "on"
        assert await admin.fetchval("SHOW max_connections") == "200"
        await admin.close()


@pytest.mark.parametrize("name", [LONG_NAME, "with,comma"])
def test_database_of_a_killed_hub_starts_in_the_same_socket_folder(name: str) -> None:
    with temporary_home("sh-") as folder:
        (folder / name).mkdir()
        left_behind = EmbeddedPostgres(folder / name / "pg").start()
        assert Path(left_behind.host).parent == SHORT_PARENT
        embedded = EmbeddedPostgres(folder / name / "pg")
        assert embedded.start() == left_behind
        shutil.rmtree(left_behind.host)
        assert embedded.start() == left_behind
        assert _mode(left_behind.host) == 0o700
        embedded.stop()
        assert not Path(left_behind.host).exists()


@needs_root
@pytest.mark.parametrize("way", ["closed/home", "closed/deep/home", "home/closed"])
def test_database_under_root_refuses_a_closed_parent_and_keeps_its_mode(way: str) -> None:
    with temporary_home("sh-") as folder:
        home = folder / way
        home.mkdir(parents=True)
        closed = next(path for path in (home, *home.parents) if path.name == "closed")
        closed.chmod(0o700)
        before = {path: _mode(path) for path in (home, *home.parents)}
        with pytest.raises(RuntimeError) as refused:
            EmbeddedPostgres(home / "database").start(seconds=5)
        assert f"cannot enter {closed}." in str(refused.value)
        assert "--home /var/lib/saola" in str(refused.value)
        assert {path: _mode(path) for path in before} == before
        assert not (home / "database").exists()


@needs_root
def test_database_of_another_user_is_refused() -> None:
    with temporary_home("sh-") as folder:
        (folder / "pg").mkdir(mode=0o700)
        os.chown(folder / "pg", pwd.getpwnam("nobody").pw_uid, -1)
        with pytest.raises(RuntimeError, match=f"belongs to the user id .* runs as {find_server_account().name}"):
            EmbeddedPostgres(folder / "pg").start(seconds=5)


def test_database_without_its_programs_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(databases, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="no embedded PostgreSQL"):
        EmbeddedPostgres(tmp_path / "pg").start(seconds=5)


def test_database_that_ignores_fast_shutdown_is_stopped_immediately() -> None:
    with temporary_home("sh-") as folder:
        server = EmbeddedPostgres(folder / "pg")
        server.start()
        postmaster = psutil.Process(server.pid)
        postmaster.children()[0].suspend()  # fast mode waits for each process, without a limit
        end_server(postmaster, fast_seconds=0.5)
        assert not postmaster.is_running() or postmaster.status() == psutil.STATUS_ZOMBIE
        assert "immediate shutdown request" in (folder / "pg" / "log").read_text()
        server.start()
        server.stop()


def test_database_left_behind_that_obeys_no_order_is_killed_and_starts_again() -> None:
    with temporary_home("sh-") as folder:
        left_behind = EmbeddedPostgres(folder / "pg")
        left_behind.start()
        postmaster = psutil.Process(left_behind.pid)
        backends = postmaster.children()
        postmaster.suspend()
        embedded = EmbeddedPostgres(folder / "pg")
        embedded.start()
        assert embedded.pid != postmaster.pid
        assert not [process for process in backends if process.is_running()]
        embedded.stop()


def test_database_whose_server_was_killed_starts_although_a_process_of_it_remains() -> None:
    with temporary_home("sh-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        embedded.start()
        postmaster = psutil.Process(embedded.pid)
        remaining = postmaster.children()[0]
        remaining.suspend()  # it cannot see that its server has ended
        postmaster.kill()
        embedded.start()
        assert not remaining.is_running()
        embedded.stop()


def test_database_that_recovers_longer_than_the_limit_is_awaited() -> None:
    with temporary_home("sh-") as folder:
        embedded, account = EmbeddedPostgres(folder / "pg"), find_server_account()
        embedded.start()
        embedded.stop()
        account.replace_file(folder / "pg" / "recovery.signal", "")
        slow = "restore_command = 'sleep 3; false'\nhot_standby = off\n"
        account.replace_file(folder / "pg" / "postgresql.auto.conf", slow)
        times: dict[ServerState, list[float]] = {}
        embedded.start(seconds=2.5, on_wait=lambda state: times.setdefault(state, []).append(time.monotonic()))
        recovering = times[ServerState.RECOVERING]
        assert recovering[-1] - recovering[0] > 2.5
        embedded.stop()


def test_database_that_does_not_respond_is_ended_and_reported() -> None:
    with temporary_home("sh-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")

        def suspend(state: ServerState) -> None:
            psutil.Process(embedded.pid).suspend()

        with pytest.raises(RuntimeError, match=r"it did not respond within 2 s\. Its log: "):
            embedded.start(seconds=2.0, on_wait=suspend)
        assert embedded.pid is None
        embedded.stop()


def test_database_that_ends_at_each_attempt_is_given_up_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "MAX_ENDS_AT_START", 3)
    with temporary_home("sh-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        embedded.start()
        embedded.stop()
        find_server_account().replace_file(folder / "pg" / "postgresql.auto.conf", "max_connections = none\n")
        with pytest.raises(RuntimeError, match=r"ends at each attempt\. Its last reason: FATAL: .*contains errors"):
            embedded.start()


def test_database_start_leaves_another_process_with_the_recorded_id_alone() -> None:
    with temporary_home("sh-") as folder:
        stale, other = EmbeddedPostgres(folder / "stale"), EmbeddedPostgres(folder / "other")
        stale.start()
        stale.stop()
        other.start()
        (folder / "stale" / "postmaster.pid").write_text(f"{other.pid}\n")
        stale.start()
        assert other.pid is not None
        stale.stop()
        other.stop()
