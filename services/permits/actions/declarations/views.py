"""Views of declarations for the API."""

from collections.abc import Iterable

from services.permits.actions.views import Links, history_entry
from services.permits.domain.lifecycle import FINAL
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.rules.catalogue import find_remedy
from services.permits.domain.rules.check_limits import count_omitted
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import ActorRole, DeclarationPart, DeclarationStatus, Movement
from shared.contracts.fields import STORED_CONTEXT, Trader
from shared.contracts.findings import Finding, FindingCounts
from shared.contracts.parties import Party
from shared.contracts.quantities import format_quantity
from shared.contracts.views.declarations import (
    DeclarationHistoryEntry,
    DeclarationSummary,
    DeclarationView,
    FindingView,
    PermitName,
    UsageView,
)
from shared.contracts.views.parts import submitted_fields


def declaration_view(
    declaration: DeclarationRecord, history: Iterable[Row], permits: Links, *, reader: Party
) -> DeclarationView:
    """Return a declaration with its content, status, findings, usage and history.

    Its findings have the remedy for their reader.
    """
    return DeclarationView.model_construct(
        **submitted_fields(declaration.content, without={"trader"}),
        id=declaration.id,
        version=declaration.version,
        status=declaration.status,
        lodged_by=declaration.party,
        trader=declaration.trader,
        received_at=declaration.received_at,
        digest=declaration.digest,
        findings=finding_views(declaration.findings, _reader_role(declaration, reader)),
        findings_omitted=count_omitted(declaration.findings),
        usage=tuple(_usage_view(citation, permits) for citation in declaration.citations if citation.line),
        history=tuple(history_entry(DeclarationHistoryEntry, row, declaration) for row in history),
    )


def declaration_summary(row: Row) -> DeclarationSummary:
    """Return the summary of a declaration, from its row without the large columns."""
    content = row["summary"]
    named = ("customs_office", "transport_document", "transit_country")
    given = {name: content[name] for name in named if name in content} | {"exit_due": row["exit_due"]}
    return DeclarationSummary.model_construct(
        id=row["id"],
        version=row["version"],
        status=DeclarationStatus(row["status"]),
        reference=row["reference"],
        movement=Movement(row["movement"]),
        trader=row["trader_id"],
        lodged_by=row["party_id"],
        exporter=Trader.model_validate(content["exporter"], context=STORED_CONTEXT),
        importer=Trader.model_validate(content["importer"], context=STORED_CONTEXT),
        export_country=row["export_country"],
        import_country=row["import_country"],
        received_at=row["received_at"],
        digest=row["digest"],
        item_count=row["item_count"],
        taxa=tuple(dict.fromkeys(row["taxa"])),
        finding_counts=FindingCounts(block=row["block_count"], refer=row["refer_count"], note=row["note_count"]),
        findings_omitted=row["findings_omitted"],
        **given,
    )


def expanded_summary(row: Row, view: DeclarationView, expand: Iterable[DeclarationPart]) -> DeclarationSummary:
    """Return the summary of a declaration with some parts of its whole view."""
    return declaration_summary(row).model_copy(update={part.value: getattr(view, part) for part in expand})


def finding_views(findings: Iterable[Finding], reader: ActorRole | None) -> tuple[FindingView, ...]:
    """Return findings with every field. A field without a value is null.

    Each has the remedy for its reader. `reader` is None where no step is left, and an overridden finding needs none.
    """
    return tuple(
        FindingView.model_validate({**finding.model_dump(), "remedy": _remedy(finding, reader)}) for finding in findings
    )


def _remedy(finding: Finding, reader: ActorRole | None) -> str | None:
    return None if reader is None or finding.overridden else find_remedy(finding.rule, reader)


def _reader_role(declaration: DeclarationRecord, reader: Party) -> ActorRole | None:
    """Return the trader's role for the trader of a declaration and its agent, else customs' for an officer."""
    if declaration.status in FINAL:
        return None
    return declaration.declarant_role if reader.id in {declaration.party, declaration.trader} else ActorRole.CUSTOMS


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
