"""Which sources are of animals alone, and which of plants alone (Resolution Conf. 12.3, source codes)."""

from shared.cites.codes import ANIMALS_ONLY, PLANTS_ONLY, SOURCES

ANIMALS, PLANTS = "animalia", "plantae"


def stranger(source: str | None, kingdom: str | None) -> str | None:
    """Say in words why no specimen of a kingdom can be of a source; None where it can, or that is not known."""
    if source in PLANTS_ONLY and kingdom == ANIMALS:
        return f"source {source} ({SOURCES[source]}) is of plants, and this is an animal."
    if source in ANIMALS_ONLY and kingdom == PLANTS:
        return f"source {source} ({SOURCES[source]}) is of animals, and this is a plant."
    return None
