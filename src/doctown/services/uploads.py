"""An archive that a client sends with its order: into a file of ours, under a digest; nobody looks into it here."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from doctown.jobs.nouns import HIGHEST, LOWEST, USUAL
from doctown.services.wire import Refused

MEDIA: Final = "multipart/form-data"
_NAME_BYTES: Final = 200
_SENDS: Final = "send a form with a file named archive: curl -F archive=@FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form with an archive."""

    file: Path  # whoever gets this removes it
    digest: str  # sha256 of the archive
    name: str  # its own file name, made safe
    options: str  # JSON
    priority: int
    force: bool


async def receive(request: Request, most: int, folder: Path) -> Sent:
    """The form in a request, its archive as a file in `folder`. Raises Refused."""
    try:
        form = await request.form(max_files=1, max_fields=16, max_part_size=65_536)
    except HTTPException as error:  # what the framework makes of a form that its parser cannot read
        raise Refused(422, f"the form cannot be read: {error.detail}", _SENDS, field="archive") from None
    async with _closing(form):
        archive = form.get("archive")
        if not isinstance(archive, UploadFile):
            raise Refused(422, "archive is missing", _SENDS, field="archive")
        if archive.size is not None and archive.size > most:
            raise Refused(413, f"the archive is longer than {most} bytes", "raise DOCTOWN_MAX_UPLOAD")
        options = form.get("options", "{}")
        force = str(form.get("force", "false")).lower()
        if force not in ("true", "false", "1", "0"):
            raise Refused(422, "force is neither true nor false", "send true or false", field="force")
        file, digest = await run_in_threadpool(_keep, archive, folder)
        return Sent(
            file=file, digest=digest, name=safe_name(archive.filename or ""), options=str(options or "{}"),
            priority=_priority(form.get("priority", str(USUAL))), force=force in ("true", "1"),
        )  # fmt: skip


def _closing(form: object) -> _Closing:
    return _Closing(form)


class _Closing:
    def __init__(self, form: object) -> None:
        self._form = form

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        await self._form.close()  # type: ignore[attr-defined]


def _keep(archive: UploadFile, folder: Path) -> tuple[Path, str]:
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as file:
        archive.file.seek(0)
        shutil.copyfileobj(archive.file, file, 1 << 20)
        file.seek(0)
    with Path(file.name).open("rb") as written:
        return Path(file.name), hashlib.file_digest(written, "sha256").hexdigest()


def _priority(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and HIGHEST <= int(text) <= LOWEST):
        raise Refused(422, f"priority is {text[:40]!r}", f"give {HIGHEST} to {LOWEST}", field="priority")
    return int(text)


def safe_name(name: str) -> str:
    """A file name from one that a client sent: its last part, without what a file system or a person trips over."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*' else "-" for c in last).strip()
    cut = clean.encode("utf-8", "ignore")[-_NAME_BYTES:].decode("utf-8", "ignore")
    return cut if cut.strip(".") else "archive"
