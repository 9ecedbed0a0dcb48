"""The model that the settings name, as whatever writes documentation needs it.

What is asked is decided elsewhere; here is only who is asked, where replies are kept, and for how much money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctown.errors import InputError
from doctown.settings import Settings

if TYPE_CHECKING:
    from doctown.generate.llm.client import Client
    from doctown.generate.llm.endpoint import Endpoint


def model_configured(settings: Settings) -> bool:
    """Whether the settings say where a model is: a key for OpenAI's own, or an address that may need none."""
    return bool(settings.openai_api_key or settings.openai_base_url or settings.generation_url)


def endpoint(settings: Settings, name: str = "") -> Endpoint:
    """Where the model is, `name` in place of the settings' own. Raises InputError for an address that cannot be used,
    or where nothing says which server is meant."""
    from doctown.generate.llm.contract import Prices  # noqa: PLC0415 - loads the HTTP client, wanted only here
    from doctown.generate.llm.endpoint import OPENAI, Endpoint  # noqa: PLC0415 - as above

    if not model_configured(settings):
        raise InputError(
            "no model is configured", "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that wants no key"
        )
    elsewhere = settings.generation_url.rstrip("/")  # the Generation service passes questions on, with its own key
    return Endpoint(
        model=name or settings.model_name,
        url=f"{elsewhere}/v1" if elsewhere else settings.openai_base_url or OPENAI,
        key=settings.api_token if elsewhere else settings.openai_api_key,
        own=bool(elsewhere),
        concurrency=settings.max_concurrent_requests,
        prices=Prices(tokens_in=settings.input_token_price, tokens_out=settings.output_token_price),
        proxy=settings.proxy,
        ca_bundle=settings.ca_bundle,
    )


def open_model(settings: Settings, *, name: str = "", max_cost: float | None = None) -> Client:
    """A client of the model, with the replies that are kept in the cache folder. `max_cost`: US dollars that it may
    spend (None: any). Raises InputError as `endpoint`, or if the cache folder cannot be made."""
    from doctown.generate.llm.client import Client  # noqa: PLC0415 - loads the HTTP client, wanted only here
    from doctown.generate.llm.replies import Replies  # noqa: PLC0415 - as above

    return Client(endpoint(settings, name), Replies(settings.cache), cap=max_cost)
