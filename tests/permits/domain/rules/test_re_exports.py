"""Re-export certificates: the permit of origin, or the reason in its place."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import withdraw
from shared.contracts.closed_sets import PermitStatus, Severity
from shared.contracts.permit import Revocation
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import APPENDIX_II, findings_of
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    command,
    declaration,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)

REASON, WITHDRAWN, UNKNOWN = "CITES-box-12-reason", "CITES-box-12-withdrawn", "CITES-box-12-unknown"
SEVERITIES = {WITHDRAWN: Severity.REFER, UNKNOWN: Severity.NOTE}


@pytest.mark.parametrize(("stated", "terms", "expected"), [
    ({"origin_permit": "ZW-7", "origin_date": "2020-01-01"}, {}, None),
    ({"origin_reason": "old stock"}, {}, "old stock"),
    ({"origin_permit": "pre-Convention"}, {}, "pre-Convention"),
    ({"origin_permit": "not available, stock of 1989"}, {}, "not available, stock of 1989"),
    ({"origin_permit": "CITES Permit Number ZW 1989/7", "origin_date": "1989-01-01"}, {}, None),
    ({"origin_permit": "ZW 1989", "origin_date": "1989-01-01"}, {}, None),
    ({"origin_permit": "old stock", "origin_reason": "unknown"}, {}, "old stock"),
    ({}, {"special_conditions": "stock of the year 1989"}, "stock of the year 1989"),
])  # fmt: skip
def test_reason_in_place_of_the_permit_of_origin_is_a_note(
    stated: dict[str, Any], terms: dict[str, Any], expected: str | None
) -> None:
    found = findings_of(permit("re_export", origin_country="ZW", **stated, terms=terms), origin_country="ZW")
    notes = {one.found: one.severity for one in found if one.rule == REASON}
    assert notes == ({expected: Severity.NOTE} if expected else {})


@pytest.mark.parametrize(("boxes", "statuses", "expected"), [
    ({}, {("ZW", "zw-7"): PermitStatus.EXHAUSTED}, {}),
    ({}, {("ZW", "zw-7"): PermitStatus.REVOKED}, {WITHDRAWN: "ZW-7 of ZW is revoked"}),
    ({}, {("ZW", "zw-7"): PermitStatus.LOST}, {WITHDRAWN: "ZW-7 of ZW is lost"}),
    ({}, {("ZA", "zw-7"): PermitStatus.REVOKED}, {UNKNOWN: "ZW-7 of ZW"}),
    (
        {"last_export_country": "KE", "last_export_certificate": "KE-8"},
        {("ZW", "zw-7"): PermitStatus.ENDORSED, ("KE", "ke-8"): PermitStatus.REPLACED},
        {WITHDRAWN: "KE-8 of KE is replaced"},
    ),
    (
        {"last_export_country": "KE", "last_export_certificate": "KE-8"},
        {("KE", "ke-8"): PermitStatus.ENDORSED},
        {UNKNOWN: "ZW-7 of ZW"},
    ),
])  # fmt: skip
def test_document_in_box_12_that_is_withdrawn_is_referred_and_unknown_is_noted(
    boxes: dict[str, Any], statuses: dict[tuple[str, str], PermitStatus], expected: dict[str, str]
) -> None:
    stated = {"origin_country": "ZW", "origin_permit": "ZW-7", "origin_date": "2020-01-01", **boxes}
    known = replace(APPENDIX_II, previous_statuses=statuses)
    found = findings_of(permit("re_export", **stated), known=known, origin_country="ZW")
    assert {one.rule: one.found for one in found if one.rule in SEVERITIES} == expected
    assert all(one.severity is SEVERITIES[one.rule] for one in found if one.rule in SEVERITIES)


async def test_re_export_of_a_revoked_permit_of_origin_is_referred(permits_db: AsyncEngine) -> None:
    origin = permit_content()
    origin_id = await issue_permit(permits_db, origin)
    named = line("A", origin_permit=origin.number.lower(), origin_date=str(origin.issued_on))
    people: dict[str, Any] = {"exporter": origin.importer.model_dump(), "importer": {"name": "D GmbH", "country": "DE"}}
    countries: dict[str, Any] = {"export_country": "FR", "import_country": "DE"}
    content = permit_content(named, kind="re_export", issuer="FR", number="FR-9", **people, **countries)
    await issue_permit(permits_db, content, AUTHORITY_FR)

    async def rules_found() -> tuple[str, set[str]]:
        stated = declaration(item(content, "10"), movement="export", **people, **countries)
        found = await lodge_declaration(permits_db, stated)
        return found["status"], {one["rule"] for one in found["findings"]} & set(SEVERITIES)

    first = await rules_found()
    assert first == ("accepted", set())
    await withdraw.revoke(permits_db, origin_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    assert WITHDRAWN in (await rules_found())[1]
