"""Allowances: a burst, then a rate, for each key; bounded memory."""

from services.gateway.actions.auth.allowances import Allowances


def test_allowance_with_burst_then_rate() -> None:
    allowances = Allowances(per_second=2, burst=4)
    assert [allowances.spend("a", at=100.0) for _ in range(4)] == [0.0] * 4
    assert allowances.spend("a", at=100.0) == 0.5
    assert allowances.spend("a", at=100.0) == 0.5, "a refused request spends nothing"
    assert allowances.spend("b", at=100.0) == 0.0, "each key has a budget of its own"
    assert allowances.spend("a", at=100.5) == 0.0
    assert allowances.spend("a", at=100.5) == 0.5


def test_allowance_that_rests_is_full_again_and_not_more() -> None:
    allowances = Allowances(per_second=2, burst=4)
    for _ in range(4):
        allowances.spend("a", at=0.0)
    assert [allowances.spend("a", at=1_000.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]


def test_allowance_that_is_only_read_is_not_spent() -> None:
    allowances = Allowances(per_second=1, burst=1)
    assert [allowances.seconds_until("a", at=0.0) for _ in range(3)] == [0.0] * 3
    allowances.spend("a", at=0.0)
    assert allowances.seconds_until("a", at=0.25) == 0.75


def test_allowances_with_endless_keys_remember_the_latest_only() -> None:
    allowances = Allowances(per_second=1, burst=1, max_keys=100)
    for number in range(10_000):
        allowances.spend(str(number), at=0.0)
    assert len(allowances._full_at) == 100
    assert allowances.spend("9999", at=0.0) == 1.0
