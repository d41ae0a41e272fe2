"""Generated rows of trade that exporter and importer both reported, in the shape of the CITES trade database.

The rows are not real. Their taxa, terms and countries are typical of each year. A random number generator with a fixed
start chooses the quantities, and the differences between the two reports.
"""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

YEARS = (2015, 2010, 2005)


class Difference(Enum):
    """The difference between the two reports of a row."""

    NONE = "both report the same"
    LESS = "the importer reports less"
    MORE = "the importer reports more"
    NEIGHBOUR_TERM = "the importer reports a neighbouring term"
    OTHER_TERM = "the importer reports another term"


WEIGHTS: Mapping[Difference, int] = {
    Difference.NONE: 40,
    Difference.LESS: 30,
    Difference.MORE: 18,
    Difference.NEIGHBOUR_TERM: 7,
    Difference.OTHER_TERM: 5,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade:
    """A kind of trade: a taxon of Appendix II, its term, and the countries that export and import it.

    `neighbour` is a term that importers often report in place of `term`; `other` is one that no importer means.
    """

    taxon: str
    term: str
    unit: str
    purpose: str
    source: str
    exporters: str
    importers: str
    neighbour: str | None = None
    other: str = "EGG"
    largest: int = 3_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedRow:
    """One row: the line of the exporter's permit, and the importer's report of it. Both have the unit of the trade."""

    number: int
    year: int
    trade: Trade
    exporter: str
    importer: str
    exported: Decimal
    imported: Decimal
    imported_term: str
    difference: Difference

    @property
    def permit_number(self) -> str:
        """The number of the export permit, unique in its country."""
        return f"{self.exporter}-{self.year}-{self.number:06}"


_LIVE_EXPORTERS, _IMPORTERS = "ID MG GY SR TZ GH", "US JP DE FR GB NL CN AE"
_OF_ALL_YEARS = (
    Trade(taxon="Boa constrictor", term="LIV", unit="number", purpose="T", source="W", exporters="SR GY",
          importers=_IMPORTERS, neighbour="COR", other="SKI"),
    Trade(taxon="Ara ararauna", term="LIV", unit="number", purpose="T", source="W", exporters="GY SR",
          importers=_IMPORTERS, neighbour="COR", other="FEA"),
    Trade(taxon="Varanus exanthematicus", term="LIV", unit="number", purpose="T", source="R", exporters="GH",
          importers=_IMPORTERS, neighbour="COR", other="SKI"),
    Trade(taxon="Furcifer verrucosus", term="LIV", unit="number", purpose="T", source="W", exporters="MG",
          importers=_IMPORTERS, neighbour="COR", other="SKI"),
    Trade(taxon="Papio ursinus", term="TRO", unit="number", purpose="H", source="W", exporters="ZA NA",
          importers="US DE FR NO DK", neighbour="SKU", other="LIV", largest=8),
    Trade(taxon="Hippopotamus amphibius", term="TRO", unit="number", purpose="H", source="W", exporters="TZ ZA",
          importers="US DE FR", neighbour="SKU", other="LIV", largest=6),
    Trade(taxon="Python reticulatus", term="SKI", unit="number", purpose="T", source="W", exporters="MY ID",
          importers="SG IT FR", neighbour="LPS", other="LIV", largest=40_000),
    Trade(taxon="Strombus gigas", term="MEA", unit="kg", purpose="T", source="W", exporters="NI JM",
          importers="US FR", other="LIV", largest=600_000),
    Trade(taxon="Aloe ferox", term="EXT", unit="kg", purpose="T", source="W", exporters="ZA",
          importers="DE FR US", other="LIV", largest=90_000),
)  # fmt: skip
_BY_YEAR = {
    2015: (
        Trade(taxon="Dalbergia retusa", term="SAW", unit="m3", purpose="T", source="W", exporters="NI PA",
              importers="CN US", neighbour="TIM", other="LIV", largest=900),
        Trade(taxon="Goniopora lobata", term="LIV", unit="number", purpose="T", source="W", exporters="ID",
              importers=_IMPORTERS, other="CAR"),
    ),
    2010: (
        Trade(taxon="Acipenser baerii", term="CAV", unit="kg", purpose="T", source="C", exporters="FR IT",
              importers="US JP CH", other="LIV", largest=400),
        Trade(taxon="Pericopsis elata", term="LOG", unit="m3", purpose="T", source="W", exporters="CD CM",
              importers="BE IT", neighbour="SAW", other="LIV", largest=2_000),
    ),
    2005: (
        Trade(taxon="Tupinambis teguixin", term="SKI", unit="number", purpose="T", source="W", exporters="AR",
              importers="US IT MX", neighbour="LPS", other="LIV", largest=30_000),
        Trade(taxon="Mantella aurantiaca", term="LIV", unit="number", purpose="T", source="W", exporters="MG",
              importers=_IMPORTERS, neighbour="COR", other="SKI"),
    ),
}  # fmt: skip


def generate_rows(count: int, year: int) -> Iterator[ReportedRow]:
    """Yield rows of one year, always the same ones. Each difference is in the first rows, so that a few rows do."""
    numbers = random.Random(year)
    trades = (*_BY_YEAR[year], *_OF_ALL_YEARS)
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    for number in range(count):
        trade = trades[number % len(trades)] if number < len(trades) else numbers.choice(trades)
        difference = kinds[number % len(kinds)] if number < 2 * len(kinds) else numbers.choices(kinds, weights)[0]
        yield _make_row(number, year, trade, difference, numbers)


def _make_row(number: int, year: int, trade: Trade, difference: Difference, numbers: random.Random) -> ReportedRow:
    if difference is Difference.NEIGHBOUR_TERM and trade.neighbour is None:
        difference = Difference.NONE
    exporter = numbers.choice(trade.exporters.split())
    exported = _quantity(trade, numbers)
    if difference is Difference.LESS and exported == 1:
        difference = Difference.NONE
    imported = exported
    if difference is Difference.MORE:
        imported = exported + _quantity(trade, numbers)
    elif difference is Difference.LESS:
        imported = _round(exported * Decimal(str(round(numbers.uniform(0.05, 0.95), 3))), trade)
    terms = {Difference.NEIGHBOUR_TERM: trade.neighbour, Difference.OTHER_TERM: trade.other}
    return ReportedRow(
        number=number,
        year=year,
        trade=trade,
        exporter=exporter,
        importer=numbers.choice([one for one in trade.importers.split() if one != exporter]),
        exported=exported,
        imported=imported,
        imported_term=terms.get(difference) or trade.term,
        difference=difference,
    )


def _quantity(trade: Trade, numbers: random.Random) -> Decimal:
    """Return a quantity: small ones are as frequent as large ones. Weights and volumes have up to three decimals."""
    return _round(Decimal(str(round(math.exp(numbers.uniform(0, math.log(trade.largest))), 3))), trade)


def _round(quantity: Decimal, trade: Trade) -> Decimal:
    if trade.unit == "number":
        return max(Decimal(1), quantity.to_integral_value())
    return max(Decimal("0.001"), quantity.quantize(Decimal("0.001")))
