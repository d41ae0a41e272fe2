"""Parse the populations of a split listing, and the countries that requested Appendix III, from the annotation.

An annotation has a section per Appendix, such as `**I** Except the population of Brazil, which is included in
Appendix II`. The parser first replaces names of countries by marks. It then reads statements about marked countries
only. A word that it does not know ends a statement, so that an unclear text gives no population.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.permits.domain.reference.listings import Population
from services.permits.formats import country_names

NOT_LISTED = "NC"
Named = dict[str | None, tuple[frozenset[str], frozenset[str]]]
"""By Appendix, the countries of its populations, and those of them with a part of the population elsewhere."""

_FOOTNOTES = re.compile(r"(?is)<sup>.*?</sup>")
_SECTION = re.compile(r"(?i)(?:\*\*\s*\[?|\[|<b>\s*|<strong>\s*)(III|II|I|NC)(?:\]?\s*\*\*|\]|\s*</b>|\s*</strong>)")
_TAGS = re.compile(r"<[^<>]*>|#\d+|\*+|(?<!\w)_|_(?!\w)")
_INHERITED = re.compile(r"\[[A-Z]+ (?:listing|exclusion|deletion)[^\]]*\]")
"""The note that a listing comes from a higher taxon, such as `[FAMILY listing Felidae spp.]`."""
_BRACKETS = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_STATEMENT = re.compile(r"(?i)\bexcept|\bonly (?:the )?(?:\w+ )?populations?\b.*;|\bin (?:Appendix|the Appendices)\b")
_PART = re.compile(r"(?i)^\s*(?:only )?(?:the |a )?(?:\w+[- ])?(?:part|population)s?\b")
_WHOLE = re.compile(r"(?i)^\s*(?:the )?(?:whole|entire) (?:population|country)\s*$")
_LIMIT = re.compile(
    r"(?i)\b(?:subject to|quota|ranch\w*|restricted to|purpose|formerly|see|footnote|annotation)\b|^[\d\s]*$"
)
"""A limit on the trade of a named country. It does not change the populations, so it is removed."""
_REGION_ADJECTIVES = {
    "African": "Africa", "Asian": "Asia", "South American": "South America", "Neotropical": "Neotropics",
}  # fmt: skip
_ADJECTIVE = re.compile(rf"(?i)\b(?:the )?({'|'.join(_REGION_ADJECTIVES)}) populations?\b")
_MARK = re.compile(r"§(\w+)§")
_PLACE = re.compile(
    r"(?i)(populations? (?:of|from|in)) (?:the )?[^§.;]*\b(?:provinces?|departments?|districts?|regions?|states?|"
    r"western|eastern|northern|southern|west|east|north|south|parts?)\b[^§.;]*?,? ?(§\w+§)"
)
"""A part of a country, with the mark of the country after it."""

_POPULATION = r"(?:wild |national |natural )?populations?"
_FILLER = (
    rf"(?:[\s,:;&/]|\band\b|\bor\b|\bas well as\b|\bthe\b|\bfor\b|\b(?:those|that|{_POPULATION}) (?:of|from|in)\b)*"
)
_LIST = rf"(?P<list>(?:{_FILLER}§\w+§(?:\s*¶)?)+)"
_INTO = (
    r"\s*[,;]?\s*(?P<which>which |that )?(?P<verb>(?:is|are|was|were) )?"
    r"(?:(?P<not>not )?(?:included |listed )?in (?:Appendix (?P<into>III|II|I)\b|(?:the |any )?Append))"
)
_UNNAMED_INTO = re.sub(r"\?P<(?:which|verb|not|into)>", "", _INTO)
_LIMIT_AFTER = r"(?:\s*,?\s*(?:and )?(?:(?:is|are) )?(?:subject to|with|for the exclusive|until)\b[^.;§]*)?"
_EXCEPT = re.compile(
    rf"(?i)\b(?:except(?:ing)?|exclud(?:es|ing)|other than|but not)\b(?={_FILLER}(?:§|{_POPULATION}))"
    rf"(?P<all>(?:{_LIST.replace('?P<list>', '')}(?:{_UNNAMED_INTO}"
    rf"{_LIMIT_AFTER})?)+)"
)
_UNREAD_EXCEPTION = re.compile(
    rf"(?i)\b(?:except(?:ing)?|other than|but not)(?: for)? (?:the |that of |those of )?{_POPULATION}\b"
)
"""An exception that names an unknown place."""
_SENTENCE_END = re.compile(r"[.;:]")
_SAYS_WHERE = re.compile(r"(?i)\b(?:included|listed|in (?:the )?Append\w+)\b")
_ALL = re.compile(rf"(?i)(?:all |any |every )?(?:the |of the )?(?:other )?{_POPULATION}\s*,?")
"""The whole subject of `All populations except those of … are included in Appendix I`."""
_EXCEPTED = re.compile(rf"(?i){_LIST}(?:{_INTO}{_LIMIT_AFTER})?")
_ONLY = re.compile(
    rf"(?i)(?:^|[.;:]|\b(?P<only>only|solely))\s*(?:the )?{_POPULATION} (?:of|from|in)\b{_LIST}"
    rf"(?P<end>(?:{_INTO})?{_LIMIT_AFTER})\s*(?=[.;,:]|$|all other|no other)"
)
_OTHERS_IN = re.compile(
    r"(?i)\b(?:all |the )?other populations? (?:of [^.;§]*)?(?:(?:is|are|remains?) )?(?:included |listed )?in "
    r"(?:the )?Appendix (III|II|I)\b"
)
_NO_OTHERS = re.compile(
    r"(?i)\bno other populations? (?:is|are) (?:included|listed)|"
    r"\ball other populations? (?:is|are) not (?:included|listed)"
)
_PARTLY = re.compile(rf"(?i)\bparts? of the {_POPULATION} of{_LIST}\s*(?:is |are )(?:included |listed )?in Appendix")
"""Countries with populations in both Appendices. An officer decides between them."""
_PARTY = r"\s*[:(\[]?\s*(?P<party>[^;.()\[\]]+)"
_PARTIES = (
    re.compile(rf"(?i)(?:at the request of|listed by|request of){_PARTY}"),
    re.compile(rf"(?i)\bIII\b{_PARTY}"),
)
"""The words before the countries that requested Appendix III, the plainest first."""


@dataclass(frozen=True)
class _Statement:
    """One statement about populations: their Appendix, their countries, and those with a part elsewhere."""

    appendix: str | None
    countries: frozenset[str]
    partly: frozenset[str]


class _Unclear(Exception):
    """The annotation does not say which populations it means."""


def parse_populations(
    appendices: tuple[str | None, ...], annotation: str, distribution: Mapping[str, str], *, taxon: str = ""
) -> tuple[Population, ...]:
    """Return the populations of a listing. `distribution` is the row's country names in lower case, with their codes.

    If the annotation is not clear, the range of each population is unknown. `taxon` is the name of the row: a
    statement may name it again.
    """
    if len(appendices) == 1 and (appendices == (None,) or not _NO_OTHERS.search(annotation)):
        return _whole_listing(appendices[0], annotation)
    every = appendices if len(appendices) > 1 else (*appendices, None)
    try:
        named, partly = _parse_split(every, annotation, distribution, taxon)
    except _Unclear:
        if len(appendices) == 1:
            return _whole_listing(appendices[0], annotation)
        return tuple(Population(appendix=one, is_range_known=False) for one in appendices)
    [rest] = [one for one in every if one not in named]
    return (
        *(Population(appendix=one, countries=countries) for one, countries in named.items()),
        *_whole_listing(rest, annotation),
        *([Population(appendix=rest, countries=partly)] if partly else []),
    )


def _whole_listing(appendix: str | None, annotation: str) -> tuple[Population, ...]:
    """Return the populations without named countries. Each country that requested Appendix III has its own part."""
    parties = _parse_listing_parties(_plain(_SECTION.sub(r" \1: ", annotation))) if appendix == "III" else ()
    first = Population(appendix=appendix, party=parties[0] if parties else None)
    if len(parties) < 2:
        return (first,)
    own = [Population(appendix=appendix, countries=frozenset({one}), party=one) for one in parties]
    return (*own, first)


def _parse_split(
    appendices: tuple[str | None, ...], annotation: str, distribution: Mapping[str, str], taxon: str
) -> tuple[dict[str | None, frozenset[str]], frozenset[str]]:
    """Return the countries of all Appendices but one, and those with populations in that one too. Raise _Unclear."""
    found: dict[str | None, _Statement] = {}
    partly: frozenset[str] = frozenset()
    for label, text in _sections(annotation, distribution, taxon):
        for statement in _parse_statements(label, text, appendices):
            if found.setdefault(statement.appendix, statement).countries != statement.countries:
                raise _Unclear
            partly |= statement.partly
        for match in _PARTLY.finditer(text):
            partly |= _countries(match["list"])
    if set(found) - set(appendices) or len(found) != len(appendices) - 1:
        raise _Unclear
    countries = [code for statement in found.values() for code in statement.countries]
    if len(set(countries)) != len(countries):
        raise _Unclear
    return {one: statement.countries for one, statement in found.items()}, partly


def _sections(annotation: str, distribution: Mapping[str, str], taxon: str) -> Iterator[tuple[str | None, str]]:
    """Yield the sections of an annotation with their labels (I, II, III or NC; None without one), in plain marks."""
    text = _FOOTNOTES.sub(" ", html.unescape(annotation))
    parts = _SECTION.split(text)
    labels = [None, *(label.upper() for label in parts[1::2])]
    for label, part in zip(labels, parts[0::2], strict=True):
        if part.strip():
            yield label, _marked(part, distribution, taxon)


def _plain(text: str) -> str:
    """Return a text without tags, marks of style, # annotations and double blanks."""
    return " ".join(_TAGS.sub(" ", html.unescape(text)).replace("’", "'").split())


