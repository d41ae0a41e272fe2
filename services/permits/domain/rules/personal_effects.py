"""Rules about personal and household effects, which need no documents (Article VII.3; Resolution Conf. 13.7).

The traveller claims the exemption for an item that cites no document. One finding then takes the place of the documents
that Articles III to V require. An officer decides where the codes of the declaration do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from services.permits.domain import units
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.certificate_scope import LIVE_TERMS
from services.permits.domain.rules.item_context import ClaimedTotal, ItemContext
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, Discrepancy, Rule, rule
from shared.cites.annotations import Effect
from shared.contracts.closed_sets import Appendix, Purpose, Severity, Side, Unit
from shared.contracts.declaration import Declaration, Item, declaring_side
from shared.contracts.quantities import EXACT, format_quantity

PERSONAL = "personal or household effects"
EXPORT_DOCUMENT = "an export permit or re-export certificate"
BOTH_DOCUMENTS = f"{EXPORT_DOCUMENT}, and an import permit"
OWNERSHIP_DOCUMENT = f"{EXPORT_DOCUMENT}, or a certificate of ownership (Resolution Conf. 10.20)"


@dataclass(frozen=True, kw_only=True)
class PersonLimit:
    """A quantity of some goods that each person may carry without documents (Resolution Conf. 13.7).

    `taxa` are keys of names and of higher taxa. Without `terms` the limit is for all dead specimens. `net_mass` is a
    second limit, in kg. `note` is a condition that customs sees on the goods and the hub does not.
    """

    goods: str
    taxa: frozenset[str]
    amount: Decimal
    unit: Unit
    terms: frozenset[str] = frozenset()
    net_mass: Decimal | None = None
    note: str | None = None
    is_certain: bool = True
    """Whether the codes of an item prove that the limit applies to it."""

    def __str__(self) -> str:
        mass = f" and {format_quantity(self.net_mass)} kg" if self.net_mass is not None else ""
        return f"at most {format_quantity(self.amount)} {self.unit}{mass} of {self.goods} per person"


AGARWOOD = frozenset({"aquilaria", "gyrinops"})
LIMITS = (
    PersonLimit(
        goods="caviar of sturgeons",
        taxa=frozenset({"acipenseriformes"}),
        terms=frozenset({"CAV"}),
        amount=Decimal(125),
        unit=Unit.G,
        note="each container has the label of Resolution Conf. 12.7",
    ),
    PersonLimit(
        goods="rainsticks of cacti",
        taxa=frozenset({"cactaceae"}),
        amount=Decimal(3),
        unit=Unit.NUMBER,
        is_certain=False,  # no trade term means a rainstick
    ),
    PersonLimit(goods="crocodilians", taxa=frozenset({"crocodylia"}), amount=Decimal(4), unit=Unit.NUMBER),
    PersonLimit(
        goods="shells of queen conch",
        taxa=frozenset({"strombus gigas", "lobatus gigas", "aliger gigas"}),
        terms=frozenset({"SHE"}),
        amount=Decimal(3),
        unit=Unit.NUMBER,
    ),
    PersonLimit(goods="seahorses", taxa=frozenset({"hippocampus"}), amount=Decimal(4), unit=Unit.NUMBER),
    PersonLimit(
        goods="shells of giant clams",
        taxa=frozenset({"tridacnidae", "tridacna", "hippopus"}),
        terms=frozenset({"SHE"}),
        amount=Decimal(3),
        unit=Unit.NUMBER,
        net_mass=Decimal(3),
        note="a shell is one intact shell or two matching halves",
    ),
    PersonLimit(
        goods="woodchips of agarwood", taxa=AGARWOOD, terms=frozenset({"CHP"}), amount=Decimal(1), unit=Unit.KG
    ),
    PersonLimit(goods="oil of agarwood", taxa=AGARWOOD, terms=frozenset({"OIL"}), amount=Decimal(24), unit=Unit.ML),
    PersonLimit(
        goods="sets of beads of agarwood",
        taxa=AGARWOOD,
        terms=frozenset({"JWL"}),
        amount=Decimal(2),
        unit=Unit.NUMBER,
        note="a necklace or a bracelet is one set",
    ),
)
LIMITED_TAXA = frozenset().union(*(limit.taxa for limit in LIMITS))


class Outcome(Enum):
    """The result of a claim of personal or household effects by the law."""

    EXEMPT = "exempt"
    NOT_EXEMPT = "not exempt"
    OVER_LIMIT = "over the limit"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The outcome of a claim, and the discrepancy that explains it."""

    outcome: Outcome
    discrepancy: Discrepancy


