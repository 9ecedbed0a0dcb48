"""Clusters: folders lead, edges refine, every file in exactly one leaf."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from doctown.assemble.cluster import ROOT_FILES, cluster
from doctown.assemble.labels import Draft, label_all
from doctown.assemble.partition import FileGraph, split, stem
from doctown.model import MODULE, Cluster, Edge, File, Symbol

Drawn = tuple[list[File], dict[int, Symbol], list[Edge]]


def drawn(paths: Iterable[str], uses: Iterable[tuple[str, str]] = (), texts: Iterable[str] = ()) -> Drawn:
    """Files with a module and one function each, and calls between those functions."""
    files: list[File] = []
    symbols: dict[int, Symbol] = {}
    at: dict[str, int] = {}
    for path in paths:
        files.append(File(path=path, language="python", size=1, lines=1, sha256="", status="parsed"))
        for name in (MODULE, "work"):
            number = len(symbols) + 1
            symbols[number] = Symbol(
                key=f"{path}#{name}", name=path.rsplit("/", 1)[-1].split(".")[0] if name == MODULE else name,
                qualified_name=name, kind="module" if name == MODULE else "function", language="python", path=path,
                parent="", start_byte=0, end_byte=1, start_line=1, end_line=1, signature="", docstring="",
                visibility="public",
            )  # fmt: skip
        at[path] = len(symbols)
    files += [File(path=path, language="", size=1, lines=1, sha256="", status="text") for path in texts]
    return files, symbols, [Edge(at[one], at[other], "calls", "resolved", "import", 1) for one, other in uses]


def leaves(clusters: Sequence[Cluster]) -> list[Cluster]:
    parents = {found.parent for found in clusters}
    return [found for found in clusters if found.key not in parents]


def shop() -> Drawn:
    parts = {"orders": 8, "prices": 7, "stock": 6, "mail": 5, "web": 9}
    paths = [f"src/shop/{part}/f{index}.py" for part, count in parts.items() for index in range(count)]
    return drawn([*paths, "src/shop/__init__.py", "tests/test_a.py", "tests/test_b.py", "setup.py"],
                 texts=["README.md", "docs/index.md", "docs/more.md"])  # fmt: skip


def test_every_file_is_in_exactly_one_leaf() -> None:
    """Files that were read are in one cluster without children; a parent holds what its children hold."""
    files, symbols, edges = shop()
    files.append(File(path="x.bin", language="", size=1, lines=0, sha256="", status="skipped"))
    clusters = cluster(files, symbols, edges)
    counts = Counter(path for leaf in leaves(clusters) for path in leaf.paths)
    assert counts == Counter({file.path: 1 for file in files if file.status != "skipped"})
    seen: set[str] = {""}
    for found in clusters:
        assert found.parent in seen, "parents come before children"
        seen.add(found.key)
        children = [child for child in clusters if child.parent == found.key]
        if children:
            assert set(found.paths) == {path for child in children for path in child.paths}
            assert found.size == sum(child.size for child in children)


def test_folders_of_the_package_are_the_parts() -> None:
    """The source root is stripped: what an architect would name lies at the top, with tests and papers beside it."""
    top = {found.key: found.label for found in cluster(*shop()) if not found.parent}
    assert {"src/shop/orders", "src/shop/prices", "src/shop/stock", "src/shop/mail", "src/shop/web"} <= top.keys()
    assert top["tests"] == "Tests"
    assert top["docs"] == "Documentation"
    assert top[ROOT_FILES] == "Project files"


def test_a_flat_folder_is_split_by_who_uses_whom() -> None:
    """Two groups of files that use each other, and not the others, come apart, whatever their names."""
    red, blue = [f"lib/{name}.py" for name in "abcdefghij"], [f"lib/{name}.py" for name in "klmnopqrst"]
    uses = [(one, other) for group in (red, blue) for one in group for other in group if one < other]
    found = leaves(cluster(*drawn(red + blue, [*uses, ("lib/a.py", "lib/k.py")])))
    assert sorted(sorted(leaf.paths) for leaf in found) == [red, blue]


def test_a_file_stays_with_its_test_and_its_header() -> None:
    """Files of one stem are never parted by the split of a flat folder."""
    paths = [
        f"{name}{end}" for name in ("alpha", "beta", "gamma", "delta", "eta", "iota", "kappa") for end in (".c", ".h")
    ]
    found = leaves(cluster(*drawn(paths)))
    home = {path: leaf.key for leaf in found for path in leaf.paths}
    assert all(home[path] == home[path.replace(".h", ".c")] for path in paths)


def test_clusters_do_not_hang_on_order() -> None:
    """The same repository in another order gives the same clusters, labels included."""
    files, symbols, edges = shop()
    chance = random.Random(3)
    names = sorted(symbols)
    chance.shuffle(names)
    chance.shuffle(files)
    chance.shuffle(edges)
    assert cluster(files, {number: symbols[number] for number in names}, edges) == cluster(*shop())


def test_a_key_stays_when_other_code_changes() -> None:
    """A folder's cluster keeps its key when another folder gains files."""
    before = {found.key for found in cluster(*shop())}
    files, symbols, edges = shop()
    more = drawn([f"src/shop/web/extra{index}.py" for index in range(3)])
    symbols |= {1000 + number: symbol for number, symbol in more[1].items()}
    after = {found.key for found in cluster([*files, *more[0]], symbols, edges)}
    assert {"src/shop/orders", "src/shop/mail", "tests"} <= before & after


