"""Displacement: less left than is reserved, so the youngest reservations end until the rest fits (box 14).

A declaration has all its reservations or none. A displaced declaration therefore returns its reservations on other
lines and on other permits too.

Example: the import side of a line is endorsed for 50 kg. Declarations reserved 30 kg on Monday and 25 kg on Tuesday.
The reservation of Tuesday ends, and its declaration is referred. The reservation of Monday stays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from services.permits.domain.ledger.balances import remaining
from services.permits.domain.model.change_sets import DeclarationChange, Posting
from services.permits.domain.model.declarations import Citation, ReservingDeclarations
from services.permits.domain.model.events import system_actor
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.rules.documents import was_endorsed
from services.permits.domain.rules.reservations import ReservationContext, reservation_fits_endorsement
from services.permits.domain.rules.rule import evaluate
from services.permits.domain.write_off.posting import PostingContext
from services.permits.domain.write_off.referral import refer_declaration
from services.permits.domain.write_off.reservations import return_reservations
from shared.contracts.closed_sets import DeclarationStatus, Side
from shared.contracts.findings import AppliedOverride, Finding
from shared.contracts.parties import Actor


@dataclass(frozen=True, kw_only=True)
class Displacement:
    """The permits after displacement, the postings, and the changes of the displaced declarations."""

    permits: Mapping[UUID, PermitRecord]
    postings: tuple[Posting, ...] = ()
    changes: tuple[DeclarationChange, ...] = ()


def displace_reservations(
    permits: PermitsById, permit_id: UUID, reserving: ReservingDeclarations, context: PostingContext
) -> Displacement:
    """Return the displacement that makes the import reservations of a permit fit what its lines have left.

    The latest lodged declaration is displaced first. `reserving` contains all declarations that have such reservations.
    """
    current, postings, changes = dict(permits), list[Posting](), list[DeclarationChange]()
    displaced: set[UUID] = set()
    for line_letter in permits[permit_id].lines:
        if remaining(current[permit_id].lines[line_letter].balance, Side.IMPORT) >= 0:
            continue
        for citation in _youngest_first(current[permit_id], line_letter):
            if remaining(current[permit_id].lines[line_letter].balance, Side.IMPORT) >= 0:
                break
            declaration = reserving[citation.declaration]
            if declaration.id in displaced:
                continue
            displaced.add(declaration.id)
            reservation = ReservationContext(permit=current[permit_id], declaration=declaration, citation=citation)
            found = evaluate((reservation_fits_endorsement,), reservation)
            returned = return_reservations(declaration, current, context.actor, context.cause)
            current.update(returned.permits)
            postings += returned.postings
            settled = _settle_endorsement(declaration.findings, current[permit_id], context.actor)
            after = replace(returned.declaration, status=DeclarationStatus.REFERRED, findings=(*settled, *found))
            issuer, number = current[permit_id].content.issuer, current[permit_id].content.number
            reason = f"Customs endorsed less of permit {number} of {issuer} than was reserved"
            changes.append(refer_declaration(declaration, after, context.actor, reason))
    return Displacement(permits=current, postings=tuple(postings), changes=tuple(changes))


def _settle_endorsement(findings: Iterable[Finding], permit: PermitRecord, actor: Actor) -> Iterator[Finding]:
    """Yield the findings. The hub overrides the one of a missing endorsement, because the permit is endorsed now."""
    reason = f"Permit {permit.content.number} of {permit.content.issuer} was endorsed"
    override = {"overridden": True, "override": AppliedOverride(by=system_actor(actor), reason=reason)}
    for one in findings:
        is_of_permit = one.permit is not None and one.permit.key == permit.key
        is_settled = is_of_permit and one.rule == was_endorsed.name and not one.overridden
        yield one.model_copy(update=override) if is_settled else one


def _youngest_first(permit: PermitRecord, line_letter: str) -> list[Citation]:
    reservations = [
        u for u in permit.citations if u.reserved > u.consent_used and u.side is Side.IMPORT and u.line == line_letter
    ]
    return sorted(
        reservations,
        key=lambda u: ((u.lodged_at is not None and u.lodged_at.timestamp()) or 0.0, u.declaration),
        reverse=True,
    )
