"""A process of the hub ends on a signal or when a task fails, and finishes the work that it has begun."""

import asyncio
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import asyncio
from shared.logs import configure_logging
from shared.service_process import work_until_signal

async def forever():
    await asyncio.Event().wait()

async def broken():
    raise RuntimeError("this task broke")

configure_logging("test")
"""


async def start(program: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PRELUDE + program,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_worker_ends_when_its_background_task_fails() -> None:
    worker = await start("asyncio.run(work_until_signal(forever(), broken()))")
    async with asyncio.timeout(30):
        _, errors = await worker.communicate()
    assert worker.returncode == 0
    assert b"this task broke" in errors


async def test_worker_ends_with_an_error_when_its_loop_fails() -> None:
    worker = await start("asyncio.run(work_until_signal(broken(), forever()))")
    async with asyncio.timeout(30):
        _, errors = await worker.communicate()
    assert worker.returncode == 1
    assert b"RuntimeError: this task broke" in errors


async def test_worker_with_drain_finishes_its_work_after_a_signal() -> None:
    worker = await start("""
draining = asyncio.Event()

async def work():
    print("started", flush=True)
    await draining.wait()
    await asyncio.sleep(0.1)
    print("finished", flush=True)

asyncio.run(work_until_signal(work(), drain=draining.set))
""")
    assert worker.stdout is not None
    async with asyncio.timeout(30):
        assert await worker.stdout.readline() == b"started\n"
        worker.send_signal(signal.SIGTERM)
        assert await worker.stdout.read() == b"finished\n"
        assert await worker.wait() == 0


async def test_worker_without_drain_ends_after_a_signal() -> None:
    worker = await start("""
async def work():
    print("started", flush=True)
    await forever()

asyncio.run(work_until_signal(work()))
""")
    assert worker.stdout is not None
    async with asyncio.timeout(30):
        assert await worker.stdout.readline() == b"started\n"
        worker.send_signal(signal.SIGTERM)
        assert await worker.wait() == 0


async def test_process_opens_more_files_than_the_system_allows_at_first() -> None:
    program = """
import resource
from shared.service_process import raise_file_limit
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
print(raise_file_limit(200), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 150))
print(raise_file_limit(200), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
print(raise_file_limit(120), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    process = await start(program)
    async with asyncio.timeout(30):
        output, errors = await process.communicate()
    assert output.split() == [b"200", b"200", b"150", b"150", b"120", b"150"], errors


async def test_worker_ends_when_its_background_task_fails_and_the_error_cannot_be_logged() -> None:
    worker = await start("""
import shared.service_process as process

class BrokenLogger:
    def error(self, *_, **__):
        raise OSError("no log")

async def work():
    await asyncio.sleep(0)
    process.logger = BrokenLogger
    await forever()

asyncio.run(work_until_signal(work(), broken()))
""")
    async with asyncio.timeout(30):
        await worker.communicate()
    assert worker.returncode == 0
