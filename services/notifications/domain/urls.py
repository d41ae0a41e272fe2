"""Which addresses a party may name for its webhooks; what a name resolves to is judged when it is sent to."""

from urllib.parse import urlsplit

from services.notifications.domain import addresses


def flaw(url: str, *, allow_loopback: bool) -> str | None:
    """Answer what is wrong with a URL and what to do about it, or None."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "This is not a URL. Write https://host/path."
    if not host or not url.isascii():
        return "The URL names no host in ASCII. Write https://host/path, international names in their xn-- form."
    if parts.username is not None or parts.password is not None:
        return "The URL carries a user or a password. Leave them out: the signature proves who sends."
    if parts.fragment:
        return "The URL carries a fragment, which is never sent. Leave it out."
    return _wrong_scheme(parts.scheme, host, allow_loopback) or _wrong_host(host, allow_loopback)


def _wrong_scheme(scheme: str, host: str, allow_loopback: bool) -> str | None:
    if scheme == "https" or (scheme == "http" and allow_loopback and _is_here(host)):
        return None
    return "Webhooks are sent to https only."


def _wrong_host(host: str, allow_loopback: bool) -> str | None:
    if _is_here(host):
        return None if allow_loopback else "The URL leads to the hub's own machine."
    if ":" in host or _ends_in_number(host):
        kind = addresses.refusal(host, allow_loopback=allow_loopback)
        return kind and f"The address is no public one ({kind})."
    return None


def _is_here(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or addresses.is_loopback(host)


def _ends_in_number(host: str) -> bool:
    """Say whether a resolver would take the host for an IPv4 address, in whatever spelling: 127.1, 0x7f.1, 0177.1."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")
