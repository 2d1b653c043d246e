"""
Where a webhook may go.
"""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway import receivers


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
        ),
        *("100.100.100.200", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::7f00:1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo of 127.0.0.1
    ],
)
def test_inside_addresses(address: str):
    """
    Loopback, private, shared, link-local (where clouds keep metadata), multicast, reserved; however they are wrapped.
    """
    assert not receivers.is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str):
    """
    What everybody can reach may be reached.
    """
    assert receivers.is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "ci.example", "http://ci.example/x", "ftp://ci.example", "https://", "https:///x", "//ci.example"),
        *("https://user@ci.example", "https://a:b@ci.example", "https://ci.example/#x", "https://ci.example:0/"),
        *("https://ci.example:99999/", "https://ci.example/ü", "https://ci.example/ x", "https://ci.example/\n"),
        *("https://localhost/", "https://a.localhost/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8/"),
        *("https://169.254.169.254/latest/meta-data", "https://[::ffff:127.0.0.1]/", "javascript:alert(1)"),
        "https://ci.example/" + "x" * 2_000,
    ],
)
def test_where_none_goes(url: str):
    """
    What is no https URL, what names who sends, and what leads inside is refused in a sentence.
    """
    with pytest.raises(ValueError, match=r"it has to be|it leads inside"):
        receivers.check(url, inside=False)


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://ci.example/hooks?x=1", False),
        ("https://8.8.8.8:8443/", False),
        ("http://127.0.0.1:8080/hook", True),
        ("http://ci.internal/", True),
    ],
)
def test_where_one_goes(url: str, inside: bool):
    """
    A public https URL; inside ones, and plain http, where an operator says so.
    """
    receivers.check(url, inside=inside)
