"""What is told of a run's progress, in which order."""

from __future__ import annotations

from doctown.jobs.events import Narrator


def told(*steps: tuple[str, int, int, dict[str, int]]) -> list[str]:
    """Types of the events that these steps make, without the version."""
    narrator = Narrator()
    found = [
        happening.type.removesuffix(".v1")
        for stage, done, total, counts in steps
        for happening in narrator.progress(stage, done, total, "", counts)
    ]
    return found + [happening.type.removesuffix(".v1") for happening in narrator.end("success")]


def test_embedding_may_begin_while_files_are_read() -> None:
    """Both stages are at work then: reading goes on to be told of, and each begins and ends once."""
    assert told(
        ("ingest", 16, 40, {}),
        ("embed", 0, 0, {}),
        ("ingest", 32, 40, {}),
        ("embed", 64, 0, {}),
        ("ingest", 40, 40, {}),
        ("ingest", 0, 0, {"skipped: binary": 2, "chunks": 100}),
        ("embed", 100, 100, {}),
        ("assemble", 40, 40, {}),
        ("pack", 0, 1, {}),
    ) == [
        "ingest.started", "ingest.file_detected",
        "embedding.started", "embedding.batch_started",
        "ingest.file_detected", "embedding.batch_completed", "ingest.file_detected",
        "ingest.file_skipped", "ingest.chunk_created", "ingest.completed",
        "embedding.batch_completed", "embedding.completed",
        "assembly.started", "assembly.completed",
        "pack.started", "pack.completed",
    ]  # fmt: skip


def test_reading_that_is_over_before_embedding_begins_ends_before_it() -> None:
    """A small source: the stages follow each other, whether or not anything was counted."""
    order = ["ingest.started", "ingest.file_detected", "ingest.completed", "embedding.started"]
    counted = told(("ingest", 2, 2, {}), ("ingest", 0, 0, {"chunks": 3}), ("embed", 3, 3, {}))
    assert [one for one in counted if one in order] == order
    straight = told(("ingest", 2, 2, {}), ("assemble", 2, 2, {}))
    assert straight == [*order[:3], "assembly.started", "assembly.completed"]


def test_what_reading_found_is_told_at_its_end_beside_embedding() -> None:
    """The counts of one stage are not told of another that is at work."""
    narrator = Narrator()
    happenings = [
        happening
        for step in (
            ("ingest", 40, 40, "", {}), ("embed", 64, 0, "", {}), ("ingest", 0, 0, "", {"chunks": 100}),
            ("embed", 100, 100, "", {}),
        )
        for happening in narrator.progress(*step)
    ]  # fmt: skip
    happenings += narrator.end("failed", ("the service is away",))
    ends = {one.type: (one.status, dict(one.payload)) for one in happenings if ".completed" in one.type}
    assert ends == {
        "ingest.completed.v1": ("success", {"done": 40, "total": 40, "chunks": 100}),
        "embedding.completed.v1": ("failed", {"done": 100, "total": 100}),
    }


def test_what_writing_costs_is_told_while_it_costs() -> None:
    """Whoever watches a job sees the price grow, and can cancel before it is all spent; its end tells the sum."""
    narrator = Narrator()
    happenings = [*narrator.progress("generate", 2, 9, "model", {"microdollars": 1_250})]
    happenings += [*narrator.progress("generate", 9, 9, "model", {"microdollars": 30_000}), *narrator.end("success")]
    assert [(one.type, one.payload.get("total_cost")) for one in happenings] == [
        ("generation.started.v1", None),
        ("generation.symbol_documented.v1", 0.00125),
        ("generation.symbol_documented.v1", 0.03),
        ("generation.completed.v1", 0.03),
    ]
