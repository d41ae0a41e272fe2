"""The routes about what holds beyond the papers, which permits answers: the policies of countries, as one list."""

from services.gateway.api.relay import Relayed
from shared.contracts.policy import Policy

LAW: tuple[Relayed, ...] = (
    Relayed(
        "GET",
        "/v1/policies/{country}",
        "read_policy",
        "permits",
        "Read a country's policy",
        "Its switches, with its version as ETag",
        "What the country asks for beyond the Convention; every switch is off until it is turned on.",
    ),
    Relayed(
        "PUT",
        "/v1/policies/{country}",
        "change_policy",
        "permits",
        "Change a country's policy",
        "The policy as it is now",
        "The switches anew: what is not named is off. It holds for what is checked from then on.",
        takes=Policy,
        headers=("If-Match",),
        codes=("version-missing", "version-stale"),
    ),
)
