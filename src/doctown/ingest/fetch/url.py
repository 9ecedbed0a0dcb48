"""Git URLs: taken apart, judged, put together anew without credentials, and their host's addresses looked up once.

The URL given to Git is rebuilt from its parts, so Git cannot read it differently than we did; the addresses that
were judged are the ones that it is pinned to. Fetching is left to `git`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import urllib.parse
from dataclasses import dataclass, field

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Access

_KNOWN = ("https", "http")
_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"^(?!-)[A-Za-z0-9._-]{1,253}$")
_SAFE = "/%:@!$&'()*+,;=~-._"
_HTTPS_MEND = "use the https:// URL of the repository"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class GitUrl:
    """A judged URL. `text` carries no credentials."""

    text: str
    scheme: str
    host: str  # lower case, ASCII; an IPv6 address without brackets
    port: int
    path: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a person calls the repository: the last part of its path."""
        last = urllib.parse.unquote(self.path.rstrip("/").rpartition("/")[2]).removesuffix(".git")
        return re.sub(r"[\x00-\x1f\x7f-\x9f/\\]", "_", last) or self.host

    @property
    def authority(self) -> str:
        """`host` or `host:port`, as credential helpers and URLs write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def without_credentials(spec: str) -> str:
    """A URL as it may be shown, whatever is wrong with it."""
    # Up to the last `@`: a password may hold a slash or a question mark, though it should not.
    return re.sub(r"//.*@", "//", spec, flags=re.DOTALL).partition("?")[0].partition("#")[0]


def parse_git_url(spec: str, access: Access) -> GitUrl:
    """The parts of a Git URL. Raises InputError for a protocol that is not allowed and for what no URL should have."""
    scheme, _, _ = spec.partition("://")
    scheme = scheme.lower()
    allowed = [name for name in access.protocols if name in _KNOWN]
    if scheme not in allowed:
        raise InputError(f"{scheme}:// URLs are not allowed here, only {' and '.join(allowed)}", _HTTPS_MEND)
    if re.search(r"[\x00-\x20\x7f\\]", spec):
        raise InputError("the URL has a blank, a backslash or a control character", _HTTPS_MEND)
    if "?" in spec or "#" in spec:
        raise InputError(
            f"{without_credentials(spec)} was given with a query or a fragment",
            "leave them out, and put a token into DOCTOWN_GIT_TOKEN",
        )
    try:
        parts = urllib.parse.urlsplit(spec)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or _PORTS[scheme]
        if ":" in host:
            host = ipaddress.IPv6Address(host).compressed
        elif not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:
        raise InputError(f"{without_credentials(spec)} is not a valid URL", _HTTPS_MEND) from None
    if ":" not in host and not _HOST.match(host):
        raise InputError(f"{without_credentials(spec)} names no valid host", _HTTPS_MEND)
    path = urllib.parse.quote(parts.path, safe=_SAFE)
    if not path.strip("/"):
        raise InputError(f"{without_credentials(spec)} names a host, not a repository", _HTTPS_MEND)
    user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
    if any(ord(letter) < 32 for letter in user + password):
        raise InputError("the URL's credentials hold a control character", "put a token into DOCTOWN_GIT_TOKEN")
    url = GitUrl("", scheme, host, port, path, user, password)
    return GitUrl(f"{scheme}://{url.authority}{path}", scheme, host, port, path, user, password)


def addresses(url: GitUrl, access: Access) -> list[str]:
    """The host's addresses, each as text. Raises InputError if there are none, or if one of them is private and
    that is not allowed. Through a proxy, which looks names up itself, only an address written out is judged."""
    try:
        literal = ipaddress.ip_address(url.host)
    except ValueError:
        literal = None
    if access.proxy and literal is None:
        return []
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InputError(f"the host {url.host} cannot be found", "check the URL and the network") from None
    texts = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
    for text in texts:
        if not access.allow_private_addresses and not is_public(text):
            raise InputError(
                f"{url.host} has the private or reserved address {text}",
                "the operator may allow such hosts in the settings",
            )
    return texts


def is_public(text: str) -> bool:
    """Whether an address lies on the public network, looking through the forms that wrap an IPv4 address in IPv6."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if wrapped is None and address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
