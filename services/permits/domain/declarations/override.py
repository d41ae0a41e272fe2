"""Override: an officer settles the findings of one rule and states a reason.

An override may settle a block or a referral. The history records the officer and the reason.
No override lets a line be used for more than the permit and the consents allow.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypedDict

from services.permits.domain.checks.changed_since import used_since_check, withdrawn_since_check
from services.permits.domain.checks.counted_elsewhere import ALREADY_COUNTED, with_claims
from services.permits.domain.checks.documents import unknown_permit_pointers
from services.permits.domain.checks.verdict import status_from_findings
from services.permits.domain.declarations.counted_wholes import is_counted_with_others, whole_groups
from services.permits.domain.declarations.items import require_item
from services.permits.domain.declarations.officer_statement import apply_officer_statement
from services.permits.domain.declarations.transition_guard import require_transition
from services.permits.domain.events import declaration_fields
from services.permits.domain.ledger.balances import EntryKind, LedgerEntry, remaining_on_permit
from services.permits.domain.lifecycle import describe_transitions
from services.permits.domain.model.change_sets import ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.rules.check_limits import NOT_OVERRIDABLE, limit_findings
from services.permits.domain.write_off.consents import consent_entries, with_consent_used
from services.permits.domain.write_off.reservations import post_to_line, reservation_postings
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, Movement, Severity
from shared.contracts.declaration import Override
from shared.contracts.events.declarations import DeclarationAccepted, DeclarationOverridden
from shared.contracts.findings import AppliedOverride, Finding
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict, Fault, Invalid


def override(declaration: DeclarationRecord, permits: PermitsById, decision: Override, actor: Actor) -> ChangeSet:
    """Return the changes of an override. The last one accepts the declaration and reserves its quantities.

    A permit that was withdrawn or used by others after the check adds a finding, which needs its own override.
    Raise Conflict `invalid-transition` if the declaration is not referred or rejected.
    Raise Conflict `no-such-finding` if the rule has no open finding, `not-enough-left` if a line has too little left.
    Raise Invalid if the officer's statement does not fit or an accepted item would be written off from no line.
    """
    require_open(declaration)
    _require_overridable(decision)
    overridden = replace(declaration, findings=override_findings(declaration, decision, actor))
    stated = apply_officer_statement(overridden, permits, decision)
    new_findings = (*withdrawn_since_check(declaration, permits), *used_since_check(declaration, stated, permits))
    checked = replace(stated, findings=(*stated.findings, *limit_findings(new_findings)))
    status = status_from_findings(checked.findings)
    if status is not DeclarationStatus.ACCEPTED:
        unchanged = replace(checked, status=declaration.status)
        data = DeclarationOverridden(
            **declaration_fields(declaration), **decision_fields(decision), status=declaration.status
        )
        event = DomainEvent(from_status=declaration.status, data=data, actor=actor)
        return ChangeSet(declarations=(DeclarationChange(declaration=unchanged, events=(event,)),))
    return accept(declaration, checked, permits, decision, actor)


def require_permit_unknown(declaration: DeclarationRecord, permits: Iterable[PermitRecord], decision: Override) -> None:
    """Raise Conflict `known-by-now` if a permit that an overridden finding calls unknown is registered now.

    Without a new check, its use would be written off nowhere.
    """
    require_open(declaration)
    pointer = _item_pointer(declaration, decision)
    addressed = [finding for finding in declaration.findings if _is_addressed(finding, decision, pointer)]
    permits_by_key = {permit.key: permit for permit in permits}
    still_unknown = unknown_permit_pointers(declaration, permits_by_key)
    for finding in addressed:
        if finding.pointer not in still_unknown:
            detail = f"The permit {finding.found} is on the hub now, so this finding cannot be overridden. "
            raise Conflict(
                "known-by-now",
                detail + "The trader sends a new version (PUT), and the hub checks it against the permit.",
            )


def _require_overridable(decision: Override) -> None:
    """Raise Conflict `not-checked` for a finding that states what the hub did not check or does not show."""
    if decision.rule in NOT_OVERRIDABLE:
        detail = (
            f"No override settles {decision.rule}, because nobody has seen what the hub left out. "
            "The trader sends a new version (PUT), or customs refuses the goods."
        )
        raise Conflict("not-checked", detail)


def require_open(declaration: DeclarationRecord) -> None:
    """Raise Conflict `invalid-transition` if the declaration is neither referred nor rejected."""
    if declaration.status not in {DeclarationStatus.REFERRED, DeclarationStatus.REJECTED}:
        raise Conflict(
            "invalid-transition",
            f"Declaration {declaration.content.reference} is {declaration.status}, so it has no "
            f"finding to override. {describe_transitions(declaration.status)}",
        )


def accept(
    declaration: DeclarationRecord, checked: DeclarationRecord, permits: PermitsById, decision: Override, actor: Actor
) -> ChangeSet:
    """Return the changes that accept a checked declaration after an officer's decision, and reserve its quantities.

    Raise Conflict `not-enough-left` if a line has too little left.
    Raise Invalid if an item would be written off from no line.
    """
    require_transition(declaration, DeclarationStatus.ACCEPTED, ActorRole.CUSTOMS)
    after = dict(permits)
    groups = whole_groups(checked, checked.citations, permits)
    for citation in checked.citations if checked.content.movement is not Movement.TRANSIT else ():
        if not is_counted_with_others(citation, groups):
            _require_line_and_quantity(citation)
    reserved: list[Citation] = []
    citations: list[Citation] = []
    for citation in with_claims(checked, permits):
        reservation = replace(citation, reserved=citation.requested)
        if citation.requested > 0 and not citation.is_open:
            permit, reservation = _reserve(after[citation.permit], reservation)
            after[permit.id] = replace(permit, citations=(*permit.citations, reservation))
            reserved.append(reservation)
        citations.append(reservation)
    accepted = replace(checked, status=DeclarationStatus.ACCEPTED, citations=tuple(citations))
    data = DeclarationAccepted(
        **declaration_fields(accepted), **decision_fields(decision), status=DeclarationStatus.ACCEPTED
    )
    event = DomainEvent(from_status=declaration.status, data=data, actor=actor)
    changes = tuple(
        PermitChange(permit=permit) for permit_id, permit in after.items() if permit is not permits[permit_id]
    )
    cause = f"override/{declaration.sequence}"
    postings = reservation_postings(replace(checked, citations=tuple(reserved)), actor, cause)
    return ChangeSet(
        declarations=(DeclarationChange(declaration=accepted, events=(event,)),), permits=changes, postings=postings
    )


class _DecisionFields(TypedDict):
    overridden: str
    item: int | None
    line: str | None
    quantity: str | None
    reason: str


def decision_fields(decision: Override) -> _DecisionFields:
    """Return the fields of the event that describe the officer's decision."""
    return {
        "overridden": decision.rule,
        "item": decision.item,
        "line": decision.line,
        "quantity": None if decision.quantity is None else format_quantity(decision.quantity),
        "reason": decision.reason,
    }


