"""The URLs that a party may name for an endpoint."""

import pytest

from services.notifications.domain.allowed_addresses import PUBLIC_ONLY, AllowedAddresses
from services.notifications.domain.endpoint_urls import find_fault
from shared.networks import parse_networks

GOOD = [
    "https://example.com/hook?x=1",
    "https://example.com/?x=1?",
    "https://example.com/??",
    "https://example.com:8443/",
    "https://1.1.1.1/",
    "https://[2606:4700::1111]/",
]
HERE = [
    "http://127.0.0.1:9000/x",
    "http://localhost:1/",
    "https://localhost/",
    "http://[::1]:9/",
    "http://a.localhost/",
]
BAD = [
    "http://example.com/",
    "http://1.1.1.1/",
    "ftp://example.com/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://:secret@example.com/",
    "https:///path",
    "https://example.com/#part",
    "https://example.com/#",
    "https://example.com/hook?",
    "https://example.com/\x7f",
    "https://example.com:99999/",
    "https://[::1/",
    "https://exämple.com/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://127.0.0.1.:80/",
]


@pytest.mark.parametrize("url", GOOD)
def test_https_url_of_a_public_host_is_accepted(url: str) -> None:
    assert find_fault(url, PUBLIC_ONLY) is None


@pytest.mark.parametrize("url", HERE)
def test_url_of_this_machine_is_accepted_if_the_operator_allows_it(url: str) -> None:
    assert find_fault(url, AllowedAddresses(loopback=True)) is None
    assert find_fault(url, PUBLIC_ONLY) is not None


@pytest.mark.parametrize("url", BAD)
def test_url_of_another_kind_is_refused_even_if_loopback_is_allowed(url: str) -> None:
    assert find_fault(url, PUBLIC_ONLY) is not None
    if "127.0.0.1." not in url:
        assert find_fault(url, AllowedAddresses(loopback=True)) is not None


def test_http_url_is_accepted_if_it_may_lead_into_an_allowed_network() -> None:
    reach = AllowedAddresses(networks=parse_networks("10.1.0.0/16"))
    for url in ("http://10.1.2.3:9000/x", "https://10.1.2.3/", "http://partner.internal/"):
        assert find_fault(url, reach) is None
        assert find_fault(url, PUBLIC_ONLY) is not None or url == "https://partner.internal/"
    for url in ("http://10.2.0.1/", "https://10.2.0.1/", "http://1.1.1.1/", "http://167837955/", "http://127.0.0.1/"):
        assert find_fault(url, reach) is not None
