"""The content in a view has the fields that were submitted; the empty fields of a finding are null."""

import json
from typing import Any
from uuid import UUID

from services.permits.actions.declarations.views import declaration_view
from services.permits.domain.model.declarations import DeclarationRecord
from shared.contracts.closed_sets import DeclarationStatus, Severity
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.findings import CitedLine, Finding
from shared.contracts.views.declarations import Verdict
from shared.contracts.views.parts import as_stored, render_json
from shared.database import now
from tests.permits.sample_data import B

ID = UUID(int=7)
SUBMITTED: dict[str, Any] = {
    "reference": "R-1",
    "movement": "import",
    "exporter": {"name": "A", "country": "ZA", "identifier": None},
    "importer": {"name": "B", "country": "FR"},
    "export_country": "ZA",
    "import_country": "FR",
    "customs_office": None,
    "items": [{"number": 1, "quantity": "1.50", "unit": "kg", "taxon": None, "documents": [{"number": "N"}]}],
}
OF_THE_VIEW = {
    "id",
    "version",
    "status",
    "lodged_by",
    "trader",
    "received_at",
    "digest",
    "findings",
    "findings_omitted",
    "usage",
    "history",
}
FINDING = Finding(rule="r", severity=Severity.NOTE, pointer="", message="m", permit=CitedLine(issuer="ZA", number="N"))
FINDING_FIELDS = Finding.model_fields.keys() | {"remedy"}


def _shown() -> dict[str, Any]:
    content = as_stored(NormalizedDeclaration.model_validate(SUBMITTED))
    record = DeclarationRecord(
        id=ID,
        party=ID,
        trader=ID,
        trader_name="B SARL",
        trader_country="FR",
        received_at=now(),
        digest="d",
        content=content,
        status=DeclarationStatus.REFERRED,
        findings=(FINDING,),
    )
    return dict(json.loads(render_json(declaration_view(record, (), {}, reader=B))))


def test_content_in_view_has_submitted_fields_and_defaults_and_no_nulls() -> None:
    shown = _shown()
    stated = {"reference", "movement", "exporter", "importer", "export_country", "import_country", "items"}
    assert shown.keys() == stated | OF_THE_VIEW
    assert shown["exporter"] == {"name": "A", "country": "ZA"}
    document = {"type": "C400", "number": "N", "use": "exhausts"}
    assert shown["items"] == [{"number": 1, "quantity": "1.5", "unit": "kg", "documents": [document]}]


def test_finding_in_view_has_every_field_and_nulls_stay() -> None:
    verdict = Verdict(valid=False, findings=(), errors=())
    assert json.loads(render_json(verdict)) == {"valid": False, "findings": [], "errors": []}
    [finding] = _shown()["findings"]
    assert finding.keys() == FINDING_FIELDS
    assert finding["permit"] == {"issuer": "ZA", "number": "N", "line": None}
