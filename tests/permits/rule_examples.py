"""Of each rule an example that it finds, and one that differs from that in one thing and passes."""

from dataclasses import replace

from services.permits.domain.lifecycle import PermitStatus
from services.permits.domain.reference.listings import Population
from shared.contracts.policy import Policy
from tests.permits.domain.rules.test_requirements import TAXON, facts, listing, permit
from tests.permits.rule_scenarios import (
    AFTER,
    BARE,
    NAMED,
    NONE,
    ONE,
    PAPER,
    SILENT,
    THREE,
    TWO,
    WHOLE,
    Example,
    abandoned,
    called,
    counted,
    endorsed_for,
    found,
    in_use,
    like,
    lines,
    moved,
    stopped,
    taking,
)
from tests.permits.sample_data import line

FROM_MZ = permit("export", origin_country="MZ")
OLD = permit("pre_convention", source="O", underlying_source="W")
WOOD = {"term": "SAW", "unit": "m3", "quantity": "100"}
TWINS = lines(line("A", taxon=TAXON), line("B", "40", taxon=TAXON, term="LIV"))
SAME_NUMBER = like(PAPER, issuer="FR")
ASKS = replace(TWO, policies={"FR": Policy(import_permit_for_appendix_ii=True)})
PLANT = facts(replace(listing(Population("II")), kingdom="Plantae"))
SPLIT = facts(listing(Population("II", told=False), Population(None, told=False)))
ELSEWHERE = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA9999999"}
NAMELESS = like(PAPER, importer=PAPER.terms.importer.model_copy(update={"identifier": None}))
SHIPPED = replace(PAPER, transport_documents=frozenset({"M-1"}))
BY_M1 = {"transport_document": "M-1"}

