"""Which files of a source are read, and why the others are not, decided before anything of them is read.

`plan` looks at paths and sizes alone. What only the content can tell (binary, minified, generated, the language) is
left to `classify`, reading to `fetch`, the tables of names to `paths`. Nothing disappears: every entry comes out
either as wanted or as a skipped `File` with its reason, in one fixed vocabulary (`Reason`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import splitext

from doctown.ingest import paths
from doctown.ingest.classify import Classified, Reason, classify, header_language, language_of
from doctown.model import Entry, File

__all__ = ["Classified", "Reason", "WalkLimits", "classify", "header_language", "language_of", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkLimits:
    """How much of a source is read. What lies beyond is listed as skipped; the build goes on."""

    max_file_bytes: int = 1 << 20  # bytes of one file
    max_files: int = 50_000  # files read
    max_total_bytes: int = 1 << 30  # bytes read in all
    max_depth: int = 64  # path segments, the file's name included
    max_path_bytes: int = 1_024  # UTF-8 bytes of one path


def plan(entries: Sequence[Entry], limits: WalkLimits) -> tuple[list[Entry], list[File]]:
    """Divide entries into those to read and those skipped, each list ordered by path.

    Every entry ends up in exactly one list, so the two lengths add up to the number of entries. When a cap on the
    number of files or on their bytes is reached, files nearer to the root win, as README and manifests lie there.
    """
    layout = _Layout([entry.path for entry in entries if entry.kind == "file"])
    outputs = _build_outputs(entries)
    wanted: list[Entry] = []
    skipped: list[File] = []
    for entry in entries:
        reason = _reason(entry, limits, layout) or outputs.get(entry.path, "")
        if reason:
            skipped.append(_skip(entry, reason))
        else:
            wanted.append(entry)
    wanted, beyond = _within_caps(wanted, limits)
    skipped += beyond
    return sorted(wanted, key=lambda e: e.path), sorted(skipped, key=lambda f: f.path)


def _skip(entry: Entry, reason: str) -> File:
    return File(path=entry.path, language="", size=entry.size, lines=0, sha256="", status="skipped", reason=reason)


def _within_caps(wanted: list[Entry], limits: WalkLimits) -> tuple[list[Entry], list[File]]:
    if len(wanted) <= limits.max_files and sum(e.size for e in wanted) <= limits.max_total_bytes:
        return wanted, []
    kept: list[Entry] = []
    beyond: list[File] = []
    total = 0
    for entry in sorted(wanted, key=lambda e: (e.path.count("/"), e.path)):
        if len(kept) >= limits.max_files:
            beyond.append(_skip(entry, Reason.FILE_CAP))
        elif total + entry.size > limits.max_total_bytes:
            beyond.append(_skip(entry, Reason.BYTE_CAP))
        else:
            kept.append(entry)
            total += entry.size
    return kept, beyond


_KIND_REASONS = {"symlink": Reason.SYMLINK, "submodule": Reason.SUBMODULE, "special": Reason.SPECIAL}


def _reason(entry: Entry, limits: WalkLimits, layout: _Layout) -> str:
    """Why one entry is not read, from its own path and size and the folders around it; empty if it is read."""
    if entry.kind != "file":
        return _KIND_REASONS[entry.kind]
    if len(entry.path.encode("utf-8", "surrogateescape")) > limits.max_path_bytes:
        return Reason.PATH_CAP
    folders, _, name = entry.path.rpartition("/")
    segments = folders.split("/") if folders else []
    if len(segments) >= limits.max_depth:
        return Reason.DEPTH_CAP
    return layout.folder_reason(folders) or _name_reason(name, entry.size) or _size_reason(entry.size, limits)


def _size_reason(size: int, limits: WalkLimits) -> str:
    return Reason.larger_than(limits.max_file_bytes) if size > limits.max_file_bytes else ""


def _name_reason(name: str, size: int) -> str:
    lower = name.lower()
    suffix = splitext(lower)[1]
    if name in paths.LOCK_FILES or paths.LOCK_PATTERN.fullmatch(name):
        return Reason.LOCK
    if suffix in paths.TRANSLATION_SUFFIXES:
        return Reason.TRANSLATION
    if suffix in paths.BINARY_SUFFIXES:
        return Reason.BINARY
    if paths.MINIFIED_NAME.search(lower):
        return Reason.MINIFIED
    if name in paths.TOOL_SCRIPTS or paths.GENERATED_NAME.search(name):
        return Reason.GENERATED
    if paths.LIBRARY_COPY.fullmatch(lower):
        return Reason.VENDORED
    if suffix in paths.DATA_SUFFIXES or size > paths.DATA_BYTES.get(suffix, size):
        return Reason.DATA
    return ""


class _Layout:
    """The folders of a source, to judge one by its neighbours: `vendor/` beside a `go.mod` is no `vendor/models.py`."""

    def __init__(self, files: Iterable[str]) -> None:
        self._names: dict[str, set[str]] = defaultdict(set)  # folder → names of the files right in it
        self._licensed: set[str] = set()  # folders with a licence file in them or one folder below
        self._verdicts: dict[str, str] = {"": ""}
        for path in files:
            folder, _, name = path.rpartition("/")
            self._names[folder].add(name)
            if paths.LICENCE_NAME.match(name) and folder:
                self._licensed |= {folder, folder.rpartition("/")[0]}

    def folder_reason(self, folder: str) -> str:
        """Why nothing below a folder is read; empty if something is. Each folder is judged once."""
        verdict = self._verdicts.get(folder)
        if verdict is None:
            parent, _, name = folder.rpartition("/")
            verdict = self.folder_reason(parent) or self._judge(folder, parent, name)
            self._verdicts[folder] = verdict
        return verdict

    def _judge(self, folder: str, parent: str, name: str) -> str:
        if name in paths.VERSION_CONTROL_FOLDERS:
            return Reason.VERSION_CONTROL
        if name in paths.VENDORED_FOLDERS or name.startswith(("vendored-", "vendored_")):
            return Reason.VENDORED
        if name in paths.OUTPUT_FOLDERS or paths.OUTPUT_FOLDER_PATTERN.fullmatch(name):
            return Reason.OUTPUT
        if name in paths.GENERATED_FOLDERS or name.endswith((".egg-info", ".dist-info")):
            return Reason.GENERATED
        own, beside = self._names.get(folder, set()), self._names.get(parent, set())
        if own & paths.VENDOR_MARKERS:
            return Reason.VENDORED
        if name in paths.MAYBE_VENDORED and self._has_vendor_evidence(folder, parent, name, own | beside):
            return Reason.VENDORED
        if own & {"CMakeCache.txt", ".ninja_log"} or beside & paths.OUTPUT_BESIDE.get(name, frozenset()):
            return Reason.OUTPUT
        return ""

    def _has_vendor_evidence(self, folder: str, parent: str, name: str, around: set[str]) -> bool:
        """A folder of an ambiguous name is vendored if its place says so, or if it carries licences of its own."""
        if around & paths.MAYBE_VENDORED[name]:
            return True
        if name in {"vendor", "vendors"} and (not parent or set(parent.split("/")) & paths.ASSET_FOLDERS):
            return True
        return folder in self._licensed


# --- what a bundler or compiler wrote beside its sources -----------------------------------------------------------

_SCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?)$")
_DECLARATION = re.compile(r"\.d\.[cm]?ts$")
_NOT_THE_SOURCE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|docs?|examples?|scripts?|bench(?:mark)?s?|tools?|types|website|\.[^/]+)/"
    r"|\.(?:config|test|spec|stories|conf)\.\w+$|(?:^|/)(?:gulpfile|gruntfile|rollup|webpack|jest|karma)[^/]*$",
    re.IGNORECASE,
)


def _build_outputs(entries: Sequence[Entry]) -> dict[str, str]:
    """Paths of scripts that a bundler or compiler made from other scripts of the same source → reason.

    A published npm package often consists of nothing but its `dist`; so a script counts as an output only where what
    it was made from is in the source as well. Other languages are left alone: `cmd/dist` is a part of Go itself.
    """
    scripts = {e.path: e.size for e in entries if e.kind == "file" and _SCRIPT.search(e.path)}
    scripts = {path: size for path, size in scripts.items() if "node_modules/" not in path}
    manifests = {e.path.rpartition("/")[0] for e in entries if e.path.rpartition("/")[2] == "package.json"} | {""}
    by_package: dict[str, list[str]] = defaultdict(list)
    for path in scripts:
        by_package[_package_root(path, manifests)].append(path)
    found = _compiled_copies(scripts, manifests) | _second_module_formats(scripts)
    for root, members in by_package.items():
        found |= _bundles(root, [path for path in members if path not in found], scripts)
    return dict.fromkeys(found, Reason.OUTPUT)


def _package_root(path: str, manifests: set[str]) -> str:
    """The innermost folder above a path that has a package.json, save those inside an output folder; or the root."""
    for folder in _ancestors(path):
        if folder in manifests and not set(folder.split("/")) & paths.SCRIPT_OUTPUT_FOLDERS:
            return folder
    return ""


def _ancestors(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first, the root (an empty string) last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _stem(path: str) -> str:
    return _SCRIPT.sub("", _DECLARATION.sub("", path))


def _compiled_copies(scripts: Mapping[str, int], manifests: set[str]) -> set[str]:
    """Scripts whose TypeScript original stands under `src/` or beside them: `lib/a/b.js` of `src/a/b.ts`."""
    typescript = {p for p in scripts if re.search(r"\.[cm]?tsx?$", p) and not _DECLARATION.search(p)}
    originals = {_stem(path) for path in typescript}
    declared = {_stem(path) for path in scripts if _DECLARATION.search(path)}
    return {
        path
        for path in scripts
        if originals
        and path not in typescript
        and (_stem(path) in originals or _has_original_under_src(_stem(path), originals, declared, manifests))
    }


def _has_original_under_src(stem: str, originals: set[str], declared: set[str], manifests: set[str]) -> bool:
    for root in _ancestors(stem):
        if root not in manifests:
            continue
        prefix = f"{root}/" if root else ""
        relative = stem.removeprefix(prefix).split("/")
        depth = 0
        while depth < len(relative) - 1 and relative[depth] in paths.SCRIPT_OUTPUT_FOLDERS:
            depth += 1
        # Without an output folder in its path, a script is believed to be a copy only if its declarations lie beside
        # it as the compiler writes them: a hand-written `index.js` that shares a name with `src/index.ts` stays.
        if f"{prefix}src/{'/'.join(relative[depth:])}" in originals and (depth or stem in declared):
            return True
    return False


_MODERN = {
    ".cjs": (".js", ".mjs"), ".d.cts": (".d.ts", ".d.mts"), ".d.mts": (".d.ts",),
    ".js": (".esm.js", ".esm.mjs"), ".cjs.js": (".esm.js", ".es.js", ".js"), ".umd.js": (".esm.js", ".es.js", ".js"),
}  # fmt: skip
_FORMAT = re.compile(r"\.(?:cjs|umd|esm|es)(?=\.[cm]?js$)")  # `yup.esm.js`: the format is a part of the suffix
_MODERN_FOLDERS = {
    "cjs": ("esm", "es", "mjs"), "commonjs": ("esm", "es"), "dist-cjs": ("dist-es", "dist-esm"),
    "dist-node": ("dist",),
}  # fmt: skip
_MODERN_BELOW = ("esm", "mjs")  # `es` may as well be Spanish
_MOST = 0.75  # of the scripts in such a folder


def _second_module_formats(scripts: Mapping[str, int]) -> set[str]:
    """Scripts that say again, as CommonJS, what a twin beside them says as a modern module: `a.cjs` beside `a.js`, and
    `a.js` above `esm/a.mjs`.

    The twin must be at least half as large: a small one is a shim, and then the source is the other.
    """

    def has_twin(path: str, twin: str) -> bool:
        return twin in scripts and scripts[twin] * 2 >= scripts[path]

    found = set()
    for path in scripts:
        stem = _FORMAT.sub("", path)
        stem = _stem(path if stem == path else stem)
        suffix = path[len(stem) :]
        segments = path.split("/")
        twins = [stem + modern for modern in _MODERN.get(suffix, ())]
        for index, segment in enumerate(segments[:-1]):
            for modern in _MODERN_FOLDERS.get(segment, ()):
                twins.append("/".join([*segments[:index], modern, *segments[index + 1 :]]))
        if any(has_twin(path, twin) for twin in twins):
            found.add(path)
    return found | _above_their_modules(scripts)


def _above_their_modules(scripts: Mapping[str, int]) -> set[str]:
    """Scripts of a package that holds the same once more, as modern modules, in a folder `esm`: most of what
    is in there has its twin outside."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path in scripts:
        for folder in _ancestors(path):
            if folder.rpartition("/")[2] in _MODERN_BELOW:
                folders[folder].append(path)
    found: set[str] = set()
    for folder, modules in folders.items():
        above = folder.rpartition("/")[0]
        twins: dict[str, str] = {}  # script above → module
        for module in modules:
            stem = _stem(module.removeprefix(f"{folder}/"))
            suffixes = (".d.ts", ".d.cts") if _DECLARATION.search(module) else (".js", ".cjs")
            names = (f"{above}/{stem}{suffix}" if above else f"{stem}{suffix}" for suffix in suffixes)
            twins.update(dict.fromkeys((name for name in names if name in scripts), module))
        if len(set(twins.values())) >= len(modules) * _MOST:
            found |= {path for path, module in twins.items() if scripts[module] * 2 >= scripts[path]}
    return found


def _bundles(root: str, members: Sequence[str], sizes: Mapping[str, int]) -> set[str]:
    """Scripts in `dist` and the like of a package that holds a real share of its source elsewhere."""
    prefix = f"{root}/" if root else ""
    outside = 0
    largest = 0
    inside = set()
    for path in members:
        folders = set(path.removeprefix(prefix).split("/")[:-1])
        if folders & paths.BUNDLE_FOLDERS:
            inside.add(path)
            if not _DECLARATION.search(path):
                largest = max(largest, sizes[path])
        elif not _DECLARATION.search(path) and not _NOT_THE_SOURCE.search(path.removeprefix(prefix)):
            outside += sizes[path]
    # A package whose root holds only a shim that requires its bundle has its source nowhere else; 5 % of the largest
    # bundle lies between such shims (below 1 %) and sources bundled together with what they depend on.
    return inside if outside and outside >= largest * 0.05 else set()
