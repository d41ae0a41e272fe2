"""The pause before a restart."""

from services.cli.restarts import restart_backoff


def test_restart_pause_grows_to_three_seconds() -> None:
    assert [restart_backoff(n) for n in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert restart_backoff(10_000) == 3.0
