"""How many letters may fly to one endpoint at once: more while it does well, fewer when it does not."""

START = 8
FULL = 32
LEAST = 4
"""Never one alone: a letter that hangs must not hold back those about other things."""


def next_share(share: int, *, well: bool) -> int:
    """Answer the share after one more attempt: one more after a success, half after a failure."""
    return min(share + 1, FULL) if well else max(share // 2, LEAST)


def in_trouble(share: int) -> bool:
    """Say whether an endpoint does worse than one of which nothing is known yet."""
    return share < START
