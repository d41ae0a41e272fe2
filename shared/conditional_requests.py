"""Conditional requests: the hub makes a change only to the version that its sender has read (RFC 9110, 13.1.1)."""

import re
from dataclasses import dataclass

from shared.problems import Conflict, Invalid, list_names

_TAG = re.compile(r'(?:W/)?("?)([0-9]{1,9})\1')
"""An entity tag of the hub. The quotes are optional: people forget them, and the version is clear without them."""


@dataclass(frozen=True, kw_only=True)
class VersionCondition:
    """The versions that `If-Match` names; None means any version."""

    versions: frozenset[int] | None = None

    def require(self, version: int) -> None:
        """Raise Conflict (412 `version-stale`) if the present version is none of these."""
        if self.versions is not None and version not in self.versions:
            raise Conflict(
                "version-stale",
                f"{self._sent_versions()} The present version is {version}. Read it, then repeat your change with its "
                "ETag in If-Match.",
            )

    def _sent_versions(self) -> str:
        versions = sorted(self.versions or ())
        if not versions:
            return "If-Match names no version of the hub."
        return f"If-Match names version {list_names(versions)}."


ANY_VERSION = VersionCondition()


def parse_if_match(header: str | None) -> VersionCondition:
    """Return the condition of `If-Match`. If the header is `*` or missing, any version fulfils it.

    No version fulfils a tag that is not one of the hub's.
    """
    if header is None or header.strip() == "*":
        return ANY_VERSION
    tags = (_TAG.fullmatch(part.strip()) for part in header.split(","))
    return VersionCondition(versions=frozenset(int(tag[2]) for tag in tags if tag is not None))


def require_if_match(header: str | None) -> VersionCondition:
    """Return the condition of `If-Match`. Raise Invalid (428 `version-missing`) if the header is missing."""
    if not header:
        raise Invalid(
            "version-missing", "The header If-Match is missing. Read the thing, and send its ETag in If-Match."
        )
    return parse_if_match(header)


def render_etag(version: int) -> str:
    """Render a version as an entity tag."""
    return f'"{version}"'
