"""Transitions for each pair of statuses and each actor role, compared with the table of the public contract."""

import pytest

from services.permits.domain.lifecycle import (
    DECLARATION_TRANSITIONS,
    FINAL,
    PERMIT_TRANSITIONS,
    can_transition,
    can_transition_permit,
    describe_application_transitions,
    describe_permit_transitions,
    describe_transitions,
)
from shared.contracts.closed_sets import ActorRole, ApplicationStatus, DeclarationStatus, PermitStatus

CONTRACT = {
    ("received", "accepted", "rules"),
    ("received", "referred", "rules"),
    ("received", "rejected", "rules"),
    ("accepted", "released", "customs"),
    ("accepted", "refused", "customs"),
    ("accepted", "cancelled", "trader"),
    ("accepted", "received", "trader"),
    ("accepted", "referred", "rules"),
    ("referred", "accepted", "customs"),
    ("referred", "accepted", "rules"),
    ("referred", "rejected", "rules"),
    ("referred", "refused", "customs"),
    ("referred", "cancelled", "trader"),
    ("referred", "received", "trader"),
    ("rejected", "accepted", "customs"),
    ("rejected", "cancelled", "trader"),
    ("rejected", "received", "trader"),
    ("released", "released", "customs"),
}


@pytest.mark.parametrize("from_status", list(DeclarationStatus))
@pytest.mark.parametrize("to_status", list(DeclarationStatus))
@pytest.mark.parametrize("role", list(ActorRole))
def test_declaration_transitions_are_exactly_those_of_the_contract(
    from_status: DeclarationStatus, to_status: DeclarationStatus, role: ActorRole
) -> None:
    assert can_transition(from_status, to_status, role) == ((from_status, to_status, role) in CONTRACT)


def test_final_statuses_are_those_without_transitions() -> None:
    assert {DeclarationStatus.REFUSED, DeclarationStatus.CANCELLED} == FINAL
    assert all(
        DeclarationStatus(to_status) for transitions in DECLARATION_TRANSITIONS.values() for to_status in transitions
    )


PERMIT_CONTRACT = {
    ("issued", "endorsed", "customs"),
    ("issued", "endorsed", "rules"),
    ("endorsed", "endorsed", "customs"),
    ("endorsed", "endorsed", "rules"),
    ("issued", "exhausted", "customs"),
    ("issued", "exhausted", "rules"),
    ("endorsed", "exhausted", "customs"),
    ("endorsed", "exhausted", "rules"),
    ("exhausted", "issued", "customs"),
    ("exhausted", "issued", "rules"),
    ("exhausted", "endorsed", "customs"),
    ("exhausted", "endorsed", "rules"),
    ("issued", "lost", "authority"),
    ("endorsed", "lost", "authority"),
    ("lost", "issued", "authority"),
    ("lost", "endorsed", "authority"),
    *((from_status, to_status, "authority")
      for from_status in ("issued", "endorsed", "exhausted", "expired", "lost")
      for to_status in ("revoked", "replaced")),
}  # fmt: skip


@pytest.mark.parametrize("from_status", list(PermitStatus))
@pytest.mark.parametrize("to_status", list(PermitStatus))
@pytest.mark.parametrize("role", list(ActorRole))
def test_permit_transitions_are_exactly_those_of_the_contract(
    from_status: PermitStatus, to_status: PermitStatus, role: ActorRole
) -> None:
    assert can_transition_permit(from_status, to_status, role) == ((from_status, to_status, role) in PERMIT_CONTRACT)


def test_description_of_a_status_names_the_acts_of_each_role() -> None:
    trader = "The trader may cancel it or amend it."
    assert describe_transitions(DeclarationStatus.ACCEPTED) == f"Customs may release it or refuse it. {trader}"
    assert describe_transitions(DeclarationStatus.REJECTED) == f"Customs may override each open finding. {trader}"
    assert describe_transitions(DeclarationStatus.RECEIVED) == "Wait until the hub has checked it."
    assert describe_transitions(DeclarationStatus.RELEASED) == "Customs may correct the release."
    assert describe_transitions(DeclarationStatus.REFUSED) == "refused is final."
    assert describe_permit_transitions(PermitStatus.ISSUED) == (
        "Customs may endorse it or release a declaration that cites it. "
        "The Management Authority may report it as lost, revoke it or replace it."
    )
    assert "endorse it" not in describe_permit_transitions(PermitStatus.EXHAUSTED)
    assert describe_application_transitions(ApplicationStatus.QUERIED) == (
        "The Management Authority may grant it or refuse it. The trader may answer the query or withdraw it."
    )
    assert describe_permit_transitions(PermitStatus.REVOKED) == "revoked is final."
    assert PermitStatus.REVOKED not in PERMIT_TRANSITIONS
