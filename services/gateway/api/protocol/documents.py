"""Documents that a client may keep: it asks by ETag whether they have changed (RFC 9111).

Everybody may keep a public document. Only the caller may keep a list that requires a token.
"""

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

KEYS_SECONDS = 60
"""Seconds for which a client may keep public keys. A rotation waits so long before the new key signs."""
DOCUMENT_SECONDS = 300
"""Seconds for which a client may keep a document that changes only with the version or the settings of the hub."""
KEPT_BY_CALLER = f"private, max-age={DOCUMENT_SECONDS}"
"""The `Cache-Control` of such a document that requires a token."""


CHECKED_EACH_TIME = "private, no-cache"
"""The `Cache-Control` of a list that may change at any time. The client keeps it, and asks before each use."""


def public_document(
    request: Request, content: bytes, *, media_type: str, seconds: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a public document with its lifetime and its ETag, or 304 if the client has these bytes already."""
    fields = {**(headers or {}), "Cache-Control": f"public, max-age={seconds}"}
    return _tagged_document(request, content, media_type=media_type, headers=fields)


def private_document(request: Request, content: bytes, *, media_type: str, cache_control: str) -> Response:
    """Return a document for its caller with its ETag, or 304 if the client has these bytes already."""
    return _tagged_document(request, content, media_type=media_type, headers={"Cache-Control": cache_control})


def _tagged_document(request: Request, content: bytes, *, media_type: str, headers: Mapping[str, str]) -> Response:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    fields = {**headers, "ETag": tag}
    if _names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=fields)
    return Response(content, headers=fields, media_type=media_type)


def _names_tag(if_none_match: str, tag: str) -> bool:
    """Return whether `If-None-Match` names a tag (RFC 9110, 13.1.2). It compares weakly, and `*` names every tag."""
    given = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in given or "*" in given
