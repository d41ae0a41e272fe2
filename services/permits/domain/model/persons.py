"""The persons who act for an office, because a country may require two of them."""

from dataclasses import dataclass

from shared.contracts.parties import Actor, Party

UNKNOWN_PERSON = ""
"""The person of a call without a credential. Two such calls never count as two people."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """The person behind a call, as the gateway names it, and the credential of the call.

    The name stays when the credential is rotated. Assessments of an earlier version name the credential instead.
    """

    name: str
    credential: str = ""


@dataclass(frozen=True, kw_only=True)
class Officer:
    """An officer of an authority: the party, the person and the actor."""

    party: Party
    person: Person
    actor: Actor
