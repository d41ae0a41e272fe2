"""The models of responses about parties."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts import parties
from shared.contracts.views.pages import Page


class PartyView(parties.Party):
    """The current state of a party. Its version is its ETag."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Parties(Page):
    """A page of parties, newest first."""

    data: Annotated[tuple[PartyView, ...], Field(description="Parties, newest first")]
