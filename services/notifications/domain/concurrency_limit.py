"""How many letters may fly to one endpoint at once: more while it does well, fewer when it does not."""

INITIAL_CONCURRENCY = 8
MAX_CONCURRENCY = 32
MIN_CONCURRENCY = 4
"""Never one alone: a letter that hangs must not hold back those about other things."""


def next_concurrency(concurrency: int, *, succeeded: bool) -> int:
    """Answer the share after one more attempt: one more after a success, half after a failure."""
    return min(concurrency + 1, MAX_CONCURRENCY) if succeeded else max(concurrency // 2, MIN_CONCURRENCY)


def is_reduced(concurrency: int) -> bool:
    """Say whether an endpoint does worse than one of which nothing is known yet."""
    return concurrency < INITIAL_CONCURRENCY
