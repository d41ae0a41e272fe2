"""Every state × state × hand, as the public contract's table says."""

import pytest

from services.permits.domain.lifecycle import (
    FINAL,
    PERMIT_TURNS,
    TURNS,
    By,
    PermitStatus,
    Status,
    may_turn,
    permit_may_turn,
    permit_turns_of,
    turns_of,
)

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


@pytest.mark.parametrize("here", list(Status))
@pytest.mark.parametrize("there", list(Status))
@pytest.mark.parametrize("by", list(By))
def test_a_declaration_turns_as_the_contract_says_and_no_other_way(here: Status, there: Status, by: By) -> None:
    assert may_turn(here, there, by) == ((here, there, by) in CONTRACT)


def test_what_is_final_follows_from_the_turns() -> None:
    assert {Status.REFUSED, Status.CANCELLED} == FINAL
    assert all(Status(there) for turns in TURNS.values() for there in turns)


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
@pytest.mark.parametrize("by", list(By))
def test_a_permit_turns_as_the_contract_says_and_no_other_way(here: PermitStatus, there: PermitStatus, by: By) -> None:
    assert permit_may_turn(here, there, by) == ((here, there, by) in PERMIT_CONTRACT)


def test_whoever_tries_another_turn_is_told_what_the_turns_are() -> None:
    assert "released (by customs)" in turns_of(Status.ACCEPTED)
    assert turns_of(Status.REFUSED) == "refused is final."
    assert "revoked (by authority)" in permit_turns_of(PermitStatus.ISSUED)
    assert permit_turns_of(PermitStatus.REVOKED) == "revoked is final."
    assert PermitStatus.REVOKED not in PERMIT_TURNS
