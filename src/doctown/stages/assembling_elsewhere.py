"""Has the facts in the draft assembled by the Assembly service, and keeps what comes back as if it were from here."""

from __future__ import annotations

from collections.abc import Callable

from doctown import facts as codec
from doctown.assemble.resolve import build_index, module_names
from doctown.docpack.draft import Draft
from doctown.model import Progress
from doctown.settings import Settings
from doctown.stages.assembling import Assembly, assemble, numbered
from doctown.stages.common import Intake, Listener, Notes
from doctown.stages.entering import find


def assemble_elsewhere(draft: Draft, intake: Intake, settings: Settings, notes: Notes, listener: Listener) -> Assembly:
    """As `assembling.assemble`, in the service at `settings.assembly_url`. Symbols whose vectors lie near are still
    sought here, since only their vectors would have to travel for it. Raises DoctownError if the service fails."""
    from doctown.assemble import wire  # noqa: PLC0415 - loads the HTTP client, wanted only here
    from doctown.assemble.remote import assemble_at  # noqa: PLC0415 - as above

    with notes.timed("assemble"):
        symbols = draft.symbols()
        ids = numbered(symbols, codec.decode_late(intake.facts.values()))
        modules = module_names(draft.artifacts())
        facts = tuple(blob for _, blob in sorted(intake.facts.items()))
        listener(Progress(stage="assemble", done=0, total=len(facts)))
        order = wire.Order(
            job_id="build",
            files=tuple(draft.files()),
            ids={path: tuple(numbers) for path, numbers in ids.items()},
            facts=facts,
            modules=modules,
        )
        graph = assemble_at(settings.assembly_url, order, token=settings.api_token)
        draft.clear("edges", "unresolved")
        with draft.batch():
            draft.add_edges(graph.edges)
            draft.add_unresolved(graph.unresolved)
        # Routes are told by what stands in the text, which does not travel.
        find(draft, build_index(codec.decode_late(facts), ids, modules))
        draft.set_ranks(graph.centrality)
        draft.set_clusters(graph.clusters)
        listener(Progress(stage="assemble", done=len(facts), total=len(facts)))
        return Assembly(
            symbols=symbols, graph=draft.edges(), clusters=graph.clusters, centrality=dict(graph.centrality),
            concerned=None,
        )  # fmt: skip


def assembler(settings: Settings) -> Callable[[Draft, Intake, Notes, Listener], Assembly]:
    """What assembles: the service, where the settings name one, or this process."""
    if not settings.assembly_url:
        return assemble
    return lambda draft, intake, notes, listener: assemble_elsewhere(draft, intake, settings, notes, listener)
