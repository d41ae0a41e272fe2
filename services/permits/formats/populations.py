"""Which populations a split listing means, and who asked for Appendix III: read from the annotation if it is plain."""

import re
from collections.abc import Mapping

from services.permits.domain.reference.listings import Population
from services.permits.formats import country_names

_TAGS = re.compile(r"<[^<>]*>|\*\*")
_LIMIT = re.compile(r"(?i)\s*(?:\(subject to [^()]*\)|\[subject to [^\[\]]*\])")
"""What limits the trade of a country that is named, not which populations are meant."""
_LIST = r"(?P<list>[^;.()\[\]]+?)"
_INTO = r"(?:which |that )?(?:is |are |were )?(?:included |listed )?in Appendix (?P<into>III|II|I)\b"
_BUT = (
    rf"(?i)(?:except|excluding|other than)\s+(?:for\s+)?(?:those of |the |that of )*populations? (?:of|from|in) {_LIST}"
)
_EXCEPT = re.compile(rf"{_BUT},?\s+{_INTO}")
_EXCEPT_NONE = re.compile(
    rf"{_BUT}"
    r"(?:,?\s+which (?:is|are) not (?:included|listed)[^;.]*)?\s*[;.)\]]?\s*$"
)
_ONLY = re.compile(rf"(?i)(?:only )?(?:the )?populations? (?:of|from|in) {_LIST}\s*(?:[;:.)\]]|, all other|$)")
_PARTLY = re.compile(rf"(?i)parts? of the populations? of {_LIST} (?:is |are )(?:included |listed )?in Appendix")
"""Countries that have populations of both kinds: which one is meant, an officer says."""
_PARTY = re.compile(
    r"(?i)(?:at the request of|listed by|request of|appendix III|III)\s*[:(\[]?\s*(?:the )?(?P<party>[^;.()\[\]]+)"
)


def read(
    appendices: tuple[str | None, ...], annotation: str, distribution: Mapping[str, str]
) -> tuple[Population, ...]:
    """Answer the parts of a listing; `distribution` is country names by the row itself, written small, to codes."""
    text = _LIMIT.sub("", " ".join(_TAGS.sub(" ", annotation).split()))
    if len(appendices) == 1:
        [one] = appendices
        return (Population(one, party=_party(text, distribution) if one == "III" else None),)
    found = _split(appendices, text, distribution) if len(appendices) == 2 else None
    if found is None:
        return tuple(Population(one, told=False) for one in appendices)
    there, here = found
    rest = next(one for one in appendices if one != there)
    others = Population(rest, party=_party(text, distribution) if rest == "III" else None)
    partly = frozenset().union(*(_codes(m["list"], distribution) for m in _PARTLY.finditer(text)))
    return (Population(there, here), others, *([Population(rest, partly)] if partly else []))


def _split(
    appendices: tuple[str | None, ...], text: str, distribution: Mapping[str, str]
) -> tuple[str | None, frozenset[str]] | None:
    """Answer the Appendix that named populations are in, and their countries; None where the text is not plain."""
    told: set[tuple[str | None, frozenset[str]]] = {
        (m["into"].upper(), _codes(m["list"], distribution)) for m in _EXCEPT.finditer(text)
    }
    if None in appendices and not told:
        told = {(None, _codes(m["list"], distribution)) for m in _EXCEPT_NONE.finditer(text)}
    if not told:
        rest = re.search(r"(?i)other populations are (?:included )?in Appendix (III|II|I)\b", text)
        stricter = [one for one in appendices if rest and one == rest[1].upper()]
        told = {
            (next(a for a in appendices if a != stricter[0]), _codes(m["list"], distribution))
            for m in _ONLY.finditer(text)
            if stricter and "other" not in m["list"].casefold()
        }
    if len(told) != 1:
        return None
    [(there, here)] = told
    return (there, here) if here and there in appendices else None


def _codes(text: str, distribution: Mapping[str, str]) -> frozenset[str]:
    """Read a list of countries; empty where one of them is not known."""
    bare = re.sub(r"(?i)^(?:the )?populations? (?:of|from|in) ", "", text.strip())
    found = set()
    for part in re.split(r",|\band\b|\bor\b|&|/", bare):
        name = re.sub(r"(?i)^the ", "", part.strip()).casefold()
        if name:
            code = distribution.get(name) or country_names.code_of(name)
            if code is None:
                return frozenset()
            found.add(code)
    return frozenset(found)


def _party(text: str, distribution: Mapping[str, str]) -> str | None:
    for match in _PARTY.finditer(text):
        name = match["party"].strip()
        code = distribution.get(name.casefold()) or country_names.code_of(name)
        if code is None and re.fullmatch(r"[A-Z]{2}", name):
            code = name
        if code is not None:
            return code
    return None
