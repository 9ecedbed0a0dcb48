"""Speaks as `doctown.jobs.child` does and builds nothing: what it does is named by the order's URL."""

import json
import os
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

task = json.loads(sys.stdin.readline())
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(9)), daemon=True).start()
folder = Path(task["folder"])
what = task["order"]["repo_url"].rpartition("/")[2]


def say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


def progress(stage: str, done: int, total: int) -> None:
    say({"progress": {"stage": stage, "done": done, "total": total, "note": "", "counts": {}}})


with (folder.parent / "pids").open("a") as pids:
    pids.write(f"{os.getpid()}\n")
progress("fetch", 0, 0)
if task.get("estimate"):
    say({"estimate": {"usd": 0.0}})
    sys.exit(0)
progress("ingest", 1, 2)
if what == "refused":
    say({"error": {"cause": "there is nothing there", "mend": "look elsewhere", "input": True}})
    sys.exit(2)
if what == "crash" or (what == "crash-once" and not (folder / "crashed").exists()):
    (folder / "crashed").touch()
    progress("embed", 1, 2)
    os._exit(11)
if what == "babble":
    print("this is no JSON", flush=True)
if what == "endless":
    print("x" * 100_000, end="", flush=True)
    time.sleep(60)
if what.startswith("slow"):
    time.sleep(float(what.removeprefix("slow-")))
progress("ingest", 2, 2)
progress("assemble", 1, 1)
progress("pack", 1, 1)
pack = folder / "build.docpack"
pack.write_bytes(b"a docpack")
say(
    {
        "report": {
            "pack": str(pack), "docpack_id": sha256(what.encode()).hexdigest(), "seconds": 0.1, "statistics": {},
            "skipped": {}, "warnings": [], "partial": what == "partial", "begun": "",
        }
    }
)  # fmt: skip
