"""How a process that makes many short-lived values treats its garbage collector."""

import gc


def tune_garbage_collector() -> None:
    """Let the garbage collector pass over what was imported, and come by four hundred times less often.

    It took a third of a process's time: letters by the hundred are many young objects, and hardly any are in a ring.
    A batch of two hundred is through before it comes; what is in a ring waits as some tens of megabytes at most.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(300_000, 10, 10)
