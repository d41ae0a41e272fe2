"""Tests that never end, and one after them. `test_waiting.py` alone runs this file."""

import asyncio
import threading

import pytest


@pytest.fixture
def endless() -> None:
    threading.Event().wait()


async def test_endless() -> None:
    await asyncio.Event().wait()


@pytest.mark.usefixtures("endless")
def test_with_an_endless_fixture() -> None:
    pass


async def test_after_the_endless_ones() -> None:
    await asyncio.sleep(0)
