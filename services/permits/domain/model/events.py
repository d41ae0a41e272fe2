"""What happened to a declaration or a permit or an application."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor


def system_actor(actor: Actor) -> Actor:
    """Answer the same moment in the hand of the hub itself."""
    return (
        actor
        if actor.party is None and actor.role == ActorRole.RULES
        else Actor(party=None, role=ActorRole.RULES, at=actor.at)
    )


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """One turn of a declaration or a permit: what its history row and its news are written from.

    A move that keeps the state tells of something else that changed. `payload` is told in its news, `detail` stands in
    its history as well. `also_notify` are parties who hear of it besides those who may read the thing.
    """

    from_status: str | None
    to_status: str
    actor: Actor
    event_type: str
    reason: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    also_notify: frozenset[UUID] = frozenset()
    detail: dict[str, Any] = field(default_factory=dict)
