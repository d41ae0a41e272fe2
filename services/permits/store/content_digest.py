"""The digest of an entry of a list, by which a load finds out whether the entry has changed."""

import hashlib
from dataclasses import fields
from datetime import date
from typing import Any

CurrentEntries = dict[str, tuple[str, date]]
"""Digest and first day of the entries in force without an end, by identity."""


def content_digest(entry: Any, *excluded: str) -> str:
    """Return the digest of a frozen entry's fields without the excluded ones. Sets are sorted first."""
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
