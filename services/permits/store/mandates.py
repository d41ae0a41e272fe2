"""The traders that an agent represents today, from the copy of the mandates."""

from uuid import UUID

from sqlalchemy import Select, select

from services.permits.store.tables import mandates
from shared.mandate_copies import is_valid_today


def represented_traders(agent: UUID) -> Select[tuple[UUID]]:
    """Return the query of the traders that an agent represents today."""
    return select(mandates.c.trader_id).where(mandates.c.agent_id == agent, is_valid_today(mandates))
