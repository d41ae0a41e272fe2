"""Audience keys: an event and a party have the same keys, so that matching compares strings."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.closed_sets import Role
from shared.contracts.messages import AgentOfTrader, Audience, Sender
from shared.contracts.parties import Party


@dataclass(frozen=True, kw_only=True)
class CountryGrant:
    """The event types that a partner receives about one country."""

    number: int
    country: str
    patterns: tuple[str, ...]


def audience_keys_for_party(party: Party) -> frozenset[str]:
    """Return the audience keys of a party: its identifiers in its country, and each of its roles there.

    A party that is only a partner has no keys: only its grants select its events. A disabled party keeps its keys: it
    receives its events when it is enabled again.
    """
    if set(party.roles) <= {Role.PARTNER}:
        return frozenset()
    offices = {_office_key(role, party.country) for role in party.roles if role != Role.PARTNER}
    return frozenset({_holder_key(key) for key in party.identifier_keys} | offices)


def audience_keys_for_event(audience: Audience) -> frozenset[str]:
    """Return the audience keys of an event. Omit identifiers with a NUL character, because no party has one."""
    holders = {_holder_key(key) for key in audience.identifiers if "\x00" not in key}
    return frozenset(holders | {_office_key(office.role, office.country) for office in audience.offices})


def with_named_agents(audience: Audience) -> Audience:
    """Return an audience whose agents are named as agents.

    An event of an earlier release names the agent as the second of its parties and of its senders, after the trader.
    """
    sender = audience.sender
    if sender is None or len(sender.parties) != 2:
        return audience
    trader, agent = sender.parties
    agents = (AgentOfTrader(agent=agent, trader=trader),)
    return audience.model_copy(
        update={
            "parties": tuple(party_id for party_id in audience.parties if party_id != agent),
            "agents": agents,
            "sender": sender.model_copy(update={"parties": (trader,), "agents": agents}),
        }
    )


def senders_except(party: Party, sender: Sender, valid: Set[tuple[UUID, UUID]]) -> Audience | None:
    """Return the senders except this party; None if there is no other.

    `valid` are the pairs of an agent and a trader that have a valid mandate. Other agents learn nothing later.
    """
    parties = tuple(party_id for party_id in sender.parties if party_id != party.id)
    agents = tuple(one for one in sender.agents if one.agent != party.id and (one.agent, one.trader) in valid)
    offices = tuple(o for o in sender.offices if o.role not in party.roles or o.country != party.country)
    if not (parties or agents or offices):
        return None
    return Audience(parties=parties, agents=agents, offices=offices)


def country_grants(party: Party) -> Iterator[CountryGrant]:
    """Yield the grants of a partner, one for each country; none for other parties."""
    if Role.PARTNER not in party.roles:
        return
    for number, grant in enumerate(party.grants):
        for country in sorted(set(grant.countries)):
            yield CountryGrant(number=number, country=country, patterns=grant.event_types)


def _holder_key(identifier_key: str) -> str:
    return f"holder:{identifier_key}"


def _office_key(role: str, country: str) -> str:
    return f"office:{role}:{country}"
