"""The routes about what holds beyond the papers, which permits answers: policies, reference data that is loaded."""

from services.gateway.api.proxy.proxy import Relayed
from shared.contracts.policy import Policy

R = "/v1/reference"


def _loaded(what: str, operation: str, summary: str, description: str) -> Relayed:
    return Relayed(
        "PUT",
        f"{R}/{what}",
        operation,
        "permits",
        summary,
        "The report: what was taken, repaired, refused, unchanged, added, changed, ended; with lines and reasons",
        description + " It holds `from` a day on, today when not said. The same file again changes nothing.",
        file="text/csv",
        query=("from",),
    )


LOADS: tuple[Relayed, ...] = (
    _loaded("taxa", "load_taxa", "Load the species index", "CSV with the columns of the public index of species."),
    _loaded("suspensions", "load_suspensions", "Load suspensions of trade", "CSV with the columns of the public list."),
    _loaded("quotas", "load_quotas", "Load annual quotas", "CSV with the columns of the public list."),
)
"""Routes that take a file, however large, and pass it on as it arrives."""

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
    Relayed(
        "GET",
        f"{R}/taxa",
        "read_taxa",
        "permits",
        "Look a taxon up",
        "Its listings on the day, one for each Appendix",
        "By accepted name, synonym, higher taxon or hybrid, authors and capitals aside; where nothing is called so, "
        "by the beginning of a name. `on` is today when not said; `country` tells the parts of a split listing apart.",
        query=("name", "on", "country", "limit"),
    ),
    Relayed(
        "GET",
        f"{R}/suspensions",
        "read_suspensions",
        "permits",
        "Read the suspensions in force",
        "The suspensions on the day",
        "Of one `country` or of all, in force on a day: `on`, today when not said.",
        query=("country", "on", "limit", "cursor"),
    ),
    Relayed(
        "GET",
        f"{R}/quotas",
        "read_quotas",
        "permits",
        "Read the quotas in force",
        "The quotas on the day, each with what permits took of it",
        "Of one `country` or of all, in force on a day: `on`, today when not said. What was `taken` is the sum of the "
        "permits that stand; one revoked or replaced gives back its part.",
        query=("country", "on", "limit", "cursor"),
    ),
)
