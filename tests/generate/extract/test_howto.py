"""How a project is installed, built, run and tested, as the repository's page tells it."""

from __future__ import annotations

from dataclasses import replace

from markdown_it import MarkdownIt

from doctown.generate.extract import pages
from doctown.model import Artifact, Origin, Repository

from .repositories import module, repository, symbol


def artifact(kind: str, name: str, summary: str, path: str = "pyproject.toml", target: str = "") -> Artifact:
    return Artifact(key=f"{path}#{kind}:{name}", path=path, kind=kind, name=name, summary=summary, detail="",
                    start_line=1, end_line=1, target=target)  # fmt: skip


def body_of(repo: Repository) -> str:
    return next(page for page in pages(repo) if page.subject_kind == "repository").body


def section(body: str, title: str) -> str:
    return body.split(f"\n### {title}\n", 1)[1].split("\n#", 1)[0].strip() if f"\n### {title}\n" in body else ""


def test_a_task_is_told_once() -> None:
    """The command stands in the link, so the sentence and the kind do not repeat it; names may hold colons."""
    repo = repository(
        texts={"package.json": "{}\n", "pyproject.toml": "x\n"},
        artifacts=[
            artifact("package_script", "check:types", "`npm run check:types` runs `tsc`.", "package.json"),
            artifact("test_environment", "style", "Tox environment `style`: run all hooks; runs `pre-commit`."),
        ],
    )
    assert section(body_of(repo), "Check").split("\n") == [
        "- [`npm run check:types`](<doctown:artifact/package.json#package_script:check:types>) — `tsc`. "
        "([`package.json`](<doctown:file/package.json>))",
        "- [`style`](<doctown:artifact/pyproject.toml#test_environment:style>) (Tox environment) — run all hooks; "
        "runs `pre-commit`. ([`pyproject.toml`](<doctown:file/pyproject.toml>))",
    ]


def test_upkeep_is_no_test() -> None:
    """An environment of a test runner that updates pins is not listed as a way to test."""
    repo = repository(
        texts={"pyproject.toml": "x\n"},
        artifacts=[
            artifact("test_environment", "update-actions", "Tox environment `update-actions`: update pins; runs `u`."),
            artifact("test_environment", "min", "Tox environment `min`: pytest on old versions; runs `pytest`."),
        ],
    )
    body = body_of(repo)
    assert "`min`" in section(body, "Test") and "update" not in section(body, "Test")
    assert "`update-actions`" in section(body, "Other tasks")


def test_the_roots_own_tasks_come_first() -> None:
    """A task of the root stands before one of a part, by hand before by a server, documentation's last."""
    paths = ("doc/Makefile", "part/inner/Makefile", ".github/workflows/ci.yml", "Makefile")
    repo = repository(
        texts=dict.fromkeys(paths, "x\n"),
        artifacts=[
            artifact("ci_job" if "ci.yml" in path else "make_target", f"test-{place}", f"Test {place}.", path)
            for place, path in enumerate(paths)
        ],
    )
    lines = section(body_of(repo), "Test").split("\n")
    assert [next(path for path in paths if f"[`{path}`]" in line) for line in lines] == [
        "Makefile", ".github/workflows/ci.yml", "part/inner/Makefile", "doc/Makefile",
    ]  # fmt: skip


def test_keys_with_parentheses_stay_links() -> None:
    """`(default)` in a link's target is read as one target by a CommonMark parser."""
    repo = repository(
        texts={"pyproject.toml": "x\n"},
        artifacts=[artifact("test_environment", "(default)", "Tox environment `(default)`: tests; runs `pytest`.")],
    )
    targets = [
        inner.attrs["href"]
        for token in MarkdownIt().parse(body_of(repo))
        for inner in token.children or []
        if inner.type == "link_open"
    ]
    assert "doctown:artifact/pyproject.toml#test_environment:(default)" in targets


def test_a_published_package_says_how_it_is_installed() -> None:
    """The version that was read, unless the README shows the command itself; never for a folder."""
    plain = repository(texts={"README.md": "# Shop\n\nSells many things to people.\n"})
    package = replace(plain, origin=Origin(kind="package", location="pypi:shop==1.2", name="shop", version="1.2"))
    told = repository(texts={"README.md": "# Shop\n\nSells things.\n\n## Install\n\n```\npip install shop\n```\n"})
    assert "pip install" not in body_of(plain)
    assert "```console\npip install shop==1.2\n```" in body_of(package)
    assert "shop==1.2" not in body_of(replace(told, origin=package.origin))
    assert "### Install\n\n```\npip install shop\n```" in body_of(told)


