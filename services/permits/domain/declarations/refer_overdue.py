"""Refer a transit whose goods did not leave by the declared day. An officer of the country of transit decides."""

from dataclasses import replace
from datetime import date

from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.rules.transit import TransitContext, exit_is_in_time
from services.permits.domain.write_off.referral import refer_declaration
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.parties import Actor

OPEN_STATUSES = frozenset({DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED})
REASON = "The goods did not leave the country of transit by the declared day"


def refer_overdue(declaration: DeclarationRecord, day: date, actor: Actor) -> ChangeSet | None:
    """Return the changes that refer an overdue transit on a day; None if it is not overdue or has the finding."""
    if declaration.status not in OPEN_STATUSES or any(
        finding.rule == exit_is_in_time.name for finding in declaration.findings
    ):
        return None
    found = evaluate((exit_is_in_time,), TransitContext(declaration=declaration.content, day=day))
    if not found:
        return None
    after = replace(declaration, status=DeclarationStatus.REFERRED, findings=(*declaration.findings, *found))
    return ChangeSet(declarations=(refer_declaration(declaration, after, actor, REASON),))
