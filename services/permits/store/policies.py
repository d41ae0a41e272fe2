"""Read and change the policies of countries. Each change is stored with its actor."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import policies, policy_history
from shared.contracts.policy import Policy

UNCHANGED_VERSION = 0
"""The version of a policy without any change."""


async def read(conn: AsyncConnection, country: str, *, lock: bool = False) -> tuple[Policy, int]:
    """Return a country's policy and its version. By default, every switch is off."""
    query = select(policies).where(policies.c.country == country)
    row = (await conn.execute(query.with_for_update() if lock else query)).mappings().first()
    return (Policy.model_validate(row["policy"]), row["version"]) if row else (Policy(), UNCHANGED_VERSION)


async def list_all(conn: AsyncConnection) -> dict[str, Policy]:
    """Return the policies by country, without the countries that have the default."""
    query = select(policies.c.country, policies.c.policy)
    return {row.country: Policy.model_validate(row.policy) for row in await conn.execute(query)}


async def store_version(
    conn: AsyncConnection, country: str, policy: Policy, version: int, actor_party_id: UUID, at: datetime
) -> bool:
    """Store a version of a policy and its history. Return False if another version was stored at the same moment."""
    values = {"country": country, "version": version, "policy": policy.model_dump(mode="json")}
    changes = {"version": version, "policy": values["policy"]}
    statement = (
        insert(policies)
        .values(values)
        .on_conflict_do_update(index_elements=["country"], set_=changes, where=policies.c.version == version - 1)
        .returning(policies.c.version)
    )
    if (await conn.execute(statement)).first() is None:
        return False
    await conn.execute(insert(policy_history).values({**values, "at": at, "actor_party_id": actor_party_id}))
    return True


async def list_members(conn: AsyncConnection, countries: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the countries whose customs acts in place of each of these countries, by the policy of each."""
    query = select(policies.c.country, policies.c.policy).where(policies.c.country.in_(sorted(set(countries))))
    rows = await conn.execute(query)
    return {row.country: frozenset(Policy.model_validate(row.policy).customs_of_members) for row in rows}
