"""Import permits that are cited alone: the export document that they name is cited, checked and reserved."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.permits.domain.checks.check import check
from services.permits.domain.checks.import_permits import named_permits
from services.permits.domain.checks.verdict import Verdict
from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.previous_documents import EXPORT_DOCUMENTS
from services.permits.domain.reference.facts import Facts
from shared.contracts.closed_sets import DeclarationStatus, PermitStatus, Severity
from shared.contracts.limits import DOCUMENTS_PER_ITEM
from shared.contracts.policy import Policy
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import (
    APPENDIX_I,
    APPENDIX_II,
    APPENDIX_III,
    PERMIT,
    changed_permit,
    permit_with_lines,
    received_declaration,
)
from tests.permits.sample_data import line

ALONE = {"FR": Policy(import_permit_cited_alone=True)}
NAMED, UNKNOWN = "CITES-XIV.1-export-document-named", "CITES-XIV.1-export-document-unknown"
EXPORT_I, EXPORT_II, EXPORT_III = "CITES-III-export-document", "CITES-IV-export-document", "CITES-V-document"


def import_permit(appendix: str = "II", *, of: PermitRecord | None = PERMIT, **stated: Any) -> PermitRecord:
    """Return an import permit of FR that names an export document of ZA in box 12."""
    boxes = {} if of is None else {"origin_permit": of.content.number, "origin_date": "2020-01-01"}
    return permit("import", appendix, **{**boxes, **stated})


def verdict_on(*cited: PermitRecord, known: Facts, also: tuple[PermitRecord, ...] = (), **stated: Any) -> Verdict:
    """Return the verdict on an import of ten skins that cites these permits."""
    record = received_declaration(*cited, known=known, **stated)
    return check(record, {one.key: one for one in (*cited, *also)}, known)


def severities(verdict: Verdict) -> dict[str, Severity]:
    """Return the severity of each rule that has a finding, without the fields that the hub filled in."""
    return {one.rule: one.severity for one in verdict.findings if one.rule != "stated-in-full"}


@pytest.mark.parametrize(
    ("known", "appendix", "purpose", "treaty"),
    [
        (APPENDIX_I, "I", "Z", EXPORT_I),
        (APPENDIX_II, "II", "T", EXPORT_II),
        (APPENDIX_III, "III", "T", EXPORT_III),
    ],
)
def test_import_permit_cited_alone_passes_under_the_policy_only(
    known: Facts, appendix: str, purpose: str, treaty: str
) -> None:
    exported = permit("export", appendix, terms={"purpose": purpose})
    cited = import_permit(appendix, of=exported, terms={"purpose": purpose})
    alone = replace(known, policies=ALONE)
    assert verdict_on(cited, known=alone, also=(exported,), purpose=purpose).status is DeclarationStatus.ACCEPTED
    refused = verdict_on(cited, known=known, also=(exported,), purpose=purpose)
    assert severities(refused) == {treaty: Severity.BLOCK}


def test_export_document_that_an_import_permit_names_is_cited_and_reserved() -> None:
    cited = import_permit()
    verdict = verdict_on(cited, known=replace(APPENDIX_II, policies=ALONE), also=(PERMIT,))
    assert verdict.content is not None
    [item] = verdict.content.items
    assert [document.number for document in item.documents] == [cited.content.number, PERMIT.content.number]
    assert {(one.permit, one.reserved) for one in verdict.citations} == {
        (cited.id, Decimal(10)),
        (PERMIT.id, Decimal(10)),
    }
    [note] = [one for one in verdict.findings if one.rule == "stated-in-full"]
    assert (note.pointer, note.expected) == ("/items/0/documents/1", "document stated in the declaration")
    assert PERMIT.content.number in str(note.found)


@pytest.mark.parametrize("other", [{"type": "N935", "number": "INV-1"}, {"type": "N705"}, {"type": "Y900"}])
@pytest.mark.parametrize("first", [True, False])
def test_export_document_is_cited_with_a_document_that_is_no_permit(other: dict[str, str], first: bool) -> None:
    cited = import_permit()
    cites = {"number": cited.content.number, "issuer": "FR"}
    documents = [other, cites] if first else [cites, other]
    verdict = verdict_on(cited, known=replace(APPENDIX_II, policies=ALONE), also=(PERMIT,), documents=documents)
    assert {one.permit: one.reserved for one in verdict.citations} == {cited.id: Decimal(10), PERMIT.id: Decimal(10)}
    assert NAMED not in severities(verdict)


@pytest.mark.parametrize(
    "uses", [("already_counted", "exhausts"), ("exhausts", "already_counted"), ("exhausts", "part")]
)
def test_import_permits_with_two_uses_of_one_export_document_are_rejected(uses: tuple[str, str]) -> None:
    cited = (import_permit(), import_permit())
    documents = [
        {"number": one.content.number, "issuer": "FR", "use": use, "quantity": "5"}
        for one, use in zip(cited, uses, strict=True)
    ]
    verdict = verdict_on(*cited, known=replace(APPENDIX_II, policies=ALONE), also=(PERMIT,), documents=documents)
    assert severities(verdict)["one-use-of-line"] is Severity.BLOCK


def test_certificate_of_the_last_re_export_is_cited_before_the_permit_of_origin() -> None:
    certificate = permit("re_export", origin_country="ZW", origin_permit="ZW-7", origin_date="2020-01-01")
    stated = {"origin_country": "ZW", "origin_permit": "ZW-7", "last_export_country": "ZA"}
    cited = import_permit(of=None, **stated, last_export_certificate=certificate.content.number)
    verdict = verdict_on(cited, known=replace(APPENDIX_II, policies=ALONE), also=(certificate,), origin_country="ZW")
    assert verdict.status is DeclarationStatus.ACCEPTED
    assert {one.permit for one in verdict.citations} == {cited.id, certificate.id}


@pytest.mark.parametrize(
    ("export_document", "rule"),
    [
        (replace(PERMIT, status=PermitStatus.REVOKED), "CITES-VI.1-withdrawn"),
        (
            replace(
                PERMIT,
                lines={
                    "A": replace(
                        PERMIT.lines["A"],
                        balance=Balance(granted=Decimal(120), endorsed=Decimal(120), import_consumed=Decimal(120)),
                    )
                },
            ),
            "CITES-VI.6-second-use",
        ),
        (changed_permit(PERMIT, import_country="DE"), "CITES-box-3a-import-country"),
        (replace(PERMIT, endorsed=False), "CITES-box-14-endorsement"),
    ],
    ids=["revoked", "used up", "for another country", "never endorsed"],
)
def test_export_document_that_an_import_permit_names_is_checked(export_document: PermitRecord, rule: str) -> None:
    cited = import_permit(of=export_document)
    verdict = verdict_on(cited, known=replace(APPENDIX_II, policies=ALONE), also=(export_document,))
    assert rule in severities(verdict)


def test_export_document_that_the_hub_does_not_know_is_a_note() -> None:
    verdict = verdict_on(import_permit(), known=replace(APPENDIX_II, policies=ALONE))
    assert severities(verdict) == {UNKNOWN: Severity.NOTE}
    assert verdict.status is DeclarationStatus.ACCEPTED


OTHER_HOLDER = changed_permit(
    PERMIT, importer=PERMIT.content.importer.model_copy(update={"name": "X SA", "identifier": "FR1"})
)
NOT_OF_EXPORT = changed_permit(permit("other"), issuer="ZA")
MANY_LINES = [
    {**line(f"L{n}", taxon="Inventus probatus"), "origin_permit": f"ZA-X{n}"} for n in range(EXPORT_DOCUMENTS + 1)
]
NAMES_MANY = changed_permit(permit_with_lines(*MANY_LINES), kind="import", issuer="FR")


@pytest.mark.parametrize(
    ("cited", "also", "document"),
    [
        (import_permit(of=None), (), {}),
        (import_permit(origin_country="ZW"), (), {}),
        (import_permit(of=None, origin_permit="pre-Convention"), (), {}),
        (import_permit(of=OTHER_HOLDER), (OTHER_HOLDER,), {}),
        (import_permit(of=NOT_OF_EXPORT), (NOT_OF_EXPORT,), {}),
        (NAMES_MANY, (), {"line": "L3"}),
    ],
    ids=["none", "of another country", "reason", "other holder", "other kind", "too many"],
)
def test_import_permit_without_a_usable_export_document_is_referred(
    cited: PermitRecord, also: tuple[PermitRecord, ...], document: dict[str, str]
) -> None:
    origin = cited.content.lines[0].origin_country
    verdict = verdict_on(
        cited,
        known=replace(APPENDIX_II, policies=ALONE),
        also=also,
        origin_country=origin,
        document=document,
    )
    assert severities(verdict) == {NAMED: Severity.REFER}
    assert {one.permit for one in verdict.citations} == {cited.id}


def test_import_permit_with_a_cited_export_document_is_checked_as_the_treaty_requires() -> None:
    cited = import_permit(of=None)
    verdict = verdict_on(cited, PERMIT, known=replace(APPENDIX_II, policies=ALONE))
    assert (severities(verdict), verdict.status) == ({}, DeclarationStatus.ACCEPTED)


def test_export_is_not_covered_by_an_import_permit_alone() -> None:
    known = replace(APPENDIX_II, policies={**ALONE, "ZA": ALONE["FR"]})
    verdict = verdict_on(import_permit(), known=known, also=(PERMIT,), movement="export")
    assert verdict.status is DeclarationStatus.REJECTED


def test_import_permit_of_others_makes_the_hub_read_no_export_document() -> None:
    cited = import_permit()
    strange = changed_permit(cited, importer=OTHER_HOLDER.content.importer)
    find_named = named_permits([received_declaration(cited)])
    assert find_named([cited.content]) == {PERMIT.key}
    assert find_named([strange.content]) == frozenset()


def test_item_with_as_many_documents_as_possible_is_referred() -> None:
    cited = [import_permit(of=permit("export")) for _ in range(DOCUMENTS_PER_ITEM)]
    last = permit("export")
    cited[-1] = import_permit(of=last)
    verdict = verdict_on(*cited, known=replace(APPENDIX_II, policies=ALONE), also=(last,))
    assert severities(verdict)[NAMED] is Severity.REFER
    assert verdict.content is not None
    assert len(verdict.content.items[0].documents) == DOCUMENTS_PER_ITEM


def test_check_of_the_completed_declaration_has_the_same_citations() -> None:
    cited, known = import_permit(), replace(APPENDIX_II, policies=ALONE)
    record = received_declaration(cited)
    permits = {one.key: one for one in (cited, PERMIT)}
    first = check(record, permits, known)
    assert first.content is not None
    second = check(replace(record, content=first.content), permits, known)
    assert (second.citations, second.status) == (first.citations, first.status)
    assert second.content == first.content
