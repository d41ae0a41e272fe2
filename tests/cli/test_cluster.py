"""The cluster of the embedded PostgreSQL: complete or missing, whatever ends its creation."""

import multiprocessing
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from services.cli.cluster import create_missing_cluster
from services.cli.databases import EmbeddedPostgres, find_programs
from services.cli.server_account import find_server_account, reachable_programs, temporary_home
from tests.power_cut import volatile_disk
from tests.waiting import block_until


def _create(folder: Path) -> None:
    account = find_server_account()
    create_missing_cluster(folder, reachable_programs(account, find_programs()), account)


def _find_initdb(folder: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter() if p.name() == "initdb" and str(folder) in " ".join(p.cmdline())]


def test_cluster_whose_creation_was_killed_is_created_again() -> None:
    with temporary_home("sh-") as folder:
        creation = multiprocessing.get_context("fork").Process(target=_create, args=(folder / "pg",))
        creation.start()
        block_until(lambda: any(folder.rglob("PG_VERSION")))
        [initdb] = _find_initdb(folder)
        creation.kill()
        initdb.kill()
        creation.join()
        assert any(folder.rglob("PG_VERSION"))  # the half cluster is there
        embedded = EmbeddedPostgres(folder / "pg")
        embedded.start()
        embedded.stop()
        assert [path.name for path in folder.iterdir()] == ["pg"]


def test_cluster_of_a_failed_creation_leaves_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.cluster.SETTINGS", ("max_connections=none",))
    with temporary_home("sh-") as folder:
        with pytest.raises(RuntimeError, match="initdb failed: "):
            _create(folder / "pg")
        assert list(folder.iterdir()) == []


def test_cluster_has_its_name_on_the_disk_when_it_is_created() -> None:
    with temporary_home("sh-") as folder, volatile_disk() as disk:
        _create(folder / "pg")
        assert None not in disk.possible(folder / "pg")[-1]


def test_cluster_is_not_created_over_other_files() -> None:
    with temporary_home("sh-") as folder:
        (folder / "pg").mkdir()
        (folder / "pg" / "notes").write_text("mine")
        account = find_server_account()
        os.chown(folder / "pg", account.uid, account.gid)
        with pytest.raises(RuntimeError, match="contains files, but no database"):
            _create(folder / "pg")
        assert (folder / "pg" / "notes").read_text() == "mine"


def test_cluster_at_a_mount_point_is_refused_with_advice() -> None:
    with temporary_home("sh-") as folder:
        data = folder / "pg"
        data.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", data], check=False).returncode:
            pytest.skip("this test mounts a disk, and only root with the right to mount can do that")
        try:
            with pytest.raises(RuntimeError, match=f"Mount that disk at {folder}"):
                _create(data)
        finally:
            subprocess.run(["umount", "--lazy", data], check=True)