EXAMPLES: dict[str, tuple[Example, Example]] = {
    "CITES-VI.1-permit-known": (lambda: found(PAPER, document={"number": "ZA-0"}), lambda: found(PAPER)),
    "stated-in-full": (lambda: found(PAPER, source=None), lambda: found(PAPER)),
    "stated-unmistakably": (
        lambda: found(PAPER, also=(SAME_NUMBER,), document={"issuer": None}),
        lambda: found(PAPER, document={"issuer": None}),
    ),
    "CITES-box-7-line": (lambda: found(PAPER, taxon="Nemo nusquam"), lambda: found(PAPER)),
    "unverified": (lambda: found(known=SILENT), lambda: found(known=NONE)),
    "CITES-box-14-endorsed-for-less": (lambda: endorsed_for("99"), lambda: endorsed_for("100")),
    "lists-empty": (lambda: found(PAPER, known=replace(TWO, empty=("quotas",))), lambda: found(PAPER)),
    "reservation-ended": (lambda: abandoned(after=True), lambda: abandoned(after=False)),
    "CITES-III-export-document": (
        lambda: found(permit("import", "I"), known=ONE, purpose="Z"),
        lambda: found(permit("import", "I"), permit("export", "I"), known=ONE, purpose="Z"),
    ),
    "CITES-III.3-import-permit": (
        lambda: found(permit("export", "I"), known=ONE, purpose="Z"),
        lambda: found(permit("export", "I"), known=ONE, purpose="Z", movement="export"),
    ),
    "CITES-III.3(c)": (
        lambda: found(permit("import", "I"), permit("export", "I"), known=ONE, purpose="T"),
        lambda: found(permit("export", "I", source="D"), known=ONE, purpose="T", source="D"),
    ),
    "CITES-IV-export-document": (lambda: found(permit("certificate_of_origin")), lambda: found(permit("re_export"))),
    "CITES-XIV.1-import-permit": (lambda: found(PAPER, known=ASKS), lambda: found(PAPER)),
    "CITES-V-document": (
        lambda: found(permit("import", "III"), known=THREE),
        lambda: found(permit("certificate_of_origin", "III"), known=THREE),
    ),
    "CITES-VII-other-document": (lambda: found(permit("other")), lambda: found(permit("captive_bred"))),
    "split-listing": (lambda: found(known=SPLIT), lambda: found(PAPER, known=SPLIT)),
    "CITES-Conf-12.3-source": (
        lambda: found(PAPER, known=PLANT, source="C"),
        lambda: found(PAPER, known=PLANT, source="A"),
    ),
    "CITES-Conf-14.3-suspension": (
        lambda: found(PAPER, known=stopped("ZA")),
        lambda: found(PAPER, known=stopped("NA")),
    ),
    "CITES-Conf-14.3-suspension-of-origin": (
        lambda: found(FROM_MZ, known=stopped("MZ"), origin_country="MZ"),
        lambda: found(FROM_MZ, known=stopped("NA"), origin_country="MZ"),
    ),
    "not-CITES": (
        lambda: found(known=WHOLE, documents=[{"type": "Y900"}]),
        lambda: found(known=TWO, documents=[{"type": "Y900"}]),
    ),
    "CITES-IV-kind": (
        lambda: found(like(permit("import"), issuer="FR"), movement="export"),
        lambda: found(PAPER, movement="export"),
    ),
    "CITES-VI.2-validity": (lambda: found(PAPER, at=AFTER), lambda: found(PAPER)),
    "CITES-VI.2-late": (
        lambda: found(PAPER, at=AFTER, document={"use": "late"}),
        lambda: found(PAPER, document={"use": "late"}),
    ),
    "CITES-VI.1-withdrawn": (
        lambda: found(replace(PAPER, status=PermitStatus.REVOKED)),
        lambda: found(replace(PAPER, status=PermitStatus.ENDORSED)),
    ),
    "CITES-box-4-export-country": (
        lambda: found(PAPER, shipment={"export_country": "NA"}),
        lambda: found(PAPER, shipment={"export_country": "ZA"}),
    ),
    "CITES-box-3a-import-country": (
        lambda: found(PAPER, shipment={"import_country": "DE"}),
        lambda: found(PAPER, shipment={"import_country": "FR"}),
    ),
    "CITES-box-3-4-own-party": (lambda: found(NAMELESS), lambda: found(PAPER)),
    "CITES-box-3-4-other-party": (lambda: found(PAPER, shipment={"exporter": ELSEWHERE}), lambda: found(PAPER)),
    "CITES-box-5a-purpose": (lambda: found(PAPER, purpose="P"), lambda: found(PAPER, purpose="T")),
    "CITES-box-14-endorsement": (lambda: found(BARE), lambda: found(PAPER)),
    "CITES-box-6-registered": (
        lambda: found(replace(PAPER, registering_country="FR")),
        lambda: found(replace(PAPER, registering_country="ZA")),
    ),
    "CITES-box-7-taxon": (
        lambda: found(PAPER, taxon="Nemo nusquam", document=NAMED),
        lambda: found(PAPER, taxon=TAXON, document=NAMED),
    ),
    "CITES-box-9-term": (lambda: found(PAPER, term="LIV"), lambda: found(PAPER, term="SKP")),
    "CITES-box-9-neighbouring-term": (lambda: found(PAPER, term="SKP"), lambda: found(PAPER, term="SKI")),
    "CITES-box-11-unit": (
        lambda: found(permit("export", **WOOD), term="SAW", unit="kg"),
        lambda: found(permit("export", **WOOD), term="SAW", unit="cm3"),
    ),
    "CITES-box-10-source": (lambda: found(PAPER, source="W"), lambda: found(PAPER, source="R")),
    "CITES-box-10-underlying-source": (
        lambda: found(OLD, source="O", underlying_source="C"),
        lambda: found(OLD, source="O", underlying_source="W"),
    ),
    "CITES-box-12-origin": (
        lambda: found(FROM_MZ, origin_country="ZA"),
        lambda: found(FROM_MZ, origin_country="MZ"),
    ),
    "one-line-meant": (lambda: found(TWINS, term=None), lambda: found(TWINS, term="LIV")),
    "CITES-box-15-part-use": (
        lambda: found(SHIPPED, document={"use": "part"}, shipment={"transport_document": "M-2"}),
        lambda: found(SHIPPED, document={"use": "part"}, shipment=BY_M1),
    ),
    "counted-already": (lambda: counted("it", "11"), lambda: counted("it", "10")),
    "reported-late": (lambda: found(PAPER, document={"use": "late"}), lambda: found(PAPER)),
    "CITES-box-10-appendix": (lambda: found(PAPER, known=ONE), lambda: found(PAPER, known=TWO)),
    "CITES-XV-appendix-today": (lambda: found(PAPER, known=moved("I")), lambda: found(PAPER, known=moved("III"))),
    "CITES-XV-appendix-since": (lambda: found(PAPER, known=moved("III")), lambda: found(PAPER, known=moved("I"))),
    "listing-silent": (lambda: found(PAPER, known=SILENT), lambda: found(PAPER, known=TWO)),
    "CITES-box-7-synonym": (
        lambda: found(PAPER, known=called("Aliud nomen"), taxon="Aliud nomen"),
        lambda: found(PAPER, known=called("Aliud nomen")),
    ),
    "CITES-Conf-14.7-quota": (lambda: found(PAPER, known=taking(101)), lambda: found(PAPER, known=taking(100))),
    "CITES-VI.6-second-use": (lambda: found(in_use("50")), lambda: found(PAPER)),
    "CITES-box-11-quantity": (lambda: found(PAPER, quantity="120.5"), lambda: found(PAPER, quantity="120")),
}
"""By rule: what it finds, and what differs from that in one thing and passes."""
