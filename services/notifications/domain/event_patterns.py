"""Which patterns an event type answers to."""


def forms(kind: str) -> tuple[str, str, str]:
    """Answer every pattern that means this event type: itself, its family's (`declaration.*`), and `*` for all."""
    return (kind, f"{kind.partition('.')[0]}.*", "*")
