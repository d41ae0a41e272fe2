"""A single cause has a single finding: each row of the table changes one thing of a shipment that passes."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.closed_sets import PermitStatus
from shared.contracts.policy import Policy
from tests.permits.domain.rules.test_requirements import TAXON, permit
from tests.permits.rule_examples import (
    BRED,
    BY_M1,
    ELSEWHERE,
    EXPORT_TO_ZOO,
    FROM_MZ,
    IMPORT_OF_ZOO,
    NAMELESS,
    PLANT,
    SAME_NUMBER,
    SHIPPED,
    SPLIT,
    TWINS,
)
from tests.permits.rule_scenarios import (
    AFTER_VALIDITY,
    APPENDIX_I,
    APPENDIX_II,
    APPENDIX_III,
    LINE_NAMED,
    NO_LISTINGS,
    OTHER_TAXON,
    PERMIT,
    TWO_TAXA,
    UNENDORSED_PERMIT,
    Example,
    changed_permit,
    facts_with_quota_usage,
    facts_with_suspension,
    findings_after_endorsement,
    findings_of,
    permit_in_use,
)

SECOND_USE, QUANTITY = "CITES-VI.6-second-use", "CITES-box-11-quantity"
EXPORT_WITH_IMPORT_PERMIT = changed_permit(permit("import"), issuer="FR")
IN_PARTS: dict[str, Any] = {"document": {"use": "part"}, "shipment": {"transport_document": "M-2"}}
PERMIT_ASKED = replace(APPENDIX_II, policies={"FR": Policy(import_permit_for_appendix_ii=True)})
SUSPENDED = facts_with_suspension("ZA")

SINGLE_CAUSES: dict[str, tuple[Example, list[str]]] = {
    "nothing is wrong": (lambda: findings_of(PERMIT), []),
    "permit is unknown": (lambda: findings_of(PERMIT, document={"number": "ZA-0"}), ["CITES-VI.1-permit-known"]),
    "permit and its line are unknown": (
        lambda: findings_of(PERMIT, document={"number": "ZA-0", "line": "X"}),
        ["CITES-VI.1-permit-known"],
    ),
    "permit of Appendix I is unknown": (
        lambda: findings_of(EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z", document={"number": "ZA-0"}),
        ["CITES-VI.1-permit-known"],
    ),
    "permit names others": (
        lambda: findings_of(PERMIT, shipment={"importer": {"name": "B SARL", "country": "FR", "identifier": "FR1"}}),
        ["CITES-VI.1-permit-known"],
    ),
    "permit has expired": (lambda: findings_of(PERMIT, at=AFTER_VALIDITY), ["CITES-VI.2-validity"]),
    "late use of an expired permit": (
        lambda: findings_of(PERMIT, at=AFTER_VALIDITY, document={"use": "late"}),
        ["CITES-VI.2-late"],
    ),
    "permit is revoked": (
        lambda: findings_of(replace(PERMIT, status=PermitStatus.REVOKED)),
        ["CITES-VI.1-withdrawn"],
    ),
    "permit is not endorsed": (lambda: findings_of(UNENDORSED_PERMIT), ["CITES-box-14-endorsement"]),
    "permit does not serve an export": (
        lambda: findings_of(EXPORT_WITH_IMPORT_PERMIT, movement="export"),
        ["CITES-IV-kind"],
    ),
    "permit does not serve an export of Appendix I": (
        lambda: findings_of(IMPORT_OF_ZOO, movement="export", known=APPENDIX_I, purpose="Z"),
        ["CITES-IV-kind"],
    ),
    "permit has left already": (lambda: findings_of(PERMIT, movement="export"), [QUANTITY]),
    "line is named wrongly": (lambda: findings_of(PERMIT, document={"line": "X"}), ["CITES-box-7-line"]),
    "taxon is on no line": (lambda: findings_of(PERMIT, known=TWO_TAXA, taxon=OTHER_TAXON), ["CITES-box-7-line"]),
    "taxon is not the one of the named line": (
        lambda: findings_of(PERMIT, known=TWO_TAXA, taxon=OTHER_TAXON, document=LINE_NAMED),
        ["CITES-box-7-taxon"],
    ),
    "name is in no list": (lambda: findings_of(PERMIT, taxon="Nemo nusquam"), ["CITES-Conf-12.11-name"]),
    "name is in no list, and the line is named": (
        lambda: findings_of(PERMIT, taxon="Nemo nusquam", document=LINE_NAMED),
        ["CITES-Conf-12.11-name"],
    ),
    "term differs": (lambda: findings_of(PERMIT, term="LIV"), ["CITES-box-9-term"]),
    "term is left out": (lambda: findings_of(TWINS, term=None), ["one-line-meant"]),
    "unit does not convert": (lambda: findings_of(PERMIT, unit="kg"), ["CITES-box-11-unit"]),
    "term and unit differ": (
        lambda: findings_of(PERMIT, term="MEA", unit="kg"),
        ["CITES-box-9-term", "CITES-box-11-unit"],
    ),
    "taxon moved to Appendix I before issue": (
        lambda: findings_of(PERMIT, known=APPENDIX_I),
        ["CITES-box-10-appendix"],
    ),
    "source differs": (lambda: findings_of(PERMIT, source="W"), ["CITES-box-10-source"]),
    "source of a plant is one of animals": (
        lambda: findings_of(permit("export", source="A"), known=PLANT, source="C"),
        ["CITES-box-10-source"],
    ),
    "source of declaration and permit is one of animals": (
        lambda: findings_of(permit("export", source="C"), known=PLANT, source="C"),
        ["CITES-Conf-12.3-source"],
    ),
    "country of origin differs": (lambda: findings_of(FROM_MZ, origin_country="ZA"), ["CITES-box-12-origin"]),
    "country of export differs": (
        lambda: findings_of(PERMIT, shipment={"export_country": "NA"}),
        ["CITES-box-4-export-country"],
    ),
    "exporter differs": (lambda: findings_of(PERMIT, shipment={"exporter": ELSEWHERE}), ["CITES-box-3-4-other-party"]),
    "importer has no identifier": (lambda: findings_of(NAMELESS), ["CITES-box-3-4-own-party"]),
    "number is of two countries": (
        lambda: findings_of(PERMIT, also=(SAME_NUMBER,), document={"issuer": None}),
        ["stated-unmistakably"],
    ),
    "quantity is too large": (lambda: findings_of(PERMIT, quantity="121"), [QUANTITY]),
    "quantity is too large for what left": (
        lambda: findings_after_endorsement("99"),
        ["CITES-box-14-endorsed-for-less"],
    ),
    "line is in use": (lambda: findings_of(permit_in_use("50")), [SECOND_USE, QUANTITY]),
    "line is in use by another shipment": (
        lambda: findings_of(replace(permit_in_use("50"), transport_documents=frozenset({"M-1"})), **IN_PARTS),
        [SECOND_USE, QUANTITY],
    ),
    "part use is of another shipment": (lambda: findings_of(SHIPPED, **IN_PARTS), ["CITES-box-15-part-use"]),
    "part use is of the endorsed shipment": (
        lambda: findings_of(SHIPPED, document={"use": "part"}, shipment=BY_M1),
        [],
    ),
    "document of Appendix II is missing": (lambda: findings_of(), ["CITES-IV-export-document"]),
    "document of Appendix III is missing": (lambda: findings_of(known=APPENDIX_III), ["CITES-V-document"]),
    "two documents of Appendix I are missing": (
        lambda: findings_of(known=APPENDIX_I, purpose="Z"),
        ["CITES-III-export-document", "CITES-III.3-import-permit"],
    ),
    "import permit is missing": (
        lambda: findings_of(EXPORT_TO_ZOO, known=APPENDIX_I, purpose="Z"),
        ["CITES-III.3-import-permit"],
    ),
    "import permit of the country's policy is missing": (
        lambda: findings_of(PERMIT, known=PERMIT_ASKED),
        ["CITES-XIV.1-import-permit"],
    ),
    "document is of another kind": (lambda: findings_of(permit("other")), ["CITES-VII-other-document"]),
    "certificate of captive breeding names wild specimens of Appendix I": (
        lambda: findings_of(permit("captive_bred", "I", source="W"), known=APPENDIX_I, source="W"),
        ["CITES-VII-certificate-scope"],
    ),
    "goods are declared as wild under a certificate of captive breeding": (
        lambda: findings_of(BRED, source="W"),
        ["CITES-box-10-source"],
    ),
    "taxon is in no listing": (lambda: findings_of(known=NO_LISTINGS), ["unverified"]),
    "population is open": (lambda: findings_of(known=SPLIT), ["split-listing"]),
    "country is suspended": (lambda: findings_of(PERMIT, known=SUSPENDED), ["CITES-Conf-14.3-suspension"]),
    "country is suspended and the document is missing": (
        lambda: findings_of(known=SUSPENDED),
        ["CITES-IV-export-document", "CITES-Conf-14.3-suspension"],
    ),
    "quota is exceeded": (
        lambda: findings_of(PERMIT, known=facts_with_quota_usage(101)),
        ["CITES-Conf-14.7-quota"],
    ),
    "country is suspended and the quota is exceeded": (
        lambda: findings_of(PERMIT, known=replace(facts_with_quota_usage(101), suspensions=SUSPENDED.suspensions)),
        ["CITES-Conf-14.7-quota", "CITES-Conf-14.3-suspension"],
    ),
}
"""By cause: a declaration, and the exact rules of its findings. Two rows have two causes, which its name says.

