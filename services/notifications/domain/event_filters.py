"""Filter keys: an event and an endpoint's filters have the same keys, so that matching compares strings."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.contracts.comparison import comparison_key
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
    """Return the filter keys of each kind: an event must have one of them. None: the kind has no filter.

    `ZA/2026-1` may be an issuer and a number, or a number that begins with the code of a country, so it has two keys.
    """
    return {
        "countries": sorted({f"country:{c}" for c in filters.countries}) or None,
        "permits": sorted(
            {f"permit:{key}" for name in filters.permits for key in (_permit_key(name), comparison_key(name))}
        )
        or None,
        "taxa": sorted({f"taxon:{_normalize_name(name)}" for name in filters.taxa}) or None,
    }


def _permit_keys(names: Iterable[str]) -> set[str]:
    keys = {_permit_key(name) for name in names}
    return {f"permit:{key}" for key in keys | {key.partition("/")[2] for key in keys if "/" in key}}


def _permit_key(name: str) -> str:
    """Return the key of a permit's id, its number, or its issuer and number: `za/za-2026-000123`."""
    issuer, slash, number = name.partition("/")
    if slash and len(issuer) == 2:
        return f"{issuer.lower()}/{comparison_key(number)}"
    return comparison_key(name)


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
