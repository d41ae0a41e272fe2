"""One item with all the papers it cites: what it is, where it stands, what it is treated as, what may exempt it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.permits.domain.ledger.balances import Side
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listings import STRICTEST, Standing, counts_as
from services.permits.domain.rules.matching import origin
from services.permits.domain.values import Line, PermitOnFile
from shared.contracts.declaration import Declaration, Item

EXEMPTING = frozenset(
    {
        "pre_convention",
        "captive_bred",
        "travelling_exhibition",
        "musical_instrument",
        "personal_ownership",
        "sample_collection",
    }
)
"""Certificates that stand in place of permits (Article VII; Resolutions Conf. 9.7, 12.3, 16.8 and 10.20)."""
EXPORTING = frozenset({"export", "re_export"})
FROM_THE_SEA = "introduction_from_the_sea"
"""The certificate that stands for all others where nothing was exported (Articles III.5 and IV.6)."""


@dataclass(frozen=True)
class Goods:
    """One item with all the papers it cites that are known, each with its line where one was found."""

    declaration: Declaration
    index: int
    item: Item
    side: Side
    day: date
    facts: Facts
    papers: tuple[tuple[PermitOnFile, Line | None], ...] = ()
    unknown: bool = False
    """A document is cited that is not known here; what that is, nobody can say."""
    says_not_cites: bool = False

    def at(self, field: str) -> str:
        """Write the JSON Pointer of a field of the item."""
        return f"/items/{self.index}/{field}"

    @cached_property
    def lines(self) -> tuple[tuple[PermitOnFile, Line], ...]:
        """The lines that were found."""
        return tuple((permit, line) for permit, line in self.papers if line is not None)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of document that the item cites."""
        return frozenset(permit.terms.kind for permit, _ in self.papers)

    @property
    def taxon(self) -> str | None:
        """The taxon, as stated, else that of the line."""
        return self.item.taxon or next((line.terms.taxon for _, line in self.lines), None)

    @property
    def country(self) -> str:
        """The country of origin, as stated, else by the line, else the country of export."""
        by_line = next((origin(permit, line) for permit, line in self.lines), None)
        return self.item.origin_country or by_line or self.declaration.export_country

    @property
    def source(self) -> str | None:
        """The source, as stated, else that of the line."""
        return self.item.source or next((line.terms.source for _, line in self.lines), None)

    @property
    def purpose(self) -> str | None:
        """The purpose, as stated, else that of the document."""
        return self.item.purpose or next((permit.terms.purpose for permit, _ in self.lines), None)

    @cached_property
    def standing(self) -> Standing:
        """Where the listing has the goods today."""
        return self.facts.standing(self.taxon, self.day, self.country)

    @cached_property
    def appendix(self) -> str | None:
        """The Appendix the goods are treated as: the document's where it names one, else the listing's.

        Where a split listing leaves several, the least strict: so much is needed at least. Of source D Appendix I
        counts as II (Article VII.4).
        """
        told = [self._told(permit, line) for permit, line in self.lines]
        if told:
            return counts_as(_strictest(told), self.source)
        if not self.standing.known:
            return None
        return counts_as(_least(self.standing), self.source)

    def _told(self, permit: PermitOnFile, line: Line) -> str | None:
        """Answer a line's Appendix; the listing's of that day where the goods are of a narrower taxon, and stricter."""
        meant = self.facts.meant(line.terms.taxon, self.item.taxon, self.day)
        if meant == line.terms.taxon:
            return line.terms.appendix
        then = self.facts.standing(meant, permit.terms.issued_on, self.country)
        return _strictest([line.terms.appendix, _least(then if then.known else self.standing)])

    @cached_property
    def exempt(self) -> bool:
        """Say whether a certificate stands in place of the permits: by Article VII, or as nothing was exported."""
        by_seeds = "phytosanitary" in self.kinds and self.source in {"A", "D"}
        return bool(self.kinds & EXEMPTING) or by_seeds or (FROM_THE_SEA in self.kinds and self.side is Side.IMPORT)

    @property
    def other(self) -> bool:
        """Say whether a document of no kind that the Convention knows is all there is."""
        return bool(self.kinds) and self.kinds <= {"other", "phytosanitary"} and not self.exempt

    def needs(self, appendix: str) -> bool:
        """Say whether permits are asked for as for this Appendix."""
        return self.appendix == appendix and not self.exempt and not self.unknown and not self.other


def _least(standing: Standing) -> str | None:
    return min(standing.appendices, key=lambda one: STRICTEST[one])


def _strictest(appendices: Iterable[str | None]) -> str | None:
    return max(appendices, key=lambda one: STRICTEST[one])
