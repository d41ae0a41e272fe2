"""Read and change what a country asks for beyond the Convention."""

import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import commands, policies
from services.permits.store.commands import Command, Kept
from shared.cites.time_zones import countries
from shared.contracts.parties import Party
from shared.contracts.policy import Policy
from shared.problems import Conflict, NotFound


async def read(engine: AsyncEngine, country: str) -> dict[str, Any]:
    """Answer a country's policy with its version."""
    _must_be_known(country)
    async with engine.connect() as conn:
        return _view(country, *await policies.find(conn, country))


async def change(engine: AsyncEngine, country: str, stated: Policy, party: Party, command: Command) -> Kept:
    """State a country's policy anew, against the version that stands."""
    _must_be_known(country)
    async with engine.begin() as conn:
        kept = await commands.begin(conn, command)
        if kept is not None:
            return kept
        _, version = await policies.find(conn, country, lock=True)
        command.must_match(version)
        if not await policies.keep(conn, country, stated, version + 1, party.id, command.at):
            raise Conflict("version-stale", "It was changed at this moment. Read it, then ask again for that.")
        answer = Kept(200, json.dumps(_view(country, stated, version + 1)), None, version + 1)
        await commands.end(conn, command, answer)
        return answer


def _must_be_known(country: str) -> None:
    if country not in countries():
        raise NotFound


def _view(country: str, policy: Policy, version: int) -> dict[str, Any]:
    return {"country": country, "version": version, **policy.model_dump(mode="json")}
