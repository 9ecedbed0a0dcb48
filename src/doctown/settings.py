"""The one place that reads the environment, once, into a frozen `Settings` that the composition root hands on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from doctown.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Every field names the variable it comes from."""

    cache: Path  # DOCTOWN_CACHE, else $XDG_CACHE_HOME/doctown, else ~/.cache/doctown
    git_token: str = field(default="", repr=False)  # DOCTOWN_GIT_TOKEN: for private repositories over HTTPS
    git_user: str = ""  # DOCTOWN_GIT_USER: the user name beside it, where a host wants one
    git_token_hosts: tuple[str, ...] = ()  # DOCTOWN_GIT_TOKEN_HOSTS: comma-separated; the only hosts that see the token
    allow_private_addresses: bool = False  # DOCTOWN_ALLOW_PRIVATE_ADDRESSES=1: Git servers on private networks
    proxy: str = field(default="", repr=False)  # HTTPS_PROXY
    ca_bundle: str = ""  # SSL_CERT_FILE, REQUESTS_CA_BUNDLE, PIP_CERT: the first that is set
    pip_index_url: str = field(default="", repr=False)  # PIP_INDEX_URL
    npm_command: str = "npm"  # DOCTOWN_NPM
    embedding_url: str = ""  # EMBEDDING_URL: embed there instead of in this process
    workers: int = 0  # DOCTOWN_WORKERS: parsing processes; 0: one per processor
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # for pip, npm and git themselves


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environment`, by default this process's. Raises InputError for a value that makes no sense."""
    env = dict(os.environ if environment is None else environment)
    return Settings(
        cache=_cache(env),
        git_token=env.get("DOCTOWN_GIT_TOKEN", ""),
        git_user=env.get("DOCTOWN_GIT_USER", ""),
        git_token_hosts=tuple(filter(None, (h.strip() for h in env.get("DOCTOWN_GIT_TOKEN_HOSTS", "").split(",")))),
        allow_private_addresses=_flag(env, "DOCTOWN_ALLOW_PRIVATE_ADDRESSES"),
        proxy=env.get("HTTPS_PROXY") or env.get("https_proxy") or "",
        ca_bundle=env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or env.get("PIP_CERT") or "",
        pip_index_url=env.get("PIP_INDEX_URL", ""),
        npm_command=env.get("DOCTOWN_NPM", "npm"),
        embedding_url=env.get("EMBEDDING_URL", ""),
        workers=_count(env, "DOCTOWN_WORKERS"),
        environment=env,
    )


def _cache(env: Mapping[str, str]) -> Path:
    if env.get("DOCTOWN_CACHE"):
        return Path(env["DOCTOWN_CACHE"])
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(env.get("HOME") or Path.home()) / ".cache") / "doctown"


_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise InputError(f"{name} is {value!r}", "set it to 1 or 0")
    return value in _TRUE


def _count(env: Mapping[str, str], name: str) -> int:
    value = env.get(name, "").strip()
    if value and not value.isdigit():
        raise InputError(f"{name} is {value!r}", "set it to a number, 0 for one per processor")
    return int(value or 0)
