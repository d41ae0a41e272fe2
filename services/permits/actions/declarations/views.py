"""Views of declarations for the API."""

from collections.abc import Iterable

from services.permits.actions.views import Links, history_entry
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.store.from_row import Row
from shared.contracts.findings import Finding
from shared.contracts.quantities import format_quantity
from shared.contracts.views.declarations import (
    DeclarationHistoryEntry,
    DeclarationView,
    FindingView,
    PermitName,
    UsageView,
)
from shared.contracts.views.parts import submitted_fields


def declaration_view(declaration: DeclarationRecord, history: Iterable[Row], permits: Links) -> DeclarationView:
    """Return a declaration with its content, status, findings, usage and history."""
    return DeclarationView.model_construct(
        **submitted_fields(declaration.content, without={"trader"}),
        id=declaration.id,
        version=declaration.version,
        status=declaration.status,
        lodged_by=declaration.party,
        trader=declaration.trader,
        received_at=declaration.received_at,
        digest=declaration.digest,
        findings=finding_views(declaration.findings),
        usage=tuple(_usage_view(citation, permits) for citation in declaration.citations if citation.line),
        history=tuple(history_entry(DeclarationHistoryEntry, row, declaration) for row in history),
    )


def finding_views(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """Return findings with every field. A field without a value is null."""
    return tuple(FindingView.model_validate_json(finding.model_dump_json()) for finding in findings)


def _usage_view(citation: Citation, permits: Links) -> UsageView:
    issuer, number = permits[citation.permit]
    return UsageView(
        item=citation.item,
        permit=PermitName(id=citation.permit, issuer=issuer, number=number),
        line=citation.line,
        reserved=format_quantity(citation.reserved),
        consumed=format_quantity(citation.used),
        unit=citation.unit,
        dead_on_arrival=citation.dead_on_arrival,
    )
