"""Read and change the policy of a country: its requirements beyond the Convention."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import policies
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.time_zones import country_codes
from shared.contracts.parties import Party
from shared.contracts.policy import Policy
from shared.contracts.views.parts import render_json
from shared.contracts.views.reference import PolicyView
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, NotFound


async def read(engine: AsyncEngine, country: str) -> PolicyView:
    """Return a country's policy with its version. Raise NotFound for a code that is no country."""
    _require_country(country)
    async with engine.connect() as conn:
        return _policy_view(country, *await policies.read(conn, country))


async def change(
    engine: AsyncEngine, country: str, policy: Policy, party: Party, command: IdempotentCommand
) -> StoredResponse:
    """Replace a country's policy. Raise NotFound, or Conflict if the command names another version than the current."""
    _require_country(country)
    async with engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return stored
        _, version = await policies.read(conn, country, lock=True)
        command.condition.require(version)
        if not await policies.store_version(conn, country, policy, version + 1, party.id, command.at):
            raise Conflict(
                "version-stale",
                "Another request changed the policy at the same moment. Read it again, then repeat your change.",
            )
        response = StoredResponse(
            status=200, body=render_json(_policy_view(country, policy, version + 1)), version=version + 1
        )
        await idempotency.store_response(conn, commands, command, response)
        return response


def _require_country(country: str) -> None:
    if country not in country_codes():
        raise NotFound


def _policy_view(country: str, policy: Policy, version: int) -> PolicyView:
    return PolicyView(country=country, version=version, **dict(policy))
