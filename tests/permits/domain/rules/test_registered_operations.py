"""Source D: the number of the registered operation, and specimens of Appendix I."""

from dataclasses import replace
from typing import Any

import pytest

from services.permits.domain.permits.issue_notes import list_issue_notes
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listings import Population
from shared.contracts.closed_sets import Severity
from tests.permits.domain.rules.test_requirements import facts, listing, permit
from tests.permits.rule_scenarios import APPENDIX_I, APPENDIX_II, NO_LISTINGS, findings_of

OPERATION, APPENDIX = "CITES-Conf-12.10-operation", "CITES-Conf-12.3-source-d"
NUMBERED = {"registered_operation": "A-ZA-501"}
PLANT = facts(replace(listing(Population(appendix="I")), kingdom="Plantae"))


@pytest.mark.parametrize(("appendix", "line", "known", "expected"), [
    ("I", NUMBERED, APPENDIX_I, set()),
    ("I", {}, APPENDIX_I, {OPERATION}),
    ("I", {"registered_operation": "Unknown."}, APPENDIX_I, {OPERATION}),
    ("I", {"registered_operation": "n/a"}, APPENDIX_I, {OPERATION}),
    ("I", {}, PLANT, set()),
    ("II", NUMBERED, APPENDIX_I, set()),
    ("II", NUMBERED, APPENDIX_II, {APPENDIX}),
    ("II", NUMBERED, NO_LISTINGS, {APPENDIX}),
    ("II", {}, APPENDIX_II, {OPERATION, APPENDIX}),
    ("III", NUMBERED, NO_LISTINGS, {APPENDIX}),
    ("II", {"source": "I", "underlying_source": "D"}, APPENDIX_II, {APPENDIX}),
])  # fmt: skip
def test_source_d_without_an_operation_or_outside_appendix_one_is_referred(
    appendix: str, line: dict[str, Any], known: Facts, expected: set[str]
) -> None:
    stated = {"source": "D", **line}
    cited = permit("export", appendix, **stated)
    declared: dict[str, Any] = {name: stated.get(name) for name in ("source", "underlying_source")}
    found = findings_of(cited, known=known, **declared)
    assert {one.rule for one in found} & {OPERATION, APPENDIX} == expected
    assert {one.severity for one in found if one.rule in expected} <= {Severity.REFER}
    codes = {"operation-missing": OPERATION, "source-d-not-appendix-one": APPENDIX}
    notes = {codes.get(one.code.value) for one in list_issue_notes(cited.content, known).notes}
    assert notes - {None} == expected


def test_source_other_than_d_needs_no_operation() -> None:
    found = findings_of(permit("export", source="C"), source="C")
    assert {one.rule for one in found} & {OPERATION, APPENDIX} == set()