def total_claims(declaration: Declaration, facts: Facts) -> Mapping[str, ClaimedTotal]:
    """Return what the items of a declaration claim together, under each limit. A declaration has one traveller."""
    claimed: dict[str, ClaimedTotal] = {}
    for item in declaration.items:
        if item.exemption is None or any(one.is_cites or one.states_not_cites for one in item.documents):
            continue
        limit = find_limit(item.taxon, item.term, facts)
        if limit is not None:
            before = claimed.get(limit.goods, ClaimedTotal(items=(), amount=Decimal(0), net_mass=Decimal(0)))
            claimed[limit.goods] = ClaimedTotal(
                items=(*before.items, item.number),
                amount=_add(before.amount, _amount_in(item, limit.unit)),
                net_mass=_add(before.net_mass, _amount_in(item, Unit.KG)),
            )
    return claimed


def find_limit(taxon: str | None, term: str | None, facts: Facts) -> PersonLimit | None:
    """Return the limit for dead specimens of a taxon and a term, or None."""
    if taxon is None or term is None or term in LIVE_TERMS:
        return None
    lineage = facts.listings.lineage(taxon)
    if lineage.isdisjoint(LIMITED_TAXA):
        return None
    found = (limit for limit in LIMITS if not lineage.isdisjoint(limit.taxa))
    return next((limit for limit in found if not limit.terms or term in limit.terms), None)


