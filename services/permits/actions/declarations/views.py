"""A declaration as the API shows it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.permits.actions.views import View, transition_view
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.store.from_row import Row
from shared.contracts.fields import format_timestamp
from shared.contracts.quantities import format_quantity


def declaration_view(
    declaration: DeclarationRecord, history: Iterable[Row], permits: Mapping[UUID, tuple[str, str]]
) -> View:
    """Write a declaration whole: what was stated, where it stands, what was found, used, done."""
    return {
        **declaration.content.model_dump(mode="json", exclude_none=True),
        "id": str(declaration.id),
        "version": declaration.version,
        "status": declaration.status.value,
        "lodged_by": str(declaration.party),
        "trader": str(declaration.trader),
        "received_at": format_timestamp(declaration.received_at),
        "digest": declaration.digest,
        "findings": [finding.model_dump(mode="json") for finding in declaration.findings],
        "usage": [_usage_view(citation, permits) for citation in declaration.citations if citation.line],
        "history": [transition_view(row, declaration) for row in history],
    }


def _usage_view(citation: Citation, permits: Mapping[UUID, tuple[str, str]]) -> View:
    issuer, number = permits[citation.permit]
    return {
        "item": citation.item,
        "permit": {"id": str(citation.permit), "issuer": issuer, "number": number},
        "line": citation.line,
        "reserved": format_quantity(citation.reserved),
        "consumed": format_quantity(citation.used),
        "unit": citation.unit,
        **({} if citation.dead_on_arrival is None else {"dead_on_arrival": citation.dead_on_arrival}),
    }
