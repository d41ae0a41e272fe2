"""An export that cites the import permit in addition to its own document (Article III, paragraphs 2(d) and 4)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.permits.domain.checks.check import check
from services.permits.domain.checks.verdict import Verdict
from services.permits.domain.ledger.balances import EntryKind
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.write_off.reservations import reservation_postings
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, PermitStatus
from shared.contracts.parties import Actor
from tests.days import FIXED_NOON
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import APPENDIX_I, APPENDIX_II, APPENDIX_III, received_declaration
from tests.permits.sample_data import A

KIND, NOTE = "CITES-IV-kind", "CITES-III.2(d)-import-permit"
WITHDRAWN = "CITES-III.2(d)-import-permit-withdrawn"
ZOO: dict[str, Any] = {"terms": {"purpose": "Z"}}


def unendorsed(kind: str, appendix: str) -> PermitRecord:
    """Return a document for a zoo, of which nothing has left yet."""
    one = permit(kind, appendix, **ZOO)
    lines = {letter: replace(line, balance=replace(line.balance, endorsed=None)) for letter, line in one.lines.items()}
    return replace(one, endorsed=False, status=PermitStatus.ISSUED, lines=lines)


def verdict(*cited: PermitRecord, known: Facts = APPENDIX_I, movement: str = "export", **more: Any) -> Verdict:
    """Return the verdict on a declaration for a zoo that cites these documents."""
    found = received_declaration(*cited, known=known, movement=movement, purpose="Z", **more)
    return check(found, {one.key: one for one in cited}, known)


def rules_found(result: Verdict) -> dict[str, str]:
    """Return the severity of each finding, by rule."""
    return {one.rule: one.severity for one in result.findings}


@pytest.mark.parametrize("known", [APPENDIX_I, APPENDIX_II])
@pytest.mark.parametrize("kind", ["export", "re_export"])
@pytest.mark.parametrize("first", ["import", "export"])
def test_export_that_cites_the_import_permit_too_is_accepted_with_a_note(kind: str, first: str, known: Facts) -> None:
    appendix = "I" if known is APPENDIX_I else "II"
    own, supporting = unendorsed(kind, appendix), unendorsed("import", appendix)
    cited = (supporting, own) if first == "import" else (own, supporting)
    result = verdict(*cited, known=known)
    assert (result.status, rules_found(result)) == (DeclarationStatus.ACCEPTED, {NOTE: "note"})
    assert [(one.permit, one.reserved) for one in result.citations] == [(own.id, Decimal(10))]
    assert set(result.reserved_permits) == {own.key}


def test_import_permit_that_an_export_cites_too_has_no_posting() -> None:
    own, supporting = unendorsed("export", "I"), unendorsed("import", "I")
    declaration = received_declaration(own, supporting, known=APPENDIX_I, movement="export", purpose="Z")
    checked = replace(declaration, citations=verdict(own, supporting).citations)
    postings = reservation_postings(checked, Actor(party=A.id, role=ActorRole.TRADER, at=FIXED_NOON), "lodged")
    assert [(one.permit, one.entry.kind) for one in postings] == [(own.id, EntryKind.RESERVE)]


@pytest.mark.parametrize("status", [PermitStatus.REVOKED, PermitStatus.REPLACED, PermitStatus.LOST])
def test_export_that_cites_a_withdrawn_import_permit_too_is_referred(status: PermitStatus) -> None:
    result = verdict(unendorsed("export", "I"), replace(unendorsed("import", "I"), status=status))
    assert (result.status, rules_found(result)) == (DeclarationStatus.REFERRED, {NOTE: "note", WITHDRAWN: "refer"})
    valid = replace(unendorsed("import", "I"), status=PermitStatus.EXHAUSTED)
    assert rules_found(verdict(unendorsed("export", "I"), valid)) == {NOTE: "note"}


def test_export_that_cites_only_the_import_permit_is_rejected() -> None:
    result = verdict(unendorsed("import", "I"))
    assert (result.status, rules_found(result)) == (DeclarationStatus.REJECTED, {KIND: "block"})


def test_export_with_an_import_permit_and_a_certificate_of_introduction_is_rejected() -> None:
    sea = unendorsed("introduction_from_the_sea", "I")
    assert rules_found(verdict(unendorsed("import", "I"), sea))[KIND] == "block"


def test_import_permit_replaces_no_document_that_an_export_needs() -> None:
    origin = unendorsed("certificate_of_origin", "II")
    result = verdict(origin, unendorsed("import", "II"), known=APPENDIX_II)
    assert rules_found(result) == {NOTE: "note", "CITES-IV-export-document": "block"}
    third = unendorsed("certificate_of_origin", "III")
    result = verdict(third, unendorsed("import", "III"), known=APPENDIX_III)
    assert rules_found(result) == {NOTE: "note"}


def test_document_of_the_export_is_compared_as_without_the_import_permit() -> None:
    own, supporting = unendorsed("export", "I"), unendorsed("import", "I")
    assert rules_found(verdict(own, supporting, quantity="121")) == {NOTE: "note", "CITES-box-11-quantity": "block"}
    revoked = replace(own, status=PermitStatus.REVOKED)
    assert rules_found(verdict(revoked, supporting))["CITES-VI.1-withdrawn"] == "block"


def test_import_that_cites_both_permits_uses_both() -> None:
    own, supporting = permit("export", "I", **ZOO), permit("import", "I", **ZOO)
    result = verdict(own, supporting, movement="import")
    assert (result.status, rules_found(result)) == (DeclarationStatus.ACCEPTED, {})
    assert {(one.permit, one.reserved) for one in result.citations} == {
        (own.id, Decimal(10)),
        (supporting.id, Decimal(10)),
    }
