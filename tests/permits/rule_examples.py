"""Two examples per rule: one with a finding, and one that differs in a single value and has none."""

from dataclasses import replace

from services.permits.domain.reference.listings import Population
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.policy import Policy
from tests.permits.domain.rules.test_requirements import TAXON, facts, listing, permit
from tests.permits.rule_scenarios import (
    AFTER_VALIDITY,
    APPENDIX_I,
    APPENDIX_II,
    APPENDIX_III,
    COMPLETE_LISTINGS,
    LINE_NAMED,
    NO_LISTINGS,
    NOT_LISTED,
    PERMIT,
    UNENDORSED_PERMIT,
    Example,
    changed_permit,
    facts_with_changed_appendix,
    facts_with_quota_usage,
    facts_with_suspension,
    facts_with_synonym,
    permit_in_use,
    permit_with_lines,
    rules_after_endorsement,
    rules_found,
    rules_when_counted_elsewhere,
    rules_when_stale,
)
from tests.permits.sample_data import line

FROM_MZ = permit("export", origin_country="MZ")
OLD = permit("pre_convention", source="O", underlying_source="W")
WOOD = {"term": "SAW", "unit": "m3", "quantity": "100"}
TWINS = permit_with_lines(line("A", taxon=TAXON), line("B", "40", taxon=TAXON, term="LIV"))
SAME_NUMBER = changed_permit(PERMIT, issuer="FR")
ASKS = replace(APPENDIX_II, policies={"FR": Policy(import_permit_for_appendix_ii=True)})
PLANT = facts(replace(listing(Population(appendix="II")), kingdom="Plantae"))
SPLIT = facts(listing(Population(appendix="II", is_range_known=False), Population(appendix=None, is_range_known=False)))
ELSEWHERE = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA9999999"}
NAMELESS = changed_permit(PERMIT, importer=PERMIT.content.importer.model_copy(update={"identifier": None}))
SHIPPED = replace(PERMIT, transport_documents=frozenset({"M-1"}))
BY_M1 = {"transport_document": "M-1"}

