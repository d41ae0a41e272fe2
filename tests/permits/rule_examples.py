"""Two examples per rule: one with a finding, and one that differs in a single value and has none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.permits.domain.reference.listings import Population
from services.permits.domain.rules.check_limits import (
    CHECK_COST,
    STORED_FINDINGS,
    limit_findings,
    too_large_findings,
)
from services.permits.domain.rules.goods import is_reported_late
from shared.contracts.closed_sets import MatchKind, PermitStatus
from shared.contracts.policy import Policy
from tests.days import FIXED_DAY
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
    OTHER_TAXON,
    PERMIT,
    TWO_TAXA,
    UNENDORSED_PERMIT,
    Example,
    changed_permit,
    facts_with_changed_appendix,
    facts_with_quota_usage,
    facts_with_suspension,
    facts_with_synonym,
    findings_after_endorsement,
    findings_of,
    findings_when_counted_elsewhere,
    findings_when_stale,
    permit_in_use,
    permit_with_lines,
)
from tests.permits.sample_data import line

IMPORT_OF_ZOO, EXPORT_TO_ZOO = (permit(kind, "I", terms={"purpose": "Z"}) for kind in ("import", "export"))
FROM_MZ = permit("export", origin_country="MZ")
BRED = permit("captive_bred", source="C")
SEIZED = permit("captive_bred", source="I", underlying_source="C")
PET = permit("personal_ownership", source="C", term="LIV", terms={"purpose": "P"})
PET_GOODS: dict[str, Any] = {"source": "C", "term": "LIV", "purpose": "P"}
OLD = permit("pre_convention", source="O", underlying_source="W", acquired_on="1970-01-01")
WOOD = {"term": "SAW", "unit": "m3", "quantity": "100"}
TWINS = permit_with_lines(line("A", taxon=TAXON), line("B", "40", taxon=TAXON, term="LIV"))
SAME_NUMBER = changed_permit(PERMIT, issuer="FR")
ASKS = replace(APPENDIX_II, policies={"FR": Policy(import_permit_for_appendix_ii=True)})
ALONE = replace(APPENDIX_II, policies={"FR": Policy(import_permit_cited_alone=True)})
NAMES_NONE, NAMES_PERMIT = (
    permit("import", origin_permit=number) for number in ("captive-bred before listing", PERMIT.content.number)
)
REASONED, NAMED = (
    permit("re_export", origin_country="ZW", origin_permit=number, origin_date="2020-01-01")
    for number in ("pre-Convention", "ZW-7")
)
ORIGIN_REVOKED, ORIGIN_KNOWN = (
    replace(APPENDIX_II, previous_statuses={("ZW", "zw-7"): status})
    for status in (PermitStatus.REVOKED, PermitStatus.EXHAUSTED)
)
ORIGIN = permit("export", terms={"number": "ZW-7", "issuer": "ZW", "export_country": "ZW"})
ORIGIN_USED_UP, ORIGIN_LEFT = (
    replace(ORIGIN_KNOWN, previous_permits={ORIGIN.key: one})
    for one in (ORIGIN.with_balance("A", replace(ORIGIN.lines["A"].balance, import_closed=True)), ORIGIN)
)
UNNUMBERED, NUMBERED = (permit("export", "I", source="D", registered_operation=number) for number in (None, "A-ZA-501"))
OF_APPENDIX_II = permit("export", "II", source="D", registered_operation="A-ZA-501")
PLANT, ORCHID = (facts(replace(listing(Population(appendix=appendix)), kingdom="Plantae")) for appendix in ("II", "I"))
CROSSES = "Inventus probatus × Inventus alienus"
CROSSED = facts(replace(listing(Population(appendix="II")), kingdom="Animalia"), called=CROSSES, by=MatchKind.HYBRID)
ELEPHANTS, LIONS, ROSEWOODS = "Loxodonta africana", "Panthera leo", "Dalbergia latifolia"
ELEPHANT, LION, ROSEWOOD = (
    facts(listing(Population(appendix="II"), name=name), called=name) for name in (ELEPHANTS, LIONS, ROSEWOODS)
)
IVORY = permit("export", taxon=ELEPHANTS, term="TUS", source="W", terms={"purpose": "P"})
BONES = permit("export", taxon=LIONS, term="BON", source="W")
SPLIT = facts(listing(Population(appendix="II", is_range_known=False), Population(appendix=None, is_range_known=False)))
UNCLEAR = facts(listing(*(Population(appendix=one, is_range_known=False) for one in ("I", "II"))))
TURTLES = permit("export", taxon="Cuora spp.", source="W")
ELSEWHERE = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA9999999"}
HOLDER = PERMIT.content.importer.model_dump()
CONSIGNOR = PERMIT.content.exporter.model_dump()
NAMELESS = changed_permit(PERMIT, importer=PERMIT.content.importer.model_copy(update={"identifier": None}))
AFTERWARDS = changed_permit(PERMIT, retrospective=True)
SHIPPED = replace(PERMIT, transport_documents=frozenset({"M-1"}))
BY_M1 = {"transport_document": "M-1"}
UNDESCRIBED: dict[str, Any] = {"taxon": None, "term": None, "source": None}
SEAHORSES = facts(listing(Population(appendix="II"), name="Hippocampus kuda"), called="Hippocampus kuda")
EFFECTS: dict[str, Any] = {"taxon": "Hippocampus kuda", "term": "BOD", "purpose": "P", "quantity": "4"}
EFFECTS |= {"exemption": "personal_effects"}
SECOND = changed_permit(PERMIT, number="ZA-SECOND")
MEAT = permit("export", term="MEA", unit="kg")
MEAT_GOODS: dict[str, Any] = {"term": "MEA", "unit": "kg"}
HALF = {"number": PERMIT.content.number, "issuer": "ZA", "quantity": "5"}
LATE_NOTE = tuple(one for one in findings_of(PERMIT, document={"use": "late"}) if one.rule == is_reported_late.name)

EXAMPLES: dict[str, tuple[Example, Example]] = {
    "CITES-VI.1-permit-known": (lambda: findings_of(PERMIT, document={"number": "ZA-0"}), lambda: findings_of(PERMIT)),
    "document-type": (
        lambda: findings_of(PERMIT, document={"type": "N935"}),
        lambda: findings_of(PERMIT, document={"type": "C405"}),
    ),
    "stated-in-full": (lambda: findings_of(PERMIT, source=None), lambda: findings_of(PERMIT)),
    "stated-unmistakably": (
        lambda: findings_of(PERMIT, also=(SAME_NUMBER,), document={"issuer": None}),
        lambda: findings_of(PERMIT, document={"issuer": None}),
    ),
    "findings-omitted": (
        lambda: limit_findings(findings_of(PERMIT, purpose="P") * (STORED_FINDINGS + 1)),
        lambda: limit_findings(findings_of(PERMIT, purpose="P")[:1] * STORED_FINDINGS),
    ),
    "notes-omitted": (lambda: limit_findings(LATE_NOTE * (STORED_FINDINGS + 1)), lambda: limit_findings(LATE_NOTE)),
    "too-large-to-check": (lambda: too_large_findings(CHECK_COST + 1), lambda: too_large_findings(CHECK_COST)),
    "CITES-box-7-line": (
        lambda: findings_of(PERMIT, known=TWO_TAXA, taxon=OTHER_TAXON),
        lambda: findings_of(PERMIT, known=TWO_TAXA),
    ),
    "CITES-Conf-12.11-name": (
        lambda: findings_of(PERMIT, taxon="Nemo nusquam"),
        lambda: findings_of(PERMIT, known=TWO_TAXA, taxon=OTHER_TAXON),
    ),
    "unverified": (lambda: findings_of(known=NO_LISTINGS), lambda: findings_of(known=NOT_LISTED)),
    "CITES-box-14-endorsed-for-less": (
        lambda: findings_after_endorsement("99"),
        lambda: findings_after_endorsement("100"),
    ),
    "reservation-ended": (lambda: findings_when_stale(after=True), lambda: findings_when_stale(after=False)),
    "not-concerned": (
        lambda: findings_of(hs_code="870323", **UNDESCRIBED),
        lambda: findings_of(hs_code="410320", **UNDESCRIBED),
    ),
    "taxon-stated": (
        lambda: findings_of(hs_code="441510", **UNDESCRIBED),
        lambda: findings_of(hs_code="441510", **UNDESCRIBED, documents=[{"type": "Y900"}]),
    ),
    "not-CITES-by-statement": (
        lambda: findings_of(hs_code="441510", **UNDESCRIBED, documents=[{"type": "Y900"}]),
        lambda: findings_of(hs_code="410320", **UNDESCRIBED, documents=[{"type": "Y900"}]),
    ),
    "CITES-III-export-document": (
        lambda: findings_of(IMPORT_OF_ZOO, known=APPENDIX_I, purpose="Z"),
        lambda: findings_of(IMPORT_OF_ZOO, EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z"),
    ),
    "CITES-III.3-import-permit": (
        lambda: findings_of(EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z"),
        lambda: findings_of(EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z", movement="export"),
    ),
    "CITES-III.2(d)-no-import-permit": (
        lambda: findings_of(EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z", movement="export"),
        lambda: findings_of(EXPORT_TO_ZOO, IMPORT_OF_ZOO, known=APPENDIX_I, purpose="Z", movement="export"),
    ),
    "CITES-III.3(c)": (
        lambda: findings_of(permit("import", "I"), permit("export", "I"), known=APPENDIX_I, purpose="T"),
        lambda: findings_of(permit("export", "I", source="D"), known=APPENDIX_I, purpose="T", source="D"),
    ),
    "CITES-VII.3-not-exempt": (
        lambda: findings_of(known=SEAHORSES, **EFFECTS | {"purpose": "T"}),
        lambda: findings_of(known=SEAHORSES, **EFFECTS),
    ),
    "CITES-Conf-13.7-quantity": (
        lambda: findings_of(known=SEAHORSES, **EFFECTS | {"quantity": "5"}),
        lambda: findings_of(known=SEAHORSES, **EFFECTS),
    ),
    "CITES-VII.3-doubt": (
        lambda: findings_of(known=SEAHORSES, **EFFECTS | {"unit": "kg"}),
        lambda: findings_of(known=SEAHORSES, **EFFECTS),
    ),
    "CITES-VII.3-personal-effects": (
        lambda: findings_of(known=SEAHORSES, **EFFECTS),
        lambda: findings_of(known=SEAHORSES, **EFFECTS | {"exemption": None}),
    ),
    "CITES-IV-export-document": (
        lambda: findings_of(permit("certificate_of_origin")),
        lambda: findings_of(permit("re_export")),
    ),
    "CITES-XIV.1-import-permit": (lambda: findings_of(PERMIT, known=ASKS), lambda: findings_of(PERMIT)),
    "CITES-XIV.1-export-document-named": (
        lambda: findings_of(NAMES_NONE, known=ALONE),
        lambda: findings_of(NAMES_PERMIT, known=ALONE),
    ),
    "CITES-XIV.1-export-document-unknown": (
        lambda: findings_of(NAMES_PERMIT, known=ALONE),
        lambda: findings_of(NAMES_PERMIT, known=ALONE, also=(PERMIT,)),
    ),
    "CITES-V-document": (
        lambda: findings_of(permit("import", "III"), known=APPENDIX_III),
        lambda: findings_of(permit("certificate_of_origin", "III"), known=APPENDIX_III),
    ),
    "CITES-Conf-12.3-retrospective": (lambda: findings_of(AFTERWARDS), lambda: findings_of(PERMIT)),
    "CITES-Conf-12.3-retrospective-appendix-I": (
        lambda: findings_of(changed_permit(permit("export", "I"), retrospective=True), known=APPENDIX_I, purpose="Z"),
        lambda: findings_of(permit("export", "I"), known=APPENDIX_I, purpose="Z"),
    ),
    "CITES-VII.1-transit-country": (
        lambda: findings_of(PERMIT, movement="transit"),
        lambda: findings_of(PERMIT, movement="transit", shipment={"transit_country": "NL"}),
    ),
    "CITES-Conf-9.7-exit-overdue": (
        lambda: findings_of(PERMIT, movement="transit", shipment={"exit_due": FIXED_DAY - timedelta(days=1)}),
        lambda: findings_of(PERMIT, movement="transit", shipment={"exit_due": FIXED_DAY}),
    ),
    "CITES-Conf-9.7-transit-document": (
        lambda: findings_of(movement="transit"),
        lambda: findings_of(PERMIT, movement="transit"),
    ),
    "CITES-box-14-in-transit": (
        lambda: findings_of(UNENDORSED_PERMIT, movement="transit"),
        lambda: findings_of(PERMIT, movement="transit"),
    ),
    "CITES-box-11-in-transit": (
        lambda: findings_of(PERMIT, movement="transit", quantity="121"),
        lambda: findings_of(PERMIT, movement="transit", quantity="120"),
    ),
    "CITES-Conf-14.3-suspension-in-transit": (
        lambda: findings_of(PERMIT, known=facts_with_suspension("ZA"), movement="transit"),
        lambda: findings_of(PERMIT, known=facts_with_suspension("ZA")),
    ),
    "CITES-VII-other-document": (lambda: findings_of(permit("other")), lambda: findings_of(BRED, source="C")),
    "split-listing": (lambda: findings_of(known=SPLIT), lambda: findings_of(PERMIT, known=SPLIT)),
    "CITES-Conf-12.3-source": (
        lambda: findings_of(permit("export", source="C"), known=PLANT, source="C"),
        lambda: findings_of(permit("export", source="A"), known=PLANT, source="A"),
    ),
    "CITES-Conf-11.21-specimen": (
        lambda: findings_of(IVORY, known=ELEPHANT, taxon=ELEPHANTS, term="TUS", purpose="P", source="W"),
        lambda: findings_of(IVORY, known=ELEPHANT, taxon=ELEPHANTS, term="TUS", purpose="H", source="W"),
    ),
    "CITES-Conf-11.21-zero-quota": (
        lambda: findings_of(BONES, known=LION, taxon=LIONS, term="BON", source="W"),
        lambda: findings_of(BONES, known=LION, taxon=LIONS, term="BON", source="C"),
    ),
    "CITES-Conf-11.21-zero-quota-open": (
        lambda: findings_of(BONES, known=LION, taxon=LIONS, term="BON", source="U"),
        lambda: findings_of(BONES, known=LION, taxon=LIONS, term="BON", source="C"),
    ),
    "CITES-Conf-11.21-part": (
        lambda: findings_of(known=ROSEWOOD, taxon=ROSEWOODS, term="WPR", documents=[{"type": "Y900"}]),
        lambda: findings_of(known=ROSEWOOD, taxon=ROSEWOODS, term="SAW", documents=[{"type": "Y900"}]),
    ),
    "CITES-I(b)-excluded-part": (
        lambda: findings_of(known=ROSEWOOD, taxon=ROSEWOODS, term="LVS", documents=[{"type": "Y900"}]),
        lambda: findings_of(known=ROSEWOOD, taxon=ROSEWOODS, term="SAW", documents=[{"type": "Y900"}]),
    ),
    "CITES-Conf-10.17-pedigree": (
        lambda: findings_of(known=CROSSED, taxon=CROSSES, documents=[{"type": "Y900"}]),
        lambda: findings_of(permit("export", taxon=CROSSES), known=CROSSED, taxon=CROSSES),
    ),
    "CITES-VII.4-propagated": (
        lambda: findings_of(permit("export", "I", source="A"), known=ORCHID, source="A"),
        lambda: findings_of(permit("export", "I", source="D"), known=ORCHID, source="D"),
    ),
    "CITES-Conf-14.3-suspension": (
        lambda: findings_of(PERMIT, known=facts_with_suspension("ZA")),
        lambda: findings_of(PERMIT, known=facts_with_suspension("NA")),
    ),
    "CITES-Conf-14.3-suspension-of-origin": (
        lambda: findings_of(FROM_MZ, known=facts_with_suspension("MZ"), origin_country="MZ"),
        lambda: findings_of(FROM_MZ, known=facts_with_suspension("NA"), origin_country="MZ"),
    ),
    "not-CITES": (
        lambda: findings_of(known=COMPLETE_LISTINGS, documents=[{"type": "Y900"}]),
        lambda: findings_of(known=APPENDIX_II, documents=[{"type": "Y900"}]),
    ),
    "CITES-IV-kind": (
        lambda: findings_of(changed_permit(permit("import"), issuer="FR"), movement="export"),
        lambda: findings_of(PERMIT, movement="export"),
    ),
    "CITES-III.2(d)-import-permit": (
        lambda: findings_of(EXPORT_TO_ZOO, IMPORT_OF_ZOO, known=APPENDIX_I, purpose="Z", movement="export"),
        lambda: findings_of(EXPORT_TO_ZOO, IMPORT_OF_ZOO, known=APPENDIX_I, purpose="Z"),
    ),
    "CITES-III.2(d)-import-permit-withdrawn": (
        lambda: findings_of(
            EXPORT_TO_ZOO,
            replace(IMPORT_OF_ZOO, status=PermitStatus.REVOKED),
            known=APPENDIX_I,
            purpose="Z",
            movement="export",
        ),
        lambda: findings_of(EXPORT_TO_ZOO, IMPORT_OF_ZOO, known=APPENDIX_I, purpose="Z", movement="export"),
    ),
    "CITES-VI.2-validity": (lambda: findings_of(PERMIT, at=AFTER_VALIDITY), lambda: findings_of(PERMIT)),
    "CITES-VI.2-late": (
        lambda: findings_of(PERMIT, at=AFTER_VALIDITY, document={"use": "late"}),
        lambda: findings_of(PERMIT, document={"use": "late"}),
    ),
    "CITES-VI.1-withdrawn": (
        lambda: findings_of(replace(PERMIT, status=PermitStatus.REVOKED)),
        lambda: findings_of(replace(PERMIT, status=PermitStatus.ENDORSED)),
    ),
    "CITES-box-6-issuer": (
        lambda: findings_of(changed_permit(BRED, issuer="KE"), source="C"),
        lambda: findings_of(BRED, source="C"),
    ),
    "CITES-VII-certificate-scope": (
        lambda: findings_of(permit("captive_bred", source="W"), source="W"),
        lambda: findings_of(BRED, source="C"),
    ),
    "CITES-VII-certificate-doubt": (
        lambda: findings_of(SEIZED, source="I", underlying_source="C"),
        lambda: findings_of(BRED, source="C"),
    ),
    "CITES-VII-certificate-owner": (
        lambda: findings_of(PET, **PET_GOODS),
        lambda: findings_of(PET, shipment={"exporter": HOLDER | {"country": "ZA"}}, **PET_GOODS),
    ),
    "CITES-box-4-export-country": (
        lambda: findings_of(PERMIT, shipment={"export_country": "NA"}),
        lambda: findings_of(PERMIT, shipment={"export_country": "ZA"}),
    ),
    "CITES-box-3a-import-country": (
        lambda: findings_of(PERMIT, shipment={"import_country": "DE"}),
        lambda: findings_of(PERMIT, shipment={"import_country": "FR"}),
    ),
    "CITES-box-3-4-country-certain": (
        lambda: findings_of(PERMIT, shipment={"export_country": "QU"}),
        lambda: findings_of(PERMIT, shipment={"export_country": "ZA"}),
    ),
    "registered-country": (
        lambda: findings_of(PERMIT, shipment={"importer": HOLDER | {"country": "DE"}}),
        lambda: findings_of(PERMIT, shipment={"importer": HOLDER}),
    ),
    "registered-name": (
        lambda: findings_of(PERMIT, shipment={"importer": HOLDER | {"name": "C SARL"}}),
        lambda: findings_of(PERMIT, shipment={"importer": HOLDER | {"name": "b. sarl"}}),
    ),
    "CITES-box-3-4-other-name": (
        lambda: findings_of(PERMIT, shipment={"exporter": CONSIGNOR | {"name": "Z (Pty) Ltd"}}),
        lambda: findings_of(PERMIT, shipment={"exporter": CONSIGNOR}),
    ),
    "CITES-box-3-4-own-party": (lambda: findings_of(NAMELESS), lambda: findings_of(PERMIT)),
    "CITES-box-3-4-other-party": (
        lambda: findings_of(PERMIT, shipment={"exporter": ELSEWHERE}),
        lambda: findings_of(PERMIT),
    ),
    "CITES-box-5a-purpose": (lambda: findings_of(PERMIT, purpose="P"), lambda: findings_of(PERMIT, purpose="T")),
    "CITES-box-14-endorsement": (lambda: findings_of(UNENDORSED_PERMIT), lambda: findings_of(PERMIT)),
    "CITES-box-6-registered": (
        lambda: findings_of(replace(PERMIT, registering_country="FR")),
        lambda: findings_of(replace(PERMIT, registering_country="ZA")),
    ),
    "CITES-box-7-taxon": (
        lambda: findings_of(PERMIT, known=TWO_TAXA, taxon=OTHER_TAXON, document=LINE_NAMED),
        lambda: findings_of(PERMIT, taxon=TAXON, document=LINE_NAMED),
    ),
    "CITES-box-9-term": (lambda: findings_of(PERMIT, term="LIV"), lambda: findings_of(PERMIT, term="SKP")),
    "CITES-box-9-neighbouring-term": (lambda: findings_of(PERMIT, term="SKP"), lambda: findings_of(PERMIT, term="SKI")),
    "CITES-box-11-unit": (
        lambda: findings_of(permit("export", **WOOD), term="SAW", unit="kg"),
        lambda: findings_of(permit("export", **WOOD), term="SAW", unit="cm3"),
    ),
    "CITES-box-11-whole-number": (
        lambda: findings_of(PERMIT, quantity="0.5"),
        lambda: findings_of(PERMIT, quantity="0.5", unit="pair"),
    ),
    "CITES-Conf-11.17-unit": (
        lambda: findings_of(permit("export", unit="m"), unit="m"),
        lambda: findings_of(permit("export", unit="number"), unit="number"),
    ),
    "CITES-box-10-source": (lambda: findings_of(PERMIT, source="W"), lambda: findings_of(PERMIT, source="R")),
    "CITES-box-10-underlying-source": (
        lambda: findings_of(OLD, source="O", underlying_source="C"),
        lambda: findings_of(OLD, source="O", underlying_source="W"),
    ),
    "CITES-box-12-origin": (
        lambda: findings_of(FROM_MZ, origin_country="ZA"),
        lambda: findings_of(FROM_MZ, origin_country="MZ"),
    ),
    "one-line-meant": (lambda: findings_of(TWINS, term=None), lambda: findings_of(TWINS, term="LIV")),
    "CITES-box-15-part-use": (
        lambda: findings_of(SHIPPED, document={"use": "part"}, shipment={"transport_document": "M-2"}),
        lambda: findings_of(SHIPPED, document={"use": "part"}, shipment=BY_M1),
    ),
    "CITES-box-12-reason": (
        lambda: findings_of(REASONED, origin_country="ZW"),
        lambda: findings_of(NAMED, origin_country="ZW"),
    ),
    "CITES-box-12-withdrawn": (
        lambda: findings_of(NAMED, known=ORIGIN_REVOKED, origin_country="ZW"),
        lambda: findings_of(NAMED, known=ORIGIN_KNOWN, origin_country="ZW"),
    ),
    "CITES-box-12-unknown": (
        lambda: findings_of(NAMED, origin_country="ZW"),
        lambda: findings_of(NAMED, known=ORIGIN_KNOWN, origin_country="ZW"),
    ),
    "CITES-box-12-used-up": (
        lambda: findings_of(NAMED, known=ORIGIN_USED_UP, origin_country="ZW"),
        lambda: findings_of(NAMED, known=ORIGIN_LEFT, origin_country="ZW"),
    ),
    "CITES-Conf-12.10-operation": (
        lambda: findings_of(UNNUMBERED, known=APPENDIX_I, source="D"),
        lambda: findings_of(NUMBERED, known=APPENDIX_I, source="D"),
    ),
    "CITES-Conf-12.3-source-d": (
        lambda: findings_of(OF_APPENDIX_II, known=APPENDIX_II, source="D"),
        lambda: findings_of(OF_APPENDIX_II, known=APPENDIX_I, source="D"),
    ),
    "counted-already": (
        lambda: findings_when_counted_elsewhere("it", "11"),
        lambda: findings_when_counted_elsewhere("it", "10"),
    ),
    "reported-late": (lambda: findings_of(PERMIT, document={"use": "late"}), lambda: findings_of(PERMIT)),
    "CITES-box-10-appendix": (
        lambda: findings_of(PERMIT, known=APPENDIX_I),
        lambda: findings_of(PERMIT, known=APPENDIX_II),
    ),
    "CITES-XV-appendix-today": (
        lambda: findings_of(PERMIT, known=facts_with_changed_appendix("I")),
        lambda: findings_of(PERMIT, known=facts_with_changed_appendix("III")),
    ),
    "CITES-XV-appendix-since": (
        lambda: findings_of(PERMIT, known=facts_with_changed_appendix("III")),
        lambda: findings_of(PERMIT, known=facts_with_changed_appendix("I")),
    ),
    "CITES-box-10-population": (
        lambda: findings_of(PERMIT, known=UNCLEAR),
        lambda: findings_of(PERMIT, known=APPENDIX_II),
    ),
    "CITES-Conf-11.21-higher-taxon": (
        lambda: findings_of(TURTLES, known=NO_LISTINGS, taxon="Cuora spp.", source="W"),
        lambda: findings_of(permit("export", taxon="Cuora spp.", source="C"), known=NO_LISTINGS, taxon="Cuora spp."),
    ),
    "listing-silent": (lambda: findings_of(PERMIT, known=NO_LISTINGS), lambda: findings_of(PERMIT, known=APPENDIX_II)),
    "CITES-box-7-synonym": (
        lambda: findings_of(PERMIT, known=facts_with_synonym("Aliud nomen"), taxon="Aliud nomen"),
        lambda: findings_of(PERMIT, known=facts_with_synonym("Aliud nomen")),
    ),
    "CITES-Conf-14.7-quota": (
        lambda: findings_of(PERMIT, known=facts_with_quota_usage(101)),
        lambda: findings_of(PERMIT, known=facts_with_quota_usage(100)),
    ),
    "CITES-VI.6-second-use": (lambda: findings_of(permit_in_use("50")), lambda: findings_of(PERMIT)),
    "CITES-box-11-quantity": (
        lambda: findings_of(PERMIT, quantity="121"),
        lambda: findings_of(PERMIT, quantity="120"),
    ),
    "write-off-sum": (
        lambda: findings_of(PERMIT, document={"quantity": "9"}),
        lambda: findings_of(PERMIT, document={"quantity": "10"}),
    ),
    "write-off-net-mass": (
        lambda: findings_of(MEAT, net_mass="9", **MEAT_GOODS),
        lambda: findings_of(MEAT, net_mass="10", **MEAT_GOODS),
    ),
    "write-off-stated": (
        lambda: findings_of(PERMIT, SECOND),
        lambda: findings_of(PERMIT, SECOND, document={"quantity": "5"}),
    ),
    "one-use-of-line": (
        lambda: findings_of(PERMIT, documents=[HALF, {**HALF, "use": "late"}]),
        lambda: findings_of(PERMIT, documents=[HALF, HALF]),
    ),
}
"""By rule: an example with a finding, and one that differs in a single value and has none."""
