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
    embedding_device: str = "cpu"  # DOCTOWN_EMBEDDING_DEVICE: cpu or cuda, for the Embedding service
    embedding_url: str = ""  # EMBEDDING_URL: embed there instead of in this process; comma-separated where several do
    workers: int = 0  # DOCTOWN_WORKERS: parsing processes; 0: one per processor
    for_clients: bool = False  # set by the job worker: the source was named by a client of the HTTP API
    assembly_url: str = ""  # ASSEMBLY_URL: assemble there instead of in this process
    generation_url: str = ""  # GENERATION_URL: ask the model there instead of from this process
    api_token: str = field(default="", repr=False)  # DOCTOWN_API_TOKEN: what clients of the services must show
    allowed_hosts: tuple[str, ...] = ()  # DOCTOWN_ALLOWED_HOSTS: names that the services answer to, beside loopback
    data: Path = Path()  # DOCTOWN_DATA, else $XDG_DATA_HOME/doctown, else ~/.local/share/doctown
    database_url: str = field(default="", repr=False)  # DOCTOWN_DATABASE_URL; empty: SQLite files in `data`
    store_url: str = ""  # DOCTOWN_STORE_URL; empty: a folder in `data`
    store_options: Mapping[str, str] = field(default_factory=dict, repr=False)  # AWS_…, by the names obstore gives them
    max_jobs: int = 2  # DOCTOWN_MAX_JOBS: builds at a time in one Builder
    max_queue: int = 1000  # DOCTOWN_MAX_QUEUE: jobs that may wait
    job_timeout: int = 7200  # DOCTOWN_JOB_TIMEOUT: seconds for one job
    retention_days: int = 30  # DOCTOWN_RETENTION_DAYS: how long ended jobs and their packs are kept
    max_upload: int = 512 * 1024 * 1024  # DOCTOWN_MAX_UPLOAD: bytes of an archive that is sent
    otlp_endpoint: str = ""  # OTEL_EXPORTER_OTLP_ENDPOINT: where traces go
    openai_api_key: str = field(default="", repr=False)  # OPENAI_API_KEY: reaches the model's server and nothing else
    openai_base_url: str = field(default="", repr=False)  # OPENAI_BASE_URL: any server that speaks this protocol
    model_name: str = "gpt-5-nano"  # MODEL_NAME
    max_concurrent_requests: int = 10  # MAX_CONCURRENT_REQUESTS: at most so many questions to a model at a time
    input_token_price: float = 0.15  # INPUT_TOKEN_PRICE: US dollars for a million tokens
    output_token_price: float = 0.60  # OUTPUT_TOKEN_PRICE: likewise
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # for pip, npm and git; without our keys


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
        embedding_device=env.get("DOCTOWN_EMBEDDING_DEVICE", "").strip() or "cpu",
        embedding_url=env.get("EMBEDDING_URL", ""),
        workers=_count(env, "DOCTOWN_WORKERS"),
        assembly_url=env.get("ASSEMBLY_URL", ""),
        generation_url=env.get("GENERATION_URL", ""),
        api_token=env.get("DOCTOWN_API_TOKEN", ""),
        allowed_hosts=tuple(filter(None, (h.strip() for h in env.get("DOCTOWN_ALLOWED_HOSTS", "").split(",")))),
        data=_data(env),
        database_url=env.get("DOCTOWN_DATABASE_URL", ""),
        store_url=env.get("DOCTOWN_STORE_URL", ""),
        store_options={option: env[name] for name, option in _STORE_OPTIONS.items() if env.get(name)},
        max_jobs=_positive(env, "DOCTOWN_MAX_JOBS", 2),
        max_queue=_positive(env, "DOCTOWN_MAX_QUEUE", 1000),
        job_timeout=_positive(env, "DOCTOWN_JOB_TIMEOUT", 7200),
        retention_days=_positive(env, "DOCTOWN_RETENTION_DAYS", 30),
        max_upload=_positive(env, "DOCTOWN_MAX_UPLOAD", 512 * 1024 * 1024),
        otlp_endpoint=env.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        openai_api_key=_key(env, "OPENAI_API_KEY"),
        openai_base_url=env.get("OPENAI_BASE_URL", "").strip(),
        model_name=env.get("MODEL_NAME", "").strip() or "gpt-5-nano",
        max_concurrent_requests=_concurrency(env, "MAX_CONCURRENT_REQUESTS", 10),
        input_token_price=_price(env, "INPUT_TOKEN_PRICE", 0.15),
        output_token_price=_price(env, "OUTPUT_TOKEN_PRICE", 0.60),
        environment={name: value for name, value in env.items() if name not in _WITHHELD},
    )


def _cache(env: Mapping[str, str]) -> Path:
    if env.get("DOCTOWN_CACHE"):
        return Path(env["DOCTOWN_CACHE"])
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(env.get("HOME") or Path.home()) / ".cache") / "doctown"


_WITHHELD = frozenset(
    {"OPENAI_API_KEY", "DOCTOWN_API_TOKEN", "DOCTOWN_DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
)
_STORE_OPTIONS = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
    "AWS_REGION": "region",
    "AWS_ENDPOINT_URL": "endpoint",
}


def _data(env: Mapping[str, str]) -> Path:
    if env.get("DOCTOWN_DATA"):
        return Path(env["DOCTOWN_DATA"])
    base = env.get("XDG_DATA_HOME")
    return (Path(base) if base else Path(env.get("HOME") or Path.home()) / ".local" / "share") / "doctown"


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if value and not (value.isascii() and value.isdigit() and 0 < int(value[:18]) < 10**15):
        raise InputError(f"{name} is {value!r}", "set it to a number above 0")
    return int(value or default)


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


def _key(env: Mapping[str, str], name: str) -> str:
    """A secret that travels in an HTTP header. What is wrong with it is said without showing it."""
    value = env.get(name, "").strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise InputError(f"{name} holds characters that no key has", "copy it again, without blanks or line ends")
    return value


def _concurrency(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip() or str(default)
    if not value.isdecimal() or not value.isascii() or not 1 <= int(value[:5]) <= 1000 or len(value) > 4:
        raise InputError(f"{name} is {value[:40]!r}", "set it to a number from 1 to 1000")
    return int(value)


def _price(env: Mapping[str, str], name: str, default: float) -> float:
    value = env.get(name, "").strip() or str(default)
    try:
        price = float(value)
    except ValueError:
        price = -1.0
    if not 0 <= price <= 1_000_000:  # false for `nan` too
        raise InputError(f"{name} is {value[:40]!r}", "set it to US dollars for a million tokens, as in 0.15")
    return price
