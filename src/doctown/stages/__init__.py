"""Carries nouns between the stages and the draft: each function here runs one stage and keeps what came of it.

No stage knows the draft, and the draft knows no stage; what is between them is here, in batches, each batch kept
whole or not at all, so that a build that is killed goes on where it was. `pipeline` decides the order.
"""

from __future__ import annotations

from doctown.stages.assembling import Assembly, assemble
from doctown.stages.assembling_elsewhere import assembler
from doctown.stages.common import Intake, Notes, access, code, file_name, reading
from doctown.stages.documenting import document
from doctown.stages.embedding import check_embedder, embed
from doctown.stages.ingesting import Bounds, ingest
from doctown.stages.loading import load
from doctown.stages.writing import estimate, model_name, write

__all__ = [
    "Assembly",
    "Bounds",
    "Intake",
    "Notes",
    "access",
    "assemble",
    "assembler",
    "check_embedder",
    "code",
    "document",
    "embed",
    "estimate",
    "file_name",
    "ingest",
    "load",
    "model_name",
    "reading",
    "write",
]