def _add(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else EXACT.add(one, other)


def _amount_in(item: Item, unit: Unit) -> Decimal | None:
    """Return the quantity of an item in a unit, or None. The net mass counts where the quantity is no mass.

    A pair of shoes is one specimen.
    """
    if unit is Unit.NUMBER and item.unit is Unit.PAIR and item.term == "SHO":
        return item.quantity
    if units.is_convertible(item.unit, unit):
        return units.convert(item.quantity, item.unit, unit)
    if item.net_mass is not None and units.is_convertible(Unit.KG, unit):
        return units.convert(item.net_mass, Unit.KG, unit)
    return None


def assess(context: ItemContext) -> Assessment | None:
    """Return the outcome of a claim, or None if there is none or no Appendix applies to the goods.

    An annotation may leave open whether the Convention includes a part. Then only an exempt claim has an outcome: such
    goods need no documents in either case.
    """
    if not context.claims_exemption or _appendix(context) is None:
        return None
    found = _excluded(context) or _assess_appendix_one(context) or _doubtful(context) or _assess_quantity(context)
    return found if context.appendix is not None or found.outcome is Outcome.EXEMPT else None


def _appendix(context: ItemContext) -> str | None:
    """Return the Appendix of the goods, also if an annotation leaves open whether it includes the part."""
    status = context.listing_status
    if context.appendix is None and status.coverage is Effect.OPEN and status.is_certain:
        return status.appendix
    return context.appendix


def is_exempt(context: ItemContext) -> bool:
    """Return whether goods are exempt as personal effects, without a doubt."""
    found = assess(context)
    return found is not None and found.outcome is Outcome.EXEMPT


def _excluded(context: ItemContext) -> Assessment | None:
    """Return why the goods are certainly not exempt, whatever their quantity is, or None."""
    country = next((code for code in _deciding_countries(context) if _requires_documents(context, code)), None)
    if country is not None:
        found = f"{PERSONAL}, for which {country} requires documents"
        return _assessment(context, Outcome.NOT_EXEMPT, "exemption", EXPORT_DOCUMENT, found)
    if context.purpose == Purpose.COMMERCIAL:
        found = f"purpose {Purpose.COMMERCIAL}, a commercial one"
        return _assessment(context, Outcome.NOT_EXEMPT, "purpose", EXPORT_DOCUMENT, found)
    if context.term in LIVE_TERMS and _appendix(context) != Appendix.III:
        found = f"living specimens of Appendix {_appendix(context)}"
        return _assessment(context, Outcome.NOT_EXEMPT, "term", OWNERSHIP_DOCUMENT, found)
    return None


def _deciding_countries(context: ItemContext) -> tuple[str, ...]:
    """Return the countries whose policy may require documents: both ends, and where the goods were acquired.

    The last counts for souvenirs that come into the State of usual residence (Article VII.3(b)).
    """
    declaration = context.declaration
    acquired_in = (context.acquired_in,) if _is_souvenir(context) else ()
    return (declaration.export_country, declaration.import_country, *acquired_in)


def _requires_documents(context: ItemContext, country: str) -> bool:
    return context.facts.policy(country).personal_effects_need_documents


def _is_souvenir(context: ItemContext) -> bool:
    """Return whether the owner acquired the goods abroad and imports them into the State of usual residence.

    The country of the declaring side is that State.
    """
    residence = declaring_side(context.declaration).country
    enters_residence = context.side is Side.IMPORT and context.declaration.import_country == residence
    return enters_residence and context.acquired_in != residence


def _assess_appendix_one(context: ItemContext) -> Assessment | None:
    """Return the outcome for Appendix I: souvenirs are not exempt (Article VII.3(a)); others are for an officer."""
    if _appendix(context) != Appendix.I or not context.listing_status.is_certain:
        return None
    if _is_souvenir(context):
        found = f"Appendix I, acquired in {context.acquired_in}, outside the State of usual residence"
        return _assessment(context, Outcome.NOT_EXEMPT, "exemption", BOTH_DOCUMENTS, found)
    return _assessment(context, Outcome.DOUBTFUL, "exemption", BOTH_DOCUMENTS, f"{PERSONAL} of Appendix I")


def _doubtful(context: ItemContext) -> Assessment | None:
    """Return why an officer must decide, whatever the quantity is, or None."""
    if not context.listing_status.is_certain:
        return _assessment(context, Outcome.DOUBTFUL, "origin_country", "one Appendix", str(context.listing_status))
    if context.term is None or context.term in LIVE_TERMS:
        return _assessment(context, Outcome.DOUBTFUL, "term", "a term of dead specimens", context.term or "no term")
    if context.term == "TRO" or context.purpose not in {None, Purpose.PERSONAL}:
        found = f"term {context.term}, purpose {context.purpose or 'not stated'}"
        return _assessment(context, Outcome.DOUBTFUL, "purpose", f"{PERSONAL}, no trophies", found)
    return None


def _assess_quantity(context: ItemContext) -> Assessment:
    """Return the outcome for dead specimens of Appendix II or III by the limits of Resolution Conf. 13.7."""
    limit = find_limit(context.taxon, context.term, context.facts) if _appendix(context) == Appendix.II else None
    if limit is None:
        return _assess_without_limit(context)
    total = context.claimed_totals.get(limit.goods)
    if total is None or total.amount is None or (limit.net_mass is not None and total.net_mass is None):
        wanted = "net_mass" if total is not None and total.amount is not None else "unit"
        return _assessment(context, Outcome.DOUBTFUL, wanted, str(limit), _stated(context))
    found = f"{format_quantity(total.amount)} {limit.unit}"
    if limit.net_mass is not None and total.net_mass is not None:
        found += f" and {format_quantity(total.net_mass)} kg"
    if len(total.items) > 1:
        found += f" in items {', '.join(str(number) for number in total.items)}"
    is_over = total.amount > limit.amount or (
        limit.net_mass is not None and total.net_mass is not None and total.net_mass > limit.net_mass
    )
    if not is_over:
        return _assessment(context, Outcome.EXEMPT, "exemption", str(limit), found, limit.note)
    outcome = Outcome.OVER_LIMIT if limit.is_certain else Outcome.DOUBTFUL
    return _assessment(context, outcome, "quantity", f"{limit}, or {EXPORT_DOCUMENT}", found)


def _assess_without_limit(context: ItemContext) -> Assessment:
    """Return the outcome for goods without a limit. Customs sees whether they are personal, the hub does not.

    A taxon with a limit for other goods, such as meat of sturgeons, is for an officer.
    """
    has_other_limit = context.taxon is not None and not context.facts.listings.lineage(context.taxon).isdisjoint(
        LIMITED_TAXA
    )
    is_seen = context.is_lodged_by_customs and (_appendix(context) == Appendix.III or not has_other_limit)
    outcome = Outcome.EXEMPT if is_seen else Outcome.DOUBTFUL
    return _assessment(context, outcome, "exemption", PERSONAL, _stated(context))


def _stated(context: ItemContext) -> str:
    item = context.item
    return f"{format_quantity(item.quantity)} {item.unit} of {context.taxon}, Appendix {_appendix(context)}"


def _assessment(
    context: ItemContext, outcome: Outcome, field: str, expected: str, found: str, note: str | None = None
) -> Assessment:
    discrepancy = Discrepancy(pointer=context.pointer(field), expected=expected, found=found, note=note)
    return Assessment(outcome=outcome, discrepancy=discrepancy)


def _discrepancy_of(context: ItemContext, outcome: Outcome) -> Discrepancy | None:
    found = assess(context) if context.item.exemption is not None else None
    return found.discrepancy if found is not None and found.outcome is outcome else None


@rule(
    "CITES-VII.3-not-exempt",
    Severity.BLOCK,
    remedy="Cite the documents that the goods need in a new version, and leave `exemption` out.",
    officer_remedy="The traveller presents the documents, and a new version cites them. Customs overrides the finding "
    "with a reason only if the goods may pass.",
)
def effects_may_be_exempt(context: ItemContext) -> Discrepancy | None:
    """Personal or household effects must be of a kind that is exempt (Article VII.3).

    These are not exempt: souvenirs of Appendix I, living specimens, commercial goods, and goods for which a country
    requires documents.
    """
    return _discrepancy_of(context, Outcome.NOT_EXEMPT)


@rule(
    "CITES-Conf-13.7-quantity",
    Severity.BLOCK,
    remedy="Cite the export document for the whole quantity in a new version, and leave `exemption` out.",
    officer_remedy="The traveller presents the export document, and a new version cites it. Customs overrides the "
    "finding with a reason only if several persons carry the goods.",
)
def effects_are_within_limit(context: ItemContext) -> Discrepancy | None:
    """All items together must not exceed the quantity that one person may carry (Resolution Conf. 13.7)."""
    return _discrepancy_of(context, Outcome.OVER_LIMIT)


@rule(
    "CITES-VII.3-doubt",
    Severity.REFER,
    remedy="State term, purpose, origin, unit and net mass in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def effects_are_certainly_exempt(context: ItemContext) -> Discrepancy | None:
    """An officer must decide where the hub cannot tell whether goods are exempt as personal effects (Article VII.3)."""
    return _discrepancy_of(context, Outcome.DOUBTFUL)


@rule("CITES-VII.3-personal-effects", Severity.NOTE)
def effects_are_exempt(context: ItemContext) -> Discrepancy | None:
    """The goods are personal or household effects, so they need no documents (Article VII.3; Resolution Conf. 13.7)."""
    return _discrepancy_of(context, Outcome.EXEMPT)


RULES: tuple[Rule[ItemContext], ...] = (
    effects_may_be_exempt,
    effects_are_within_limit,
    effects_are_certainly_exempt,
    effects_are_exempt,
)
