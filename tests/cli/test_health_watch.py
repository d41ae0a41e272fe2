"""The failed health checks of one process."""

from services.cli.health_watch import HealthWatch


def _failures(*results: bool) -> int:
    """Return the failures in a row after checks with these results."""
    remaining = iter(results)
    watch = HealthWatch(lambda: next(remaining), 1.0)
    for _ in results:
        watch.check()
    return watch.failures


def test_failed_checks_before_the_first_success_do_not_count() -> None:
    assert _failures(False, False, False) == 0
    assert _failures(False, True, False, False) == 2


def test_failed_checks_before_a_success_are_forgotten() -> None:
    assert _failures(True, False, False, True) == 0
    assert _failures(True, False, False, True, False) == 1