A second use has two findings for one cause: the officer who overrides it decides on the quantity too.
"""


@pytest.mark.parametrize("cause", SINGLE_CAUSES)
def test_cause_has_exactly_its_own_finding(cause: str) -> None:
    example, expected = SINGLE_CAUSES[cause]
    assert Counter(one.rule for one in example() if not one.overridden) == Counter(expected)


def test_country_that_differs_has_one_finding_for_all_items() -> None:
    stated = {"taxon": TAXON, "quantity": "1", "unit": "number", "term": "SKI", "source": "R", "purpose": "T"}
    cites = [{"number": PERMIT.content.number, "issuer": "ZA", "line": "A"}]
    items = [stated | {"number": number, "origin_country": "ZA", "documents": cites} for number in (1, 2, 3)]
    found = findings_of(PERMIT, shipment={"export_country": "NA", "items": items})
    assert [(one.rule, one.pointer) for one in found] == [("CITES-box-4-export-country", "/export_country")]


def test_permit_that_expired_has_a_finding_for_each_item_that_cites_it() -> None:
    stated = {"taxon": TAXON, "quantity": "1", "unit": "number", "term": "SKI", "source": "R", "purpose": "T"}
    cites = [{"number": PERMIT.content.number, "issuer": "ZA", "line": "A"}]
    items = [stated | {"number": number, "origin_country": "ZA", "documents": cites} for number in (1, 2)]
    found = findings_of(PERMIT, at=AFTER_VALIDITY, shipment={"items": items})
    assert [one.pointer for one in found] == ["/items/0/documents/0/number", "/items/1/documents/0/number"]