def _marked(part: str, distribution: Mapping[str, str], taxon: str) -> str:
    """Return a section with a mark for each country, `¶` after one whose population is meant in part, and no limits."""
    text = _INHERITED.sub(" ", _plain(part))
    if taxon:
        text = re.sub(rf"(?i)\bpopulations? (of|from|in) {re.escape(taxon)} (?=of|from|in)", "populations ", text)
    text = _ADJECTIVE.sub(lambda m: f"populations of {_REGION_ADJECTIVES[_capitalized(m[1])]}", text)
    text = _mark_countries(text)
    for name in sorted(distribution, key=len, reverse=True):
        if name:
            text = re.sub(rf"(?i)(?<![\w§-]){re.escape(name)}(?![\w§-])", f"§{distribution[name]}§", text)
    while _BRACKETS.search(text):
        text = _BRACKETS.sub(_without_brackets, text)
    return _PLACE.sub(r"\1 \2 ¶", " ".join(text.split())).strip(" .,;:")


def _capitalized(adjective: str) -> str:
    return " ".join(word.capitalize() for word in adjective.split())


def _mark(codes: frozenset[str]) -> str:
    """Return the mark of a country or of the countries of a region."""
    return f"§{'_'.join(sorted(codes))}§"


def _without_brackets(match: re.Match[str]) -> str:
    """Return what a text in brackets means for the populations: a statement, a part of a country, or nothing."""
    text = match[1] if match[1] is not None else match[2]
    if _WHOLE.match(text):
        return " "
    if _PART.match(text) and not _STATEMENT.search(text):
        before = match.string[: match.start()].rstrip()
        return " ¶ " if before.endswith("§") else f" . {text} . "
    if _STATEMENT.search(text):
        return f" . {text} . "
    return " " if _LIMIT.search(text) or not _MARK.search(text) else " ¶ "


