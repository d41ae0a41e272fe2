"""The goods that each kind of certificate may cover, and the differences of a permit line from them.

A certificate that replaces permits does so only for the goods that its Article or Resolution names. The hub compares
them when an authority issues a certificate and when a trader cites it. The texts are those of the Convention and of
Resolutions Conf. 10.16, 10.20, 11.11, 12.3, 13.6, 14.6 and 16.8.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.first_listings import ENTRY_INTO_FORCE, find_first_listing
from services.permits.domain.reference.habitats import Habitat, find_habitat
from services.permits.domain.reference.listing_lookup import PLANTS
from shared.cites.codes import ACCOMPANIED_SOURCES, TERM_CODES
from shared.cites.customs_countries import HIGH_SEAS
from shared.contracts.closed_sets import Appendix, PermitKind, Purpose, Source
from shared.contracts.permit import Permit, PermitLine


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A value of a permit that its kind may not have.

    `code` is the code of the fault at issue, and `field` the field of the permit or of its line. The law leaves no room
    if `is_certain`; otherwise an officer can know more, so the value is no fault at issue.
    """

    code: str
    field: str
    expected: str
    found: str
    law: str
    is_certain: bool = True

    @property
    def is_of_permit(self) -> bool:
        """Return whether the field is one of the permit, not of its lines."""
        return self.field in {"purpose", "issuer", "export_country"}


@dataclass(frozen=True, kw_only=True)
class Codes:
    """The codes that a kind may have, and those that an officer decides about. The law excludes all others."""

    allowed: frozenset[str]
    doubtful: frozenset[str] = frozenset()
    expected: str


