"""The patterns that match an event type."""


def matching_patterns(event_type: str) -> tuple[str, str, str]:
    """Return every pattern that matches this event type: the type, its family (`declaration.*`), and `*`."""
    return (event_type, f"{event_type.partition('.')[0]}.*", "*")
