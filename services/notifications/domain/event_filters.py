"""What an event is about, and what an endpoint wants to hear about: labels, alike on both sides."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.contracts.messages import News
from shared.contracts.webhooks import Filters


def topics_of(news: News) -> list[str]:
    """Answer the labels of an event: its countries, its permits by each of their names, its taxa and their genera."""
    heard, data = news.audience, news.data
    permits = [*heard.permits, *_named(data, "permit_id"), *_permit(data)]
    taxa = [*heard.taxa, *_named(data, "taxon")]
    countries = [*heard.countries, *_named(data, "issuer"), *_named(data, "country")]
    kind = f"subject:{news.subject.partition(':')[0]}"
    return sorted({kind} | {f"country:{c}" for c in countries} | _of_permits(permits) | set(_of_taxa(taxa)))


def wanted(filters: Filters) -> dict[str, list[str] | None]:
    """Answer the labels of each kind of which an event must have one; None where it need not have any."""
    return {
        "countries": sorted({f"country:{c}" for c in filters.countries}) or None,
        "permits": sorted({f"permit:{number.lower()}" for number in filters.permits}) or None,
        "taxa": sorted({f"taxon:{_plain(name)}" for name in filters.taxa}) or None,
    }


def _of_permits(names: Iterable[str]) -> set[str]:
    known = {name.lower() for name in names}
    return {f"permit:{name}" for name in known | {name.partition("/")[2] for name in known if "/" in name[:3]}}


def _of_taxa(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        plain = _plain(name)
        yield f"taxon:{plain}"
        yield f"taxon:{plain.partition(' ')[0]}"


def _plain(name: str) -> str:
    """Write a scientific name in lower case with single blanks; `Crocodylia spp.` is the taxon by itself."""
    return " ".join(name.lower().removesuffix("spp.").split())


def _permit(data: dict[str, Any]) -> list[str]:
    return [f"{data['issuer']}/{data['number']}"] if {"issuer", "number"} <= data.keys() else []


def _named(data: dict[str, Any], name: str) -> list[str]:
    found = data.get(name)
    return [found] if isinstance(found, str) and "\x00" not in found else []
