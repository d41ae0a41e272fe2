"""The models of responses about the policies of countries."""

from pydantic import ConfigDict

from services.gateway.api.descriptions.response_parts import CountryCode
from shared.contracts import policy


class PolicyView(policy.Policy):
    """What a country asks for beyond the Convention, every switch named."""

    model_config = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)

    country: CountryCode
    version: int
