"""Where a model is and what it costs: checked once, before anything is sent there.

The address is the operator's own, so any host is allowed, this machine's too. A key is only sent encrypted or within
this machine, and no message names more of an address than its host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from doctown.errors import InputError
from doctown.generate.llm.contract import Prices

OPENAI: Final = "https://api.openai.com/v1"
_MEND: Final = "set OPENAI_BASE_URL to an address as in http://127.0.0.1:8191/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model at a server. Raises InputError, when made, for an address that cannot be one or that would show the key
    to everybody on the way."""

    model: str
    url: str = field(default=OPENAI, repr=False)  # ends before /chat/completions
    key: str = field(default="", repr=False)  # empty for a server that wants none
    concurrency: int = 10
    prices: Prices = Prices(tokens_in=0.15, tokens_out=0.60)
    proxy: str = field(default="", repr=False)  # for https to other machines
    ca_bundle: str = ""
    own: bool = False  # a service of the operator's, on a network of the operator's: its token may travel unencrypted

    def __post_init__(self) -> None:
        """Checks the address."""
        try:
            parsed = urlsplit(self.url)  # notices brackets that httpx takes for a host
            url = httpx.URL(self.url)
            host = url.host
            _ = parsed.port
        except (httpx.InvalidURL, ValueError) as error:
            raise InputError("the model's address is no URL", _MEND) from error
        if url.scheme not in {"http", "https"} or not host:
            raise InputError("the model's address is no http or https URL", _MEND)
        if url.userinfo or url.query or url.fragment:
            raise InputError(
                "the model's address holds credentials, a query or a fragment", "put a key into OPENAI_API_KEY"
            )
        if self.key and url.scheme == "http" and not self.loopback and not self.own:
            raise InputError(
                f"the key would travel to {host} unencrypted",
                "use https, or unset OPENAI_API_KEY if the server wants none",
            )
        if not self.model:
            raise InputError("no model is named", "set MODEL_NAME, or give one with --model")

    @property
    def host(self) -> str:
        """The server's name; every name of this machine is the same."""
        return "loopback" if self.loopback else httpx.URL(self.url).host

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        host = httpx.URL(self.url).host
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    @property
    def completions(self) -> str:
        """The address that is asked. An operator may have given it whole."""
        base = self.url.rstrip("/")
        return base if base.endswith("/chat/completions") else f"{base}/chat/completions"