def test_a_hostile_readme_sample_stays_in_its_fence() -> None:
    """A sample that holds a fence cannot end ours, and a heading's markup is escaped."""
    readme = "# X\n\n## Usage <b>[x](javascript:1)</b>\n\n````\n```\n<script>\n````\n"
    body = body_of(repository(texts={"README.md": readme}))
    tokens = MarkdownIt("commonmark", {"html": True}).parse(body)
    assert [token.content for token in tokens if token.type == "fence"] == ["```\n<script>\n"]
    assert not any(token.type == "html_block" for token in tokens) and "](javascript" not in body


def test_each_manifest_has_its_tools_commands() -> None:
    """A Go module or a crate without any task file still says how it is built and tested."""
    repo = repository(
        texts={"go.mod": "module x\n"}, artifacts=[artifact("package", "x", "Go module `x`.", path="go.mod")]
    )
    assert "`go build ./... && go test ./...`" in section(body_of(repo), "Package")
    repo = repository(
        texts={"CMakeLists.txt": "project(x)\n"},
        artifacts=[artifact("package", "x", "CMake project `x`.", path="CMakeLists.txt")],
    )
    assert "`cmake -B build && cmake --build build`" in section(body_of(repo), "Package")


def test_ways_to_start_the_same_are_one_entry() -> None:
    """A command and `python -m` that lead to the same function are told together."""
    repo = repository(
        [module("src/shop/__init__.py"), module("src/shop/cli.py"), symbol("src/shop/cli.py", "main", "function"),
         module("src/shop/__main__.py")],
        [("src/shop/__main__.py#<module>", "src/shop/cli.py#main", "calls")],
        texts={"pyproject.toml": "x\n"},
        artifacts=[artifact("entry_point", "shop", "Command `shop`.", target="shop.cli:main")],
    )  # fmt: skip
    entries = body_of(repo).split("## Entry points\n\n")[1].split("\n\n")[0]
    assert entries == (
        "- [`shop`](<doctown:artifact/pyproject.toml#entry_point:shop>) or [`python -m shop`]"
        "(<doctown:file/src/shop/__main__.py>) → [`main`](<doctown:symbol/src/shop/cli.py#main>)"
    )


def test_without_a_readme_the_package_speaks_for_the_project() -> None:
    """Go's package comment is what the project is about; a glossary holds only what explains something."""
    repo = repository(
        [module("b.go", "Helpers of all kinds live here.", language="go"),
         module("a.go", "Package a is a commander for small ships.", language="go")],
        artifacts=[artifact("package", "a", "Go module `a`.", path="go.mod")], texts={"go.mod": "module a\n"},
    )  # fmt: skip
    page = next(page for page in pages(repo) if page.subject_kind == "repository")
    assert page.summary == "Package a is a commander for small ships."
    assert page.claims[0].path == "a.go"


def test_the_glossary_explains() -> None:
    """`CommanderError class` explains nothing; what nobody documented is no term."""
    docs = {"Alpha": "Keeps what was ordered by whom.", "Beta": "Beta class", "Gamma": "A price with its currency.",
            "Delta": "", "Omega": "Sends letters to all the customers."}  # fmt: skip
    path = "a.py"
    many = [symbol(path, f"c{index:02}", "class", doc="Stands for one of many things here.") for index in range(40)]
    repo = repository([module(path), *many, *(symbol(path, name, "class", doc=doc) for name, doc in docs.items())])
    heavy = {number: 1 if item.name in docs else 10**6 - number for number, item in repo.symbols.items()}
    terms = body_of(replace(repo, centrality=heavy)).split("## Glossary")[1]
    assert "Beta" not in terms and "Delta" not in terms and "`c12`" in terms


def test_a_call_path_goes_where_most_happens() -> None:
    """A helper with calls of its own does not end the story: the path follows what opens up the program."""
    names = ("main", "version", "pad", "trim", "run", "fetch", "load", "store", "close")
    calls = [("main", "version"), ("version", "pad"), ("version", "trim"), ("main", "run"), ("run", "fetch"),
             ("fetch", "load"), ("load", "store"), ("store", "close")]  # fmt: skip
    path = "a.py"
    repo = repository(
        [module(path), *(symbol(path, name, "function") for name in names)],
        [(f"{path}#{one}", f"{path}#{other}", "calls") for one, other in calls],
        entries=[("main", path, path, 1, f"{path}#main")],
    )
    entry = body_of(repo).split("## Entry points\n\n")[1].split("\n")[0]
    assert [name for name in names if f"[`{name}`]" in entry] == ["main", "run", "fetch", "load", "store"]


def test_the_package_of_the_projects_own_language_comes_first() -> None:
    """A `package.json` for a few scripts does not open the page of a Python project."""
    repo = repository(
        [module("a.py")],
        texts={"package.json": "{}\n", "pyproject.toml": "x\n"},
        artifacts=[artifact("package", "js", "npm package js.", "package.json"), artifact("package", "py", "Python.")],
    )
    first = section(body_of(repo), "Package").split("\n")[0]
    assert first.startswith("- [`py`]")
