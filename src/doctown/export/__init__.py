"""What leaves a pack for other uses: a site for any static host, Markdown, llms.txt, the docpack/1.0 bundle, JSON.

`export` writes any of them, whole or not at all. Nothing heavy is imported before it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from doctown.errors import InputError

FORMS = ("site", "markdown", "llms-txt", "bundle", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    destination: str
    form: str
    pages: int  # pages of HTML, or Markdown where there is no HTML; 0 for a bundle and JSON
    files: int
    bytes: int


def export(pack: Path, form: str, destination: Path, *, base_url: str = "", since: Path | None = None) -> Exported:
    """Writes the pack in a form to a folder (site, markdown, llms-txt) or a file (bundle, json).

    An earlier export there is replaced; anything else is left alone: InputError. `base_url`, for a sitemap, is the
    `https` address that the site will have; `since`, a pack whose changes since then the site tells.
    """
    if form == "site":
        from doctown.export.site import write_site  # noqa: PLC0415 - loads templates and highlighting

        return write_site(pack, destination, base_url=base_url, since=since)
    if base_url or since is not None:
        raise InputError(f"--base-url and --since say nothing to {form}", "leave them out, or export --to site")
    if form == "markdown":
        from doctown.export.markdown import write_markdown  # noqa: PLC0415

        return write_markdown(pack, destination)
    if form == "llms-txt":
        from doctown.export.llms import write_llms  # noqa: PLC0415

        return write_llms(pack, destination)
    if form == "bundle":
        from doctown.export.bundle import write_bundle  # noqa: PLC0415

        return write_bundle(pack, destination)
    if form == "json":
        from doctown.export.records import write_json  # noqa: PLC0415

        return write_json(pack, destination)
    raise InputError(f"{form!r} is no form of export", f"use one of {', '.join(FORMS)}")
