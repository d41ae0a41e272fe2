"""The routes about what holds beyond the papers, which permits answers: policies, reference data that is loaded."""

from services.gateway.api.proxy.proxy import ProxiedRoute
from shared.contracts.policy import Policy

PATH = "/v1/reference"


def _load_route(table: str, operation: str, summary: str, description: str) -> ProxiedRoute:
    return ProxiedRoute(
        "PUT",
        f"{PATH}/{table}",
        operation,
        "permits",
        summary,
        "The report: what was taken, repaired, refused, unchanged, added, changed, ended; with lines and reasons",
        description + " It holds `from` a day on, today when not said. The same file again changes nothing.",
        file_media_type="text/csv",
        query=("from",),
    )


LOAD_ROUTES: tuple[ProxiedRoute, ...] = (
    _load_route("taxa", "load_taxa", "Load the species index", "CSV with the columns of the public index of species."),
    _load_route(
        "suspensions", "load_suspensions", "Load suspensions of trade", "CSV with the columns of the public list."
    ),
    _load_route("quotas", "load_quotas", "Load annual quotas", "CSV with the columns of the public list."),
)
"""Routes that take a file, however large, and pass it on as it arrives."""

REFERENCE_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "GET",
        "/v1/policies/{country}",
        "read_policy",
        "permits",
        "Read a country's policy",
        "Its switches, with its version as ETag",
        "What the country asks for beyond the Convention; every switch is off until it is turned on.",
    ),
    ProxiedRoute(
        "PUT",
        "/v1/policies/{country}",
        "change_policy",
        "permits",
        "Change a country's policy",
        "The policy as it is now",
        "The switches anew: what is not named is off. It holds for what is checked from then on.",
        request_model=Policy,
        headers=("If-Match",),
        problem_codes=("version-missing", "version-stale"),
    ),
    ProxiedRoute(
        "GET",
        f"{PATH}/taxa",
        "read_taxa",
        "permits",
        "Look a taxon up",
        "Its listings on the day, one for each Appendix",
        "By accepted name, synonym, higher taxon or hybrid, authors and capitals aside; where nothing is called so, "
        "by the beginning of a name. `on` is today when not said; `country` tells the parts of a split listing apart.",
        query=("name", "on", "country", "limit"),
    ),
    ProxiedRoute(
        "GET",
        f"{PATH}/suspensions",
        "read_suspensions",
        "permits",
        "Read the suspensions in force",
        "The suspensions on the day",
        "Of one `country` or of all, in force on a day: `on`, today when not said.",
        query=("country", "on", "limit", "cursor"),
    ),
    ProxiedRoute(
        "GET",
        f"{PATH}/quotas",
        "read_quotas",
        "permits",
        "Read the quotas in force",
        "The quotas on the day, each with what permits took of it",
        "Of one `country` or of all, in force on a day: `on`, today when not said. What was `taken` is the sum of the "
        "permits that stand; one revoked or replaced gives back its part.",
        query=("country", "on", "limit", "cursor"),
    ),
)
