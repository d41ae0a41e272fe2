"""The models of responses about parties."""

from pydantic import ConfigDict

from services.gateway.api.descriptions.response_parts import Page
from shared.contracts import parties


class PartyView(parties.Party):
    """A party as it is now; its version is its ETag."""

    model_config = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)


class Parties(Page):
    """A page of parties, newest first."""

    data: tuple[PartyView, ...]
