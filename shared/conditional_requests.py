"""Conditional requests: a change counts only for the version that its sender has read (RFC 9110, 13.1.1)."""

import re
from dataclasses import dataclass

from shared.problems import Conflict, Invalid

_TAG = re.compile(r'(?:W/)?("?)([0-9]{1,9})\1')
"""An entity tag of the hub. Its quotes may be missing: people forget them, and the version is plain without."""


@dataclass(frozen=True, kw_only=True)
class VersionCondition:
    """The versions that `If-Match` names; None stands for any."""

    versions: frozenset[int] | None = None

    def require(self, version: int) -> None:
        """Raise Conflict (412 `version-stale`) if the present version is none of those."""
        if self.versions is not None and version not in self.versions:
            raise Conflict("version-stale", f"Version {version} stands. Read it, then ask again for that.")


ANY_VERSION = VersionCondition()


def parse_if_match(header: str | None) -> VersionCondition:
    """Return the condition of `If-Match`. Any version fulfils `*`, and a request without it.

    A tag that the hub never gave names no version, so nothing fulfils it.
    """
    if header is None or header.strip() == "*":
        return ANY_VERSION
    tags = (_TAG.fullmatch(part.strip()) for part in header.split(","))
    return VersionCondition(versions=frozenset(int(tag[2]) for tag in tags if tag is not None))


def require_if_match(header: str | None) -> VersionCondition:
    """Return the condition of `If-Match`. Raise Invalid (428 `version-missing`) if the header is missing."""
    if not header:
        raise Invalid("version-missing", "Send If-Match with the version you change, as GET answered it in ETag.")
    return parse_if_match(header)


def render_etag(version: int) -> str:
    """Render a version as entity tag."""
    return f'"{version}"'
