"""The models of responses about parties."""

from pydantic import ConfigDict

from shared.contracts import parties
from shared.contracts.views.pages import Page


class PartyView(parties.Party):
    """A party as it is now; its version is its ETag."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Parties(Page):
    """A page of parties, newest first."""

    data: tuple[PartyView, ...]
