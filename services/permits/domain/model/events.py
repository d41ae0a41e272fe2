"""Events about declarations, permits, applications and quotas."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from shared.cites.events import EventType
from shared.contracts.closed_sets import ActorRole
from shared.contracts.events.applications import ApplicationEventData
from shared.contracts.events.catalogue import event_type_of
from shared.contracts.events.declarations import DeclarationEventData
from shared.contracts.events.parts import EventData
from shared.contracts.events.permits import PermitEventData
from shared.contracts.parties import Actor


def system_actor(actor: Actor) -> Actor:
    """Return the hub itself as actor, at the time of another actor."""
    return (
        actor
        if actor.party is None and actor.role == ActorRole.RULES
        else Actor(party=None, role=ActorRole.RULES, at=actor.at)
    )


@dataclass(frozen=True, kw_only=True)
class Followers:
    """Parties that receive an event in their own right, and pairs of an agent and the trader for whom it receives it.

    An agent receives it only while its mandate is valid.
    """

    parties: frozenset[UUID] = frozenset()
    agents: frozenset[tuple[UUID, UUID]] = frozenset()

    def __or__(self, other: "Followers") -> "Followers":
        """Return the followers of both."""
        return Followers(parties=self.parties | other.parties, agents=self.agents | other.agents)


NO_FOLLOWERS = Followers()


def trader_and_agent(*, trader: UUID, party: UUID) -> Followers:
    """Return the trader of a declaration, and the party that lodged it as its agent."""
    return Followers(parties=frozenset({trader}), agents=frozenset({(party, trader)} if party != trader else ()))


Data_co = TypeVar("Data_co", bound=EventData, covariant=True)


@dataclass(frozen=True, kw_only=True)
class DomainEvent(Generic[Data_co]):
    """One event about a declaration, a permit, an application or a quota: its data and its actor.

    `from_status` is the status before the event. An event that keeps the status reports another change.
    `also_notify` are the parties that receive it in addition to those that may read its subject.
    """

    from_status: str | None
    data: Data_co
    actor: Actor
    also_notify: Followers = NO_FOLLOWERS

    @property
    def event_type(self) -> EventType:
        """The event type of the model of its data."""
        return event_type_of(self.data)


DeclarationEvent = DomainEvent[DeclarationEventData]
PermitEvent = DomainEvent[PermitEventData]
ApplicationEvent = DomainEvent[ApplicationEventData]
AnyEvent = DeclarationEvent | PermitEvent | ApplicationEvent
