"""Parse the populations of a split listing, and the country that requested Appendix III, from the annotation."""

import re
from collections.abc import Mapping

from services.permits.domain.reference.listings import Population
from services.permits.formats import country_names

_TAGS = re.compile(r"<[^<>]*>|\*\*")
_LIMIT = re.compile(r"(?i)\s*(?:\(subject to [^()]*\)|\[subject to [^\[\]]*\])")
"""A limit on the trade of a named country. It does not change the populations, so it is removed."""
_LIST_PATTERN = r"(?P<list>[^;.()\[\]]+?)"
_INTO = r"(?:which |that )?(?:is |are |were )?(?:included |listed )?in Appendix (?P<into>III|II|I)\b"
_BUT = (
    r"(?i)(?:except|excluding|other than)\s+(?:for\s+)?(?:those of |the |that of )*"
    rf"populations? (?:of|from|in) {_LIST_PATTERN}"
)
_EXCEPT = re.compile(rf"{_BUT},?\s+{_INTO}")
_EXCEPT_NONE = re.compile(
    rf"{_BUT}"
    r"(?:,?\s+which (?:is|are) not (?:included|listed)[^;.]*)?\s*[;.)\]]?\s*$"
)
_ONLY = re.compile(rf"(?i)(?:only )?(?:the )?populations? (?:of|from|in) {_LIST_PATTERN}\s*(?:[;:.)\]]|, all other|$)")
_NO_OTHER = re.compile(r"(?i)no other populations? (?:is|are) (?:included|listed)")
_PARTLY = re.compile(
    rf"(?i)parts? of the populations? of {_LIST_PATTERN} (?:is |are )(?:included |listed )?in Appendix"
)
"""Countries with populations in both Appendices. An officer decides between them."""
_PARTY = re.compile(
    r"(?i)(?:at the request of|listed by|request of|appendix III|III)\s*[:(\[]?\s*(?:the )?(?P<party>[^;.()\[\]]+)"
)


def parse_populations(
    appendices: tuple[str | None, ...], annotation: str, distribution: Mapping[str, str]
) -> tuple[Population, ...]:
    """Return the populations of a listing. `distribution` is the row's country names in lower case, with their codes.

    If the annotation is not clear, the range of each population is unknown.
    """
    text = _LIMIT.sub("", " ".join(_TAGS.sub(" ", annotation).split()))
    if len(appendices) == 1:
        [one] = appendices
        return (Population(appendix=one, party=_parse_listing_party(text, distribution) if one == "III" else None),)
    found = _parse_split(appendices, text, distribution) if len(appendices) == 2 else None
    if found is None:
        return tuple(Population(appendix=one, is_range_known=False) for one in appendices)
    named_appendix, named_countries = found
    rest = next(one for one in appendices if one != named_appendix)
    others = Population(appendix=rest, party=_parse_listing_party(text, distribution) if rest == "III" else None)
    partly = frozenset().union(*(_parse_countries(m["list"], distribution) for m in _PARTLY.finditer(text)))
    return (
        Population(appendix=named_appendix, countries=named_countries),
        others,
        *([Population(appendix=rest, countries=partly)] if partly else []),
    )


def _parse_split(
    appendices: tuple[str | None, ...], text: str, distribution: Mapping[str, str]
) -> tuple[str | None, frozenset[str]] | None:
    """Return the Appendix of the named populations and their countries, or None if the text is not clear."""
    named: set[tuple[str | None, frozenset[str]]] = {
        (m["into"].upper(), _parse_countries(m["list"], distribution)) for m in _EXCEPT.finditer(text)
    }
    if None in appendices and not named:
        named = {(None, _parse_countries(m["list"], distribution)) for m in _EXCEPT_NONE.finditer(text)}
    if None in appendices and not named and _NO_OTHER.search(text):
        listed = next(one for one in appendices if one is not None)
        named = {(listed, _parse_countries(m["list"], distribution)) for m in _ONLY.finditer(text)}
    if not named:
        rest = re.search(r"(?i)other populations are (?:included )?in Appendix (III|II|I)\b", text)
        stricter = [one for one in appendices if rest and one == rest[1].upper()]
        named = {
            (next(a for a in appendices if a != stricter[0]), _parse_countries(m["list"], distribution))
            for m in _ONLY.finditer(text)
            if stricter and "other" not in m["list"].casefold()
        }
    if len(named) != 1:
        return None
    [(named_appendix, named_countries)] = named
    return (named_appendix, named_countries) if named_countries and named_appendix in appendices else None


def _parse_countries(text: str, distribution: Mapping[str, str]) -> frozenset[str]:
    """Return the codes of a list of countries, or an empty set if one of them is not known."""
    bare = re.sub(r"(?i)^(?:the )?populations? (?:of|from|in) ", "", text.strip())
    found = set()
    for part in re.split(r",|\band\b|\bor\b|&|/", bare):
        name = re.sub(r"(?i)^the ", "", part.strip()).casefold()
        if name:
            code = distribution.get(name) or country_names.find_code(name)
            if code is None:
                return frozenset()
            found.add(code)
    return frozenset(found)


def _parse_listing_party(text: str, distribution: Mapping[str, str]) -> str | None:
    for match in _PARTY.finditer(text):
        name = match["party"].strip()
        code = distribution.get(name.casefold()) or country_names.find_code(name)
        if code is None and re.fullmatch(r"[A-Z]{2}", name):
            code = name
        if code is not None:
            return code
    return None
