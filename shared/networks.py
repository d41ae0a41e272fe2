"""Networks in CIDR notation, as an operator writes them in a setting."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Parse networks in CIDR notation, separated by commas. Raise ValueError if one is wrong or has host bits set."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def require_networks(text: str) -> str:
    """Return the text of a setting with networks. Raise ValueError with the expected form if one is wrong."""
    try:
        parse_networks(text)
    except ValueError:
        raise ValueError("networks in CIDR notation without host bits, separated by commas") from None
    return text
