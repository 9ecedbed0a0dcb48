"""Git URLs: which addresses count as public, and that a URL is put together anew from its parts."""

from __future__ import annotations

import pytest

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Access
from doctown.ingest.fetch.url import addresses, is_public, parse_git_url, without_credentials


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_private_and_reserved_addresses_are_not_public(address: str) -> None:
    """Loopback, private, link-local (where clouds keep credentials), reserved, and IPv6 forms that wrap them."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "140.82.121.4", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    """The guard does not stand in the way of real hosts."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]", "localhost."]
)
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    """The spellings of an address that resolvers accept lead to the same refusal."""
    access = Access()
    with pytest.raises(InputError, match=r"private or reserved|cannot be found"):
        addresses(parse_git_url(f"https://{host}/a/b", access), access)


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address could be connected to at either, so it is refused."""
    found = [(2, 1, 6, "", ("1.1.1.1", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(InputError, match=r"10\.0\.0\.1"):
        addresses(parse_git_url("https://example.org/a", Access()), Access())


def test_proxy_resolves_names_but_no_address_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy a name is left to it, and an address that stands in the URL is judged all the same."""
    access = Access(proxy="http://proxy.example.org:3128")
    monkeypatch.setattr("socket.getaddrinfo", lambda host, *_, **__: [(2, 1, 6, "", (host, 443))])
    assert addresses(parse_git_url("https://example.org/a", access), access) == []
    with pytest.raises(InputError, match="private or reserved"):
        addresses(parse_git_url("https://169.254.169.254/a", access), access)


@pytest.mark.parametrize(
    ("spec", "text", "name"),
    [
        ("HTTPS://Example.ORG/a/b.git", "https://example.org/a/b.git", "b"),
        ("https://user:p%40ss@example.org:443/a/b/", "https://example.org/a/b/", "b"),
        ("https://example.org:8443/a/b", "https://example.org:8443/a/b", "b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4", "ä"),
        ("https://[2606:4700:0:0::1111]/a", "https://[2606:4700::1111]/a", "a"),
        ("https://example.org/a%0Ab", "https://example.org/a%0Ab", "a_b"),
    ],
)
def test_urls_are_rebuilt_without_credentials(spec: str, text: str, name: str) -> None:
    """What Git gets and what is shown is one normal form without user and password."""
    url = parse_git_url(spec, Access())
    assert url.text == text
    assert url.name == name


@pytest.mark.parametrize("password", ["pw", "p/w", "p?w", "p#w", "p@w", "p\nw"])
def test_credentials_never_show(password: str) -> None:
    """Even a malformed URL is shown without its password."""
    assert "w" not in without_credentials(f"https://u:{password}@example.org/a")