EXAMPLES: dict[str, tuple[Example, Example]] = {
    "CITES-VI.1-permit-known": (lambda: rules_found(PERMIT, document={"number": "ZA-0"}), lambda: rules_found(PERMIT)),
    "stated-in-full": (lambda: rules_found(PERMIT, source=None), lambda: rules_found(PERMIT)),
    "stated-unmistakably": (
        lambda: rules_found(PERMIT, also=(SAME_NUMBER,), document={"issuer": None}),
        lambda: rules_found(PERMIT, document={"issuer": None}),
    ),
    "CITES-box-7-line": (lambda: rules_found(PERMIT, taxon="Nemo nusquam"), lambda: rules_found(PERMIT)),
    "unverified": (lambda: rules_found(known=NO_LISTINGS), lambda: rules_found(known=NOT_LISTED)),
    "CITES-box-14-endorsed-for-less": (lambda: rules_after_endorsement("99"), lambda: rules_after_endorsement("100")),
    "lists-empty": (
        lambda: rules_found(PERMIT, known=replace(APPENDIX_II, missing_lists=("quotas",))),
        lambda: rules_found(PERMIT),
    ),
    "reservation-ended": (lambda: rules_when_stale(after=True), lambda: rules_when_stale(after=False)),
    "CITES-III-export-document": (
        lambda: rules_found(permit("import", "I"), known=APPENDIX_I, purpose="Z"),
        lambda: rules_found(permit("import", "I"), permit("export", "I"), known=APPENDIX_I, purpose="Z"),
    ),
    "CITES-III.3-import-permit": (
        lambda: rules_found(permit("export", "I"), known=APPENDIX_I, purpose="Z"),
        lambda: rules_found(permit("export", "I"), known=APPENDIX_I, purpose="Z", movement="export"),
    ),
    "CITES-III.3(c)": (
        lambda: rules_found(permit("import", "I"), permit("export", "I"), known=APPENDIX_I, purpose="T"),
        lambda: rules_found(permit("export", "I", source="D"), known=APPENDIX_I, purpose="T", source="D"),
    ),
    "CITES-IV-export-document": (
        lambda: rules_found(permit("certificate_of_origin")),
        lambda: rules_found(permit("re_export")),
    ),
    "CITES-XIV.1-import-permit": (lambda: rules_found(PERMIT, known=ASKS), lambda: rules_found(PERMIT)),
    "CITES-V-document": (
        lambda: rules_found(permit("import", "III"), known=APPENDIX_III),
        lambda: rules_found(permit("certificate_of_origin", "III"), known=APPENDIX_III),
    ),
    "CITES-VII-other-document": (lambda: rules_found(permit("other")), lambda: rules_found(permit("captive_bred"))),
    "split-listing": (lambda: rules_found(known=SPLIT), lambda: rules_found(PERMIT, known=SPLIT)),
    "CITES-Conf-12.3-source": (
        lambda: rules_found(PERMIT, known=PLANT, source="C"),
        lambda: rules_found(PERMIT, known=PLANT, source="A"),
    ),
    "CITES-Conf-14.3-suspension": (
        lambda: rules_found(PERMIT, known=facts_with_suspension("ZA")),
        lambda: rules_found(PERMIT, known=facts_with_suspension("NA")),
    ),
    "CITES-Conf-14.3-suspension-of-origin": (
        lambda: rules_found(FROM_MZ, known=facts_with_suspension("MZ"), origin_country="MZ"),
        lambda: rules_found(FROM_MZ, known=facts_with_suspension("NA"), origin_country="MZ"),
    ),
    "not-CITES": (
        lambda: rules_found(known=COMPLETE_LISTINGS, documents=[{"type": "Y900"}]),
        lambda: rules_found(known=APPENDIX_II, documents=[{"type": "Y900"}]),
    ),
    "CITES-IV-kind": (
        lambda: rules_found(changed_permit(permit("import"), issuer="FR"), movement="export"),
        lambda: rules_found(PERMIT, movement="export"),
    ),
    "CITES-VI.2-validity": (lambda: rules_found(PERMIT, at=AFTER_VALIDITY), lambda: rules_found(PERMIT)),
    "CITES-VI.2-late": (
        lambda: rules_found(PERMIT, at=AFTER_VALIDITY, document={"use": "late"}),
        lambda: rules_found(PERMIT, document={"use": "late"}),
    ),
    "CITES-VI.1-withdrawn": (
        lambda: rules_found(replace(PERMIT, status=PermitStatus.REVOKED)),
        lambda: rules_found(replace(PERMIT, status=PermitStatus.ENDORSED)),
    ),
    "CITES-box-4-export-country": (
        lambda: rules_found(PERMIT, shipment={"export_country": "NA"}),
        lambda: rules_found(PERMIT, shipment={"export_country": "ZA"}),
    ),
    "CITES-box-3a-import-country": (
        lambda: rules_found(PERMIT, shipment={"import_country": "DE"}),
        lambda: rules_found(PERMIT, shipment={"import_country": "FR"}),
    ),
    "CITES-box-3-4-own-party": (lambda: rules_found(NAMELESS), lambda: rules_found(PERMIT)),
    "CITES-box-3-4-other-party": (
        lambda: rules_found(PERMIT, shipment={"exporter": ELSEWHERE}),
        lambda: rules_found(PERMIT),
    ),
    "CITES-box-5a-purpose": (lambda: rules_found(PERMIT, purpose="P"), lambda: rules_found(PERMIT, purpose="T")),
    "CITES-box-14-endorsement": (lambda: rules_found(UNENDORSED_PERMIT), lambda: rules_found(PERMIT)),
    "CITES-box-6-registered": (
        lambda: rules_found(replace(PERMIT, registering_country="FR")),
        lambda: rules_found(replace(PERMIT, registering_country="ZA")),
    ),
    "CITES-box-7-taxon": (
        lambda: rules_found(PERMIT, taxon="Nemo nusquam", document=LINE_NAMED),
        lambda: rules_found(PERMIT, taxon=TAXON, document=LINE_NAMED),
    ),
    "CITES-box-9-term": (lambda: rules_found(PERMIT, term="LIV"), lambda: rules_found(PERMIT, term="SKP")),
    "CITES-box-9-neighbouring-term": (lambda: rules_found(PERMIT, term="SKP"), lambda: rules_found(PERMIT, term="SKI")),
    "CITES-box-11-unit": (
        lambda: rules_found(permit("export", **WOOD), term="SAW", unit="kg"),
        lambda: rules_found(permit("export", **WOOD), term="SAW", unit="cm3"),
    ),
    "CITES-box-10-source": (lambda: rules_found(PERMIT, source="W"), lambda: rules_found(PERMIT, source="R")),
    "CITES-box-10-underlying-source": (
        lambda: rules_found(OLD, source="O", underlying_source="C"),
        lambda: rules_found(OLD, source="O", underlying_source="W"),
    ),
    "CITES-box-12-origin": (
        lambda: rules_found(FROM_MZ, origin_country="ZA"),
        lambda: rules_found(FROM_MZ, origin_country="MZ"),
    ),
    "one-line-meant": (lambda: rules_found(TWINS, term=None), lambda: rules_found(TWINS, term="LIV")),
    "CITES-box-15-part-use": (
        lambda: rules_found(SHIPPED, document={"use": "part"}, shipment={"transport_document": "M-2"}),
        lambda: rules_found(SHIPPED, document={"use": "part"}, shipment=BY_M1),
    ),
    "counted-already": (
        lambda: rules_when_counted_elsewhere("it", "11"),
        lambda: rules_when_counted_elsewhere("it", "10"),
    ),
    "reported-late": (lambda: rules_found(PERMIT, document={"use": "late"}), lambda: rules_found(PERMIT)),
    "CITES-box-10-appendix": (
        lambda: rules_found(PERMIT, known=APPENDIX_I),
        lambda: rules_found(PERMIT, known=APPENDIX_II),
    ),
    "CITES-XV-appendix-today": (
        lambda: rules_found(PERMIT, known=facts_with_changed_appendix("I")),
        lambda: rules_found(PERMIT, known=facts_with_changed_appendix("III")),
    ),
    "CITES-XV-appendix-since": (
        lambda: rules_found(PERMIT, known=facts_with_changed_appendix("III")),
        lambda: rules_found(PERMIT, known=facts_with_changed_appendix("I")),
    ),
    "listing-silent": (lambda: rules_found(PERMIT, known=NO_LISTINGS), lambda: rules_found(PERMIT, known=APPENDIX_II)),
    "CITES-box-7-synonym": (
        lambda: rules_found(PERMIT, known=facts_with_synonym("Aliud nomen"), taxon="Aliud nomen"),
        lambda: rules_found(PERMIT, known=facts_with_synonym("Aliud nomen")),
    ),
    "CITES-Conf-14.7-quota": (
        lambda: rules_found(PERMIT, known=facts_with_quota_usage(101)),
        lambda: rules_found(PERMIT, known=facts_with_quota_usage(100)),
    ),
    "CITES-VI.6-second-use": (lambda: rules_found(permit_in_use("50")), lambda: rules_found(PERMIT)),
    "CITES-box-11-quantity": (
        lambda: rules_found(PERMIT, quantity="120.5"),
        lambda: rules_found(PERMIT, quantity="120"),
    ),
}
"""By rule: an example with a finding, and one that differs in a single value and has none."""