def test_siblings_have_different_labels() -> None:
    """A reader can tell parts apart by their labels, equal folder names included."""
    inside = [f"{part}/{inner}" for part in ("sales", "stock", "mail") for inner in ("models", "views", "base")]
    paths = [f"app/{folder}/f{index}.py" for folder in inside for index in range(5)]
    clusters = cluster(*drawn(paths))
    siblings = Counter((found.parent, found.label) for found in clusters)
    assert max(siblings.values()) == 1
    assert {"Sale models", "Stock models", "Mail models"} <= {found.label for found in clusters}


def test_labels_are_words() -> None:
    """Abbreviations are spelled out, acronyms in capitals, words not glued."""
    parts = ("db/migrations", "db/backends", "template/loaders", "http", "url_routing")
    clusters = cluster(*drawn(f"web/{part}/f{index}.py" for part in parts for index in range(6)))
    labels = {found.key: found.label for found in clusters}
    assert labels["web/db/migrations"] == "Database migrations"
    assert labels["web/http"] == "HTTP"
    assert labels["web/url_routing"] == "URL routing"


def test_odd_trees_are_drawn_too() -> None:
    """Nothing, one file, deep chains, hundreds of tiny folders: every file finds its leaf, without deep recursion."""
    deep = "/".join("d" * 3000) + "/a.py"
    many = [f"p{index}/f.py" for index in range(300)]
    for paths in ([], ["a.py"], [deep, deep + "x.py"], many, [f"x/{index}/{'y/' * index}a.py" for index in range(200)]):
        clusters = cluster(*drawn(paths))
        assert Counter(path for leaf in leaves(clusters) for path in leaf.paths) == Counter(paths)
    assert len([found for found in cluster(*drawn(many)) if not found.parent]) <= 40


def test_files_for_several_platforms_stay_with_what_they_belong_to() -> None:
    """`command_windows.go` is part of `command`, not a part of its own."""
    assert stem("a/command_windows.go") == stem("a/command_notwin.go") == stem("a/command_test.go") == "command"
    assert stem("windows.go") == "windows"


def test_a_part_is_not_named_after_a_test() -> None:
    """The file that stands for a group has code of the product in it, however much its tests are used."""
    names = ["x_test", "alpha", "beta"]
    counts = {f"d/{name}.go": 5 for name in names} | {f"d/q{index}.go": 5 for index in range(3)}
    weights = {"d/x_test.go": {"d/alpha.go": 9, "d/beta.go": 9}, "d/alpha.go": {"d/x_test.go": 9},
               "d/beta.go": {"d/x_test.go": 9}, "d/q0.go": {"d/q1.go": 9, "d/q2.go": 9}, "d/q1.go": {"d/q0.go": 9},
               "d/q2.go": {"d/q0.go": 9}}  # fmt: skip
    groups = dict(split("d", sorted(counts), FileGraph(weights), counts, 4))
    assert sorted(map(len, groups.values())) == [3, 3]
    assert "d#x" not in groups


def test_one_file_per_language_is_one_part() -> None:
    """A folder of translations does not fall into groups by alphabet or accident."""
    counts = {f"l/{name}.ts": 3 for name in ("de", "fr", "fr-CA", "it", "pt", "zh-CN", "index")}
    weights = {"l/index.ts": {path: 1 for path in counts if path != "l/index.ts"}}
    weights |= {path: {"l/index.ts": 1} for path in counts if path != "l/index.ts"}
    assert split("l", sorted(counts), FileGraph(weights), counts, 4) == []


def test_a_few_strays_make_no_parts() -> None:
    """Nine files that hang together and two that do not: the folder stays whole."""
    names = [f"d/n{letter}.py" for letter in "abcdefghi"] + ["d/other.py", "d/stray.py"]
    counts = dict.fromkeys(names, 3)
    weights = {one: {other: 5 for other in names[:9] if other != one} for one in names[:9]}
    assert split("d", names, FileGraph(weights), counts, 20) == []


def test_a_source_folder_is_named_by_its_files() -> None:
    """`src` and `lib` name nothing, and packaging beside them is no part called `Code`."""
    code = ["src/glob.rs", "src/path.rs", "src/lib.rs", "src/main.rs", "benches/bench.rs"]
    labels = {
        found.key: found.label
        for found in cluster(*drawn(code, texts=["COPYING", "LICENSE", "UNLICENSE", "debian/patches/series"]))
    }
    assert labels == {".": "Project files", "benches": "Benchmarks", "src": "Glob and path"}


def test_labels_join_what_differs_in_one_word() -> None:
    """`zsh_completions` and `fish_completions` are zsh and fish completions."""
    paths = [f"{name}_completions.go" for name in ("bash", "fish", "zsh")]
    _, symbols, _ = drawn(paths)
    draft = Draft(key="#zsh_completions", parent="", folder="", paths=paths, area="code")
    labels = label_all([draft], symbols.values(), dict.fromkeys(paths, 2))
    assert labels == {"#zsh_completions": "Zsh, bash and fish completions"}