@dataclass(frozen=True, kw_only=True)
class CertificateScope:
    """The goods that a kind of certificate may cover. None means that the kind sets no limit.

    `appendix_one_sources` are the sources of goods of Appendix I, if the kind limits only them.
    """

    law: str
    sources: Codes | None = None
    appendix_one_sources: Codes | None = None
    purposes: Codes | None = None
    terms: Codes | None = None
    appendices: Codes | None = None
    special: tuple[Callable[["LineCase"], Iterator[Misfit]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class LineCase:
    """One line of a permit to compare, with the law of its kind."""

    permit: Permit
    line: PermitLine
    taxon: str
    facts: Facts
    law: str


def has_scope(permit: Permit, line: PermitLine) -> bool:
    """Return whether there is anything to compare: a kind that limits its goods, or a date of acquisition."""
    return permit.kind in SCOPES or _is_dated_pre_convention(line)


def find_misfits(permit: Permit, line: PermitLine, taxon: str, facts: Facts) -> Iterator[Misfit]:
    """Yield each difference of a permit line from the goods that its kind and its source may cover.

    `taxon` is the taxon of the line, or a declared lower one.
    """
    scope = SCOPES.get(permit.kind)
    if scope is None:
        if _is_dated_pre_convention(line):
            case = LineCase(permit=permit, line=line, taxon=taxon, facts=facts, law=PRE_CONVENTION_LAW)
            yield from (misfit for misfit in _acquisition_misfits(case) if misfit.is_certain)
        return
    case = LineCase(permit=permit, line=line, taxon=taxon, facts=facts, law=scope.law)
    yield from _source_misfits(case, scope)
    if scope.purposes is not None:
        yield from _code_misfits(case, "purpose", scope.purposes, permit.purpose)
    if scope.terms is not None:
        yield from _code_misfits(case, "term", scope.terms, line.term)
    if scope.appendices is not None:
        yield from _code_misfits(case, "appendix", scope.appendices, line.appendix)
    if _is_dated_pre_convention(line):
        yield from _acquisition_misfits(case)
    for find in scope.special:
        yield from find(case)


def _code_misfits(case: LineCase, name: str, codes: Codes, found: str) -> Iterator[Misfit]:
    if found not in codes.allowed:
        yield _misfit(case, name, codes.expected, found, is_certain=found not in codes.doubtful)


def _misfit(case: LineCase, name: str, expected: str, found: str, *, is_certain: bool = True) -> Misfit:
    code = f"{name.replace('_', '-')}-not-of-kind"
    return Misfit(code=code, field=name, expected=expected, found=found, law=case.law, is_certain=is_certain)


def _source_misfits(case: LineCase, scope: CertificateScope) -> Iterator[Misfit]:
    """Yield a misfit of the source. Source I or O with another code that fits leaves the decision to an officer."""
    is_limited = scope.appendix_one_sources is not None and case.line.appendix == Appendix.I
    codes = scope.appendix_one_sources if is_limited else scope.sources
    source, underlying = case.line.source, case.line.underlying_source
    if codes is None or source in codes.allowed:
        return
    is_doubtful = source in codes.doubtful or (source in ACCOMPANIED_SOURCES and underlying in codes.allowed)
    found = f"{source}/{underlying}" if underlying else source
    expected = f"{codes.expected} of Appendix I" if is_limited else codes.expected
    yield _misfit(case, "source", expected, found, is_certain=not is_doubtful)


def _is_dated_pre_convention(line: PermitLine) -> bool:
    return line.source == Source.O and line.acquired_on is not None


def _acquisition_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if the Convention applied to the taxon on the day of acquisition (box 12b).

    It applied to none before its entry into force. Later days are compared with the first listing of the taxon and
    with the listing of that day. If neither is known, an officer decides.
    """
    acquired = case.line.acquired_on
    if acquired is None or acquired < ENTRY_INTO_FORCE:
        return
    first = find_first_listing(case.taxon, case.facts.listings)
    if first is not None and first.is_exact and acquired < first.day:
        return
    listed_by = first.day if first is not None and first.day <= acquired else _listed_on(case, acquired)
    known = f"listed by {listed_by}" if listed_by else "unknown to the hub"
    yield Misfit(
        code="acquired-after-listing",
        field="acquired_on",
        expected=f"a day before the first listing of {case.taxon} ({known})",
        found=acquired.isoformat(),
        law=case.law,
        is_certain=listed_by is not None,
    )


def _undated_acquisition(case: LineCase) -> Iterator[Misfit]:
    """Yield a doubt if the date of acquisition is missing. Only an earlier version stored such a certificate."""
    if case.line.acquired_on is None:
        yield Misfit(
            code="acquisition-date-missing",
            field="acquired_on",
            expected="a date of acquisition (box 12b)",
            found="none",
            law=case.law,
            is_certain=False,
        )


def _listed_on(case: LineCase, day: date) -> date | None:
    """Return the day if the listing of that day has the taxon for certain; otherwise None."""
    status = case.facts.listing_status(case.taxon, day, case.line.origin_country or case.permit.export_country)
    return day if status.known and None not in status.appendices else None


def _commercial_breeding(case: LineCase) -> Iterator[Misfit]:
    """Yield a doubt if animals of Appendix I are traded commercially: their operation is registered (Conf. 12.10)."""
    if (case.line.appendix, case.line.source, case.permit.purpose) == (Appendix.I, Source.C, Purpose.COMMERCIAL):
        expected = "source D of a registered operation for trade in animals of Appendix I (Resolution Conf. 12.10)"
        yield _misfit(case, "purpose", expected, Purpose.COMMERCIAL, is_certain=False)


def _commercial_introduction(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if goods of Appendix I are introduced for primarily commercial purposes (Article III.5(c))."""
    if case.line.appendix == Appendix.I and case.permit.purpose == Purpose.COMMERCIAL:
        expected = "a purpose that is not primarily commercial, for Appendix I"
        yield _misfit(case, "purpose", expected, Purpose.COMMERCIAL)


def _export_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a doubt if another State exported the goods: its authority then issues an export permit.

    A vessel of the State of introduction brings them from the high seas. Only a charter of a vessel is an exception
    (Resolution Conf. 14.6).
    """
    exported = case.permit.export_country
    if exported not in HIGH_SEAS and exported != case.permit.import_country:
        yield _misfit(case, "export_country", "the high seas, such as ZZ", exported, is_certain=False)


def _habitat_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if the taxon does not live in the sea, and a doubt if the hub cannot tell."""
    habitat = find_habitat(case.taxon, case.facts.listings)
    if habitat is not Habitat.SEA:
        found = f"{case.taxon} (habitat: {habitat.value})"
        yield _misfit(case, "taxon", "a taxon of the sea", found, is_certain=habitat is Habitat.LAND)


def _plant_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if the taxon is a plant, where the listing knows the kingdom."""
    if case.facts.listings.kingdom(case.taxon) == PLANTS:
        yield _misfit(case, "taxon", "an animal", f"{case.taxon}, a plant")


def _hybrid_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if plants of Appendix I are no hybrids (Resolution Conf. 12.3, section VII).

    A line may state Appendix II for plants of Appendix I that are propagated for trade (Article VII.4). The section is
    about the Appendix of the taxon, so their listing decides if it is clear. Source D has its own doubt.
    """
    line = case.line
    if line.source != Source.A or names.is_hybrid(case.taxon):
        return
    if line.appendix == Appendix.I:
        yield _misfit(case, "appendix", "II or III, or a hybrid", Appendix.I)
        return
    origin = line.origin_country or case.permit.export_country
    status = case.facts.listing_status(case.taxon, case.permit.issued_on, origin)
    if status.is_certain and status.appendix == Appendix.I:
        found = f"{line.appendix}, and the listing has {case.taxon} in {status.dated}"
        yield _misfit(case, "appendix", "II or III by the listing, or a hybrid", found)


def _listing_country_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a misfit if the country of export listed the taxon: it issues an export permit (Article V.2)."""
    permit = case.permit
    status = case.facts.listing_status(case.taxon, permit.issued_on, permit.export_country)
    if case.line.appendix == Appendix.III and status.is_certain and status.party == permit.export_country:
        yield Misfit(
            code="kind-not-of-listing-country",
            field="appendix",
            expected=f"an export permit of {permit.export_country}, which listed {case.taxon}",
            found=permit.kind,
            law="Article V.2",
        )


def _re_export_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a doubt if the goods come from another country: the country of re-export certifies that (Article V.4)."""
    permit, origin = case.permit, case.line.origin_country
    if origin not in {None, permit.export_country}:
        expected = f"{permit.export_country}, or a re-export certificate for goods of {origin} (Article V.4)"
        yield _misfit(case, "origin_country", expected, origin, is_certain=False)


def _issuer_misfits(case: LineCase) -> Iterator[Misfit]:
    """Yield a doubt if the issuer is the country of neither party: the certificate is of its holder's country."""
    permit = case.permit
    if permit.issuer not in {permit.exporter.country, permit.importer.country}:
        expected = "the country of the holder, who is the exporter or the importer"
        yield _misfit(case, "issuer", expected, permit.issuer, is_certain=False)


def _codes(allowed: str, expected: str, *, doubtful: str = "") -> Codes:
    return Codes(allowed=frozenset(allowed.split()), doubtful=frozenset(doubtful.split()), expected=expected)


LIVE_TERMS = frozenset({"LIV", "EGL", "FIG", "PUP"})
"""Terms of living animals and plants."""
PRE_CONVENTION_LAW = "Article VII.2; Resolution Conf. 13.6"

SCOPES: dict[str, CertificateScope] = {
    PermitKind.PRE_CONVENTION: CertificateScope(
        law=PRE_CONVENTION_LAW,
        sources=_codes("O", "O, with another code as underlying source"),
        special=(_undated_acquisition,),
    ),
    PermitKind.CAPTIVE_BRED: CertificateScope(
        law="Article VII.5; Resolution Conf. 12.3",
        sources=_codes("C A", "C (bred) or A (propagated)"),
        special=(_commercial_breeding,),
    ),
    PermitKind.TRAVELLING_EXHIBITION: CertificateScope(
        law="Article VII.7; Resolution Conf. 12.3",
        sources=_codes("O C A D", "O (pre-Convention), or C, D or A (bred or propagated)"),
        purposes=_codes("Q Z G", "Q, Z or G (an exhibition)", doubtful="E"),
        special=(_issuer_misfits,),
    ),
    PermitKind.MUSICAL_INSTRUMENT: CertificateScope(
        law="Resolution Conf. 16.8",
        appendix_one_sources=_codes("O", "O (pre-Convention)", doubtful="A D"),
        purposes=_codes("P Q E", "P, Q or E (personal use, performance or teaching)", doubtful="S"),
        terms=_codes(
            "BOC BPR CAR FRN HOC HPR IJW IVC JWL KEY LPL LPS OTH PKY SKO TIC TRW WPR",
            "a term of a finished instrument, such as CAR or WPR",
            doubtful="BAL BON BOP CAP FEA FIB FPR HAI HAP HOP LEA QUI SCA SHE SKP SKS TEE THD TIP UNS",
        ),
        special=(_issuer_misfits,),
    ),
    PermitKind.PERSONAL_OWNERSHIP: CertificateScope(
        law="Resolution Conf. 10.20",
        purposes=_codes("P", "P (personal)"),
        terms=_codes("LIV", "LIV (a living animal)"),
        special=(_plant_misfits, _issuer_misfits),
    ),
    PermitKind.SAMPLE_COLLECTION: CertificateScope(
        law="Resolution Conf. 12.3, sample collections",
        appendix_one_sources=_codes("C D A", "C, D or A (bred or propagated)", doubtful="O"),
        terms=Codes(allowed=TERM_CODES - LIVE_TERMS, expected="a term of dead specimens, parts or derivatives"),
    ),
    PermitKind.INTRODUCTION_FROM_THE_SEA: CertificateScope(
        law="Articles III.5 and IV.6; Resolution Conf. 14.6",
        sources=_codes("X", "X (taken on the high seas)"),
        appendices=_codes("I II", "I or II, for Appendix III needs no such certificate"),
        special=(_habitat_misfits, _commercial_introduction, _export_misfits),
    ),
    PermitKind.CERTIFICATE_OF_ORIGIN: CertificateScope(
        law="Article V.3",
        appendices=_codes("III", "III"),
        special=(_listing_country_misfits, _re_export_misfits),
    ),
    PermitKind.PHYTOSANITARY: CertificateScope(
        law="Article VII.5; Resolution Conf. 12.3",
        sources=_codes("A", "A (artificially propagated)", doubtful="D"),
        special=(_hybrid_misfits,),
    ),
}
"""The scope of each kind of certificate. The other kinds are permits for goods of any kind, or no CITES documents."""
