"""How a process that makes many short-lived values treats its garbage collector."""

import gc


def collect_seldom() -> None:
    """Let the garbage collector pass over what was imported, and come by a hundred times less often.

    It took a third of a process's time: letters by the hundred are many young objects, and hardly any are in a ring.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)
