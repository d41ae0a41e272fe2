"""The URLs that a party may name for its webhooks. The addresses of a host name are checked at each attempt."""

from urllib.parse import SplitResult, urlsplit

from services.notifications.domain import allowed_addresses
from services.notifications.domain.allowed_addresses import AllowedAddresses


def find_fault(url: str, allowed: AllowedAddresses) -> str | None:
    """Return what is wrong with a URL and how to correct it, or None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This is not a URL. Write https://host/path."
    return (
        _syntax_fault(url, parts, host, port)
        or _scheme_fault(parts.scheme, host, allowed)
        or _host_fault(host, allowed)
    )


def _syntax_fault(url: str, parts: SplitResult, host: str, port: int | None) -> str | None:
    faults = (
        (
            not host or not host.isascii(),
            "The URL has no host in ASCII. Send https://host/path, with an international name in its xn-- form.",
        ),
        (
            not (url.isascii() and url.isprintable()),
            "The URL has characters that are not ASCII. Send them percent-encoded, such as %C3%A9.",
        ),
        (port == 0, "No receiver has port 0. Send the port of your receiver, or none."),
        (
            parts.username is not None or parts.password is not None,
            "The URL has a user or a password. Leave them out: the signature proves the sender.",
        ),
        ("#" in url, "The URL has a fragment, which HTTP does not send. Leave it out."),
        (url.partition("?")[1:] == ("?", ""), "The URL ends with an empty query. Leave out the question mark."),
    )
    return next((message for wrong, message in faults if wrong), None)


def _scheme_fault(scheme: str, host: str, allowed: AllowedAddresses) -> str | None:
    """Return the fault of an http URL that cannot lead to an allowed network. Attempts check host names again."""
    if scheme == "https" or (scheme == "http" and _may_use_http(host, allowed)):
        return None
    return "The hub sends webhooks to https only. Send an address that begins with https://."


def _may_use_http(host: str, allowed: AllowedAddresses) -> bool:
    if _is_own_machine(host):
        return allowed.loopback or allowed.contains(host)
    return allowed.contains(host) if _is_address(host) else bool(allowed.networks)


def _host_fault(host: str, allowed: AllowedAddresses) -> str | None:
    if _is_own_machine(host):
        return (
            None
            if allowed.loopback or allowed.contains(host)
            else "The URL leads to the machine of the hub. Send an address that the public network reaches."
        )
    if _is_address(host):
        kind = allowed_addresses.refusal_reason(host, allowed)
        return kind and f"The address is not public ({kind}). Send an address that the public network reaches."
    return None


def _is_address(host: str) -> bool:
    return ":" in host or _ends_in_number(host)


def is_allowed_by_operator(url: str, allowed: AllowedAddresses) -> bool:
    """Return whether a URL's host is this machine or an address that the operator allows, without a look-up."""
    host = urlsplit(url).hostname or ""
    return _is_own_machine(host) or allowed.contains(host)


def _is_own_machine(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or allowed_addresses.is_loopback(host)


def _ends_in_number(host: str) -> bool:
    """Return whether a resolver would read the host as an IPv4 address in any notation: 127.1, 0x7f.1, 0177.1."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")
