"""What tells whether an entry of a list is as it was: a digest of all it says."""

import hashlib
from dataclasses import fields
from datetime import date
from typing import Any

CurrentEntries = dict[str, tuple[str, date]]
"""Of entries that hold without end, by what makes them the same: their digest, and since when they hold."""


def content_digest(entry: Any, *excluded: str) -> str:
    """Answer the digest of a frozen entry's fields, those left out aside; sets count in their order."""
    values = [(f.name, _canonical(getattr(entry, f.name))) for f in fields(entry) if f.name not in excluded]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def _canonical(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return tuple(_canonical(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        return [(f.name, _canonical(getattr(value, f.name))) for f in fields(value)]
    return value
