"""The growing pause between two starts of a process that ends again and again."""

STABLE_SECONDS = 20.0
"""The supervisor restarts a process that ran this long without a growing pause."""
MAX_BACKOFF_SECONDS = 3.0


def restart_backoff(consecutive_exits: int) -> float:
    """Return the seconds to wait before a restart, after so many exits in a row: 0.1, doubled up to 3."""
    return min(0.1 * 2.0 ** min(consecutive_exits - 1, 10), MAX_BACKOFF_SECONDS)