def _parse_statements(label: str | None, text: str, appendices: tuple[str | None, ...]) -> Iterator[_Statement]:
    """Yield the statements of a section. `label` is its Appendix. Raise _Unclear for a statement without Appendix."""
    for match in _EXCEPT.finditer(text):
        lists: dict[str | None, str] = {}
        subject = _SENTENCE_END.split(text[: match.start()])[-1].strip()
        for one in _EXCEPTED.finditer(match["all"]):
            appendix = (
                _appendix_left_by_subject(one, subject, appendices)
                if _is_about_subject(one, subject)
                else _appendix_of_exception(one, label, appendices)
            )
            lists[appendix] = lists.get(appendix, "") + one["list"]
        for appendix, countries in lists.items():
            yield _statement(appendix, countries)
    rest = _EXCEPT.sub(" ", text)
    if _UNREAD_EXCEPTION.search(rest):
        raise _Unclear
    for match in _ONLY.finditer(rest):
        yield _statement(_appendix_of_only(match, label, rest, appendices), match["list"])


def _is_about_subject(match: re.Match[str], subject: str) -> bool:
    """Return whether the Appendix after the exceptions is that of the words before them, which have no verb."""
    return bool(subject and match["verb"] and not match["which"] and not _SAYS_WHERE.search(subject))


