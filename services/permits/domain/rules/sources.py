"""Sources that only animals or only plants have (Resolution Conf. 12.3, source codes)."""

from services.permits.domain.reference.listing_lookup import ANIMALS, PLANTS
from shared.cites.codes import ANIMAL_SOURCES, PLANT_SOURCES, SOURCES


def source_mismatch(source: str | None, kingdom: str | None) -> str | None:
    """Return a sentence that explains why a kingdom cannot have a source; None if it can or is unknown."""
    if source in PLANT_SOURCES and kingdom == ANIMALS:
        return f"source {source} ({SOURCES[source]}) is of plants, and this is an animal."
    if source in ANIMAL_SOURCES and kingdom == PLANTS:
        return f"source {source} ({SOURCES[source]}) is of animals, and this is a plant."
    return None
