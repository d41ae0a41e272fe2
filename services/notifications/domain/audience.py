"""Audience keys: an event and a party have the same keys, so that matching compares strings."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, Sender
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


def senders_except(party: Party, sender: Sender) -> Audience | None:
    """Return the senders except this party; None if there is no other."""
    parties = tuple(party_id for party_id in sender.parties if party_id != party.id)
    offices = tuple(o for o in sender.offices if o.role not in party.roles or o.country != party.country)
    return Audience(parties=parties, offices=offices) if parties or offices else None


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
