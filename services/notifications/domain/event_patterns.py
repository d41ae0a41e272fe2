"""Which patterns an event type answers to."""


def matching_patterns(event_type: str) -> tuple[str, str, str]:
    """Answer every pattern that means this event type: itself, its family's (`declaration.*`), and `*` for all."""
    return (event_type, f"{event_type.partition('.')[0]}.*", "*")