def _appendix_left_by_subject(match: re.Match[str], subject: str, appendices: tuple[str | None, ...]) -> str | None:
    """Return the Appendix of exceptions from all populations: the one that the others are not in."""
    of_others = None if match["not"] or not match["into"] else str(match["into"]).upper()
    left = [one for one in appendices if one != of_others]
    if len(left) != 1 or not _ALL.fullmatch(subject):
        raise _Unclear
    return left[0]


def _statement(appendix: str | None, countries: str) -> _Statement:
    marks = re.findall(r"§(\w+)§(\s*¶)?", countries)
    return _Statement(
        appendix,
        frozenset(code for mark, _ in marks for code in mark.split("_")),
        frozenset(code for mark, part in marks if part for code in mark.split("_")),
    )


def _mark_countries(text: str) -> str:
    """Return a text with a mark for each name of a country or a region."""
    return country_names.name_pattern().sub(lambda m: _mark(country_names.find_countries(m[0])), text)


def _countries(marks: str) -> frozenset[str]:
    return frozenset(code for mark in _MARK.findall(marks) for code in mark.split("_"))


def _stated_appendix(match: re.Match[str], appendices: tuple[str | None, ...]) -> str | None:
    """Return the Appendix that a statement names, or the only other one if it says `not included in Appendix I`."""
    stated = str(match["into"]).upper()
    if not match["not"]:
        return stated
    left = [one for one in appendices if one != stated]
    if len(left) != 1:
        raise _Unclear
    return left[0]


def _appendix_of_exception(match: re.Match[str], label: str | None, appendices: tuple[str | None, ...]) -> str | None:
    """Return the Appendix of excepted populations. Without a word about it, it is that of the other section."""
    if match["into"]:
        return _stated_appendix(match, appendices)
    if match["not"] or (None in appendices and len(appendices) == 2 and label != NOT_LISTED):
        return None
    others = [one for one in appendices if one != label]
    if label is None or len(others) != 1:
        raise _Unclear
    return others[0]


def _appendix_of_only(
    match: re.Match[str], label: str | None, text: str, appendices: tuple[str | None, ...]
) -> str | None:
    """Return the Appendix of the only populations: the stated one, else the one that the others are not in."""
    if match["into"]:
        return _stated_appendix(match, appendices)
    if match["not"]:
        return None
    others = _OTHERS_IN.search(text)
    if others or _NO_OTHERS.search(text):
        of_others = others[1].upper() if others else None
        left = [one for one in appendices if one != of_others]
        if len(left) == 1:
            return left[0]
        if label in {"I", "II", "III"} and label != of_others:
            return label
        raise _Unclear
    if label == NOT_LISTED and match["only"]:
        raise _Unclear
    if label is not None:
        return None if label == NOT_LISTED else label
    listed = [one for one in appendices if one is not None]
    if len(listed) == 1 and None in appendices:
        return listed[0]
    raise _Unclear


def _parse_listing_parties(text: str) -> tuple[str, ...]:
    """Return the countries that requested Appendix III, in the order of the text."""
    for pattern in _PARTIES:
        found = [code for match in pattern.finditer(text) for code in _list_codes(match["party"])]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _list_codes(text: str) -> list[str]:
    """Return the codes of a list of countries, in their order; none if a word of it is no country."""
    if re.fullmatch(r"\s*[A-Z]{2}\s*", text):
        return [text.strip()]
    listed = re.match(rf"(?i){_LIST}\s*$", _mark_countries(text.strip()))
    return [mark for mark in _MARK.findall(listed["list"]) if len(mark) == 2] if listed else []
