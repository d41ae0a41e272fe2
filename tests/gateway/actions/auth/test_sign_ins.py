"""Failed sign-ins are refused for a growing time, by address and client id, within bounded memory."""

import pytest

from services.gateway.actions.auth import sign_ins
from services.gateway.actions.auth.sign_ins import Proof, SignIns
from shared.problems import TooManyRequests


def _fail(found: SignIns, address: str, client_id: str, *, at: float, times: int = 1) -> None:
    for _ in range(times):
        found.record_failure(address, client_id, proof=Proof.SECRET, reason="test", at=at)


def _wait(found: SignIns, address: str, client_id: str, *, at: float) -> int:
    """Return the seconds for which an attempt is refused; 0 if it is allowed."""
    try:
        found.require_allowed(address, client_id, at=at)
    except TooManyRequests as refusal:
        return refusal.retry_after
    return 0


def test_sign_in_that_fails_again_is_refused_for_a_growing_time() -> None:
    found = SignIns()
    _fail(found, "192.0.2.1", "c", at=0.0, times=sign_ins.FREE_FAILURES - 1)
    assert _wait(found, "192.0.2.1", "c", at=0.0) == 0
    waits = []
    at = 0.0
    for _ in range(9):
        _fail(found, "192.0.2.1", "c", at=at)
        waits.append(_wait(found, "192.0.2.1", "c", at=at))
        at += waits[-1]
        assert _wait(found, "192.0.2.1", "c", at=at) == 0, "after the time the next attempt is allowed"
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_sign_in_of_the_owner_elsewhere_is_allowed_during_an_attack() -> None:
    found = SignIns()
    _fail(found, "192.0.2.1", "c", at=0.0, times=1_000)
    assert _wait(found, "192.0.2.1", "c", at=0.0) > 0
    assert _wait(found, "192.0.2.2", "c", at=0.0) == 0


def test_sign_in_that_succeeds_forgets_the_failures() -> None:
    found = SignIns()
    _fail(found, "192.0.2.1", "c", at=0.0, times=sign_ins.FREE_FAILURES - 1)
    found.record_success("192.0.2.1", "c", at=0.0)
    _fail(found, "192.0.2.1", "c", at=0.0, times=sign_ins.FREE_FAILURES - 1)
    assert _wait(found, "192.0.2.1", "c", at=0.0) == 0


def test_sign_in_after_a_quarter_of_an_hour_has_no_failures() -> None:
    found = SignIns()
    _fail(found, "192.0.2.1", "c", at=0.0, times=20)
    _fail(found, "192.0.2.1", "c", at=sign_ins.FORGET_SECONDS + 1)
    assert _wait(found, "192.0.2.1", "c", at=sign_ins.FORGET_SECONDS + 1) == 0


def test_address_that_tries_many_client_ids_is_refused_except_for_clients_that_signed_in_there() -> None:
    found = SignIns()
    found.record_success("192.0.2.1", "honest", at=0.0)
    for number in range(sign_ins.FAILURE_BURST):
        assert _wait(found, "192.0.2.1", f"c{number}", at=0.0) == 0
        _fail(found, "192.0.2.1", f"c{number}", at=0.0)
    assert _wait(found, "192.0.2.1", "one more", at=0.0) == 2
    assert _wait(found, "192.0.2.1", "honest", at=0.0) == 0
    assert _wait(found, "192.0.2.2", "one more", at=0.0) == 0


def test_client_that_requests_a_token_for_each_request_is_limited() -> None:
    found = SignIns()
    for _ in range(sign_ins.TOKEN_BURST):
        assert _wait(found, "192.0.2.1", "c", at=0.0) == 0
        found.record_success("192.0.2.1", "c", at=0.0)
    with pytest.raises(TooManyRequests) as refused:
        found.require_allowed("192.0.2.2", "c", at=0.0)
    assert refused.value.code == "too-many-requests"
    _fail(found, "192.0.2.3", "d", at=0.0, times=1_000)
    assert _wait(found, "192.0.2.2", "d", at=0.0) == 0, "only the owner of a client id spends its tokens"


def test_memory_of_sign_ins_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MAX_PAIRS", 50)
    found = SignIns()
    for number in range(500):
        _fail(found, f"192.0.2.{number}", "c" * 10_000, at=0.0)
        found.record_success(f"192.0.2.{number}", "d" * 10_000, at=0.0)
    assert len(found._failures) == len(found._successes) == 50
    assert {len(client_id) for _, client_id in (*found._failures, *found._successes)} == {sign_ins.MAX_CLIENT_ID}