def _require_line_and_quantity(citation: Citation) -> None:
    """Raise Invalid `line-missing` or `quantity-missing` if a citation has no line or no quantity to write off."""
    if citation.use == ALREADY_COUNTED:
        return
    if citation.line == "":
        text = f"Item {citation.item} cites no line of the permit. Send the letter of the line as `line`."
        raise Invalid("line-missing", text, [Fault("/line", "line-missing", text)])
    if citation.requested == 0:
        text = (
            f"Item {citation.item} has no quantity in the unit of line {citation.line}, "
            f"{citation.unit}. Send it as `quantity`."
        )
        raise Invalid("quantity-missing", text, [Fault("/quantity", "quantity-missing", text)])


def override_findings(declaration: DeclarationRecord, decision: Override, actor: Actor) -> tuple[Finding, ...]:
    """Return the findings, those of the decision overridden. Raise Conflict `no-such-finding` if none of it is open."""
    pointer = _item_pointer(declaration, decision)
    settled, findings = 0, []
    for finding in declaration.findings:
        if _is_addressed(finding, decision, pointer):
            settled += 1
            note = AppliedOverride(by=actor, reason=decision.reason)
            findings.append(finding.model_copy(update={"overridden": True, "override": note}))
        else:
            findings.append(finding)
    if not settled:
        standing = sorted(
            {f.rule for f in declaration.findings if not f.overridden and f.severity is not Severity.NOTE}
        )
        open_rules = f"Open are: {', '.join(standing)}. Override one of those." if standing else "No finding is open."
        detail = f"No finding of {decision.rule} is open here. {open_rules}"
        raise Conflict("no-such-finding", detail)
    return tuple(findings)


def _is_addressed(finding: Finding, decision: Override, pointer: str | None) -> bool:
    is_of_rule = finding.rule == decision.rule and (pointer is None or _is_within(finding.pointer, pointer))
    return is_of_rule and not finding.overridden and finding.severity is not Severity.NOTE


def _item_pointer(declaration: DeclarationRecord, decision: Override) -> str | None:
    return None if decision.item is None else f"/items/{_item_index(declaration, decision.item)}"


def _is_within(pointer: str, item_pointer: str) -> bool:
    return pointer == item_pointer or pointer.startswith(item_pointer + "/") or not pointer.startswith("/items/")


def _item_index(declaration: DeclarationRecord, number: int) -> int:
    require_item(declaration, number, "/item")
    return next(i for i, item in enumerate(declaration.content.items) if item.number == number)


def _reserve(permit: PermitRecord, citation: Citation) -> tuple[PermitRecord, Citation]:
    """Return the permit and the citation with its reservation. The item uses its consent for what the line lacks."""
    consent_use = consent_entries(citation, permit.lines[citation.line].balance, citation.requested)
    reservation = with_consent_used(citation, consent_use)
    maximum = EXACT.add(
        remaining_on_permit(permit.lines[citation.line].balance, citation.side), reservation.consent_used
    )
    if citation.requested > maximum:
        detail = (
            f"Line {citation.line} of permit {permit.content.number} has "
            f"{format_quantity(maximum)} {citation.unit} left, and {format_quantity(citation.requested)} are needed. "
            "More needs the consent of the authority that issued it."
        )
        raise Conflict("not-enough-left", detail)
    return post_to_line(
        permit,
        citation.line,
        *consent_use,
        LedgerEntry(side=citation.side, kind=EntryKind.RESERVE, quantity=citation.reserved),
    ), reservation
