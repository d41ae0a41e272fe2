"""Every state × state × hand, as the public contract's table says."""

import pytest

from services.permits.domain.lifecycle import (
    DECLARATION_TRANSITIONS,
    FINAL,
    PERMIT_TRANSITIONS,
    can_transition,
    can_transition_permit,
    describe_permit_transitions,
    describe_transitions,
)
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, PermitStatus

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


@pytest.mark.parametrize("here", list(DeclarationStatus))
@pytest.mark.parametrize("there", list(DeclarationStatus))
@pytest.mark.parametrize("by", list(ActorRole))
def test_a_declaration_turns_as_the_contract_says_and_no_other_way(
    here: DeclarationStatus, there: DeclarationStatus, by: ActorRole
) -> None:
    assert can_transition(here, there, by) == ((here, there, by) in CONTRACT)


def test_what_is_final_follows_from_the_turns() -> None:
    assert {DeclarationStatus.REFUSED, DeclarationStatus.CANCELLED} == FINAL
    assert all(DeclarationStatus(there) for turns in DECLARATION_TRANSITIONS.values() for there in turns)


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
    *((here, there, "authority")
      for here in ("issued", "endorsed", "exhausted", "expired", "lost") for there in ("revoked", "replaced")),
}  # fmt: skip


@pytest.mark.parametrize("here", list(PermitStatus))
@pytest.mark.parametrize("there", list(PermitStatus))
@pytest.mark.parametrize("by", list(ActorRole))
def test_a_permit_turns_as_the_contract_says_and_no_other_way(
    here: PermitStatus, there: PermitStatus, by: ActorRole
) -> None:
    assert can_transition_permit(here, there, by) == ((here, there, by) in PERMIT_CONTRACT)


def test_whoever_tries_another_turn_is_told_what_the_turns_are() -> None:
    assert "released (by customs)" in describe_transitions(DeclarationStatus.ACCEPTED)
    assert describe_transitions(DeclarationStatus.REFUSED) == "refused is final."
    assert "revoked (by authority)" in describe_permit_transitions(PermitStatus.ISSUED)
    assert describe_permit_transitions(PermitStatus.REVOKED) == "revoked is final."
    assert PermitStatus.REVOKED not in PERMIT_TRANSITIONS
