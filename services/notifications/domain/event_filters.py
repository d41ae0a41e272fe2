"""Filter keys: an event and an endpoint's filters have the same keys, so that matching compares strings."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.contracts.messages import EventMessage
from shared.contracts.webhooks import EventFilters


def filter_keys_for_event(event_message: EventMessage) -> list[str]:
    """Return the filter keys of an event: its countries, all names of its permits, its taxa and their genera."""
    audience, data = event_message.audience, event_message.data
    permits = [*audience.permits, *_text_field(data, "permit_id"), *_permit_names(data)]
    taxa = [*audience.taxa, *_text_field(data, "taxon")]
    countries = [*audience.countries, *_text_field(data, "issuer"), *_text_field(data, "country")]
    subject_kind = f"subject:{event_message.subject.partition(':')[0]}"
    return sorted({subject_kind} | {f"country:{c}" for c in countries} | _permit_keys(permits) | set(_taxon_keys(taxa)))


def required_filter_keys(filters: EventFilters) -> dict[str, list[str] | None]:
    """Return the filter keys of each kind: an event must have one of them. None: the kind has no filter."""
    return {
        "countries": sorted({f"country:{c}" for c in filters.countries}) or None,
        "permits": sorted({f"permit:{number.lower()}" for number in filters.permits}) or None,
        "taxa": sorted({f"taxon:{_normalize_name(name)}" for name in filters.taxa}) or None,
    }


def _permit_keys(names: Iterable[str]) -> set[str]:
    lowered = {name.lower() for name in names}
    return {f"permit:{name}" for name in lowered | {name.partition("/")[2] for name in lowered if "/" in name[:3]}}


def _taxon_keys(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        normalized = _normalize_name(name)
        yield f"taxon:{normalized}"
        yield f"taxon:{normalized.partition(' ')[0]}"


def _normalize_name(name: str) -> str:
    """Return a scientific name in lower case with single blanks. `Crocodylia spp.` becomes `crocodylia`."""
    return " ".join(name.lower().removesuffix("spp.").split())


def _permit_names(data: dict[str, Any]) -> list[str]:
    return [f"{data['issuer']}/{data['number']}"] if {"issuer", "number"} <= data.keys() else []


def _text_field(data: dict[str, Any], name: str) -> list[str]:
    found = data.get(name)
    return [found] if isinstance(found, str) and "\x00" not in found else []
