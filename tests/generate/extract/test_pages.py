"""Pages from a repository: which there are, what they say, that what they name exists."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from doctown.generate.extract import line_digest, pages
from doctown.model import Cluster, Page, Repository

from .repositories import module, repository, shop, symbol

SNAPSHOT = Path(__file__).with_name("shop.snapshot.md")
LINK = re.compile(r"\]\(<doctown:(\w+)/([^>]*)>\)")


def told(repo: Repository, kind: str = "symbol") -> dict[str, Page]:
    return {page.subject: page for page in pages(repo) if page.subject_kind == kind}


def as_text(repo: Repository) -> str:
    return "\n".join(
        f"══ {page.subject_kind} {page.subject} [{page.origin}]\n# {page.title}\n> {page.summary}\n\n{page.body}\n"
        + "".join(f"claim: {claim.text} ({claim.path}:{claim.start_line}-{claim.end_line})\n" for claim in page.claims)
        for page in pages(repo)
    )


def test_every_subject_has_exactly_one_page() -> None:
    """Symbols, files (skipped ones too), clusters, artifacts and the repository get one page each, none twice."""
    repo = shop()
    found = Counter((page.subject_kind, page.subject) for page in pages(repo))
    wanted = (
        [("symbol", item.key) for item in repo.symbols.values()]
        + [("file", path) for path in repo.files]
        + [("cluster", key) for key in repo.clusters]
        + [("artifact", artifact.key) for artifact in repo.artifacts]
        + [("repository", "")]
    )
    assert found == Counter(wanted)


def test_links_name_only_what_exists() -> None:
    """A link on any page leads to a symbol, file, cluster or artifact of the repository, keys unquoted."""
    repo = shop()
    keys = {
        "symbol": {item.key for item in repo.symbols.values()},
        "file": set(repo.files),
        "cluster": set(repo.clusters),
        "artifact": {artifact.key for artifact in repo.artifacts},
    }
    links = [link for page in pages(repo) for link in LINK.findall(page.body)]
    assert len(links) > 10
    assert [link for link in links if unquote(link[1]) not in keys[link[0]]] == []


def test_pages_read_as_in_the_snapshot() -> None:
    """All pages of the small shop, as text. Refresh with UPDATE_SNAPSHOTS=1 and read the difference."""
    text = as_text(shop())
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


def test_the_same_repository_gives_the_same_pages() -> None:
    """Nothing hangs on the order in which dictionaries were filled."""
    repo = shop()
    shuffled = replace(
        repo,
        outgoing=dict(reversed(repo.outgoing.items())),
        incoming=dict(reversed(repo.incoming.items())),
        modules=dict(sorted(repo.modules.items())),
    )
    assert list(pages(shuffled)) == list(pages(repo))


def test_claims_digest_the_lines_they_name() -> None:
    """A claim's digest is the SHA-256 of exactly its lines with their line ends, and its verdict is supported."""
    repo = shop()
    claims = [claim for page in pages(repo) for claim in page.claims]
    assert claims
    for claim in claims:
        lines = repo.read(claim.path).encode().splitlines(keepends=True)[claim.start_line - 1 : claim.end_line]
        assert lines
        assert claim.digest == sha256(b"".join(lines)).hexdigest()
        assert claim.verdict == "supported"


def test_only_line_feeds_end_a_line_of_a_digest() -> None:
    """Form feeds and Unicode separators stay inside a line; carriage returns before the feed belong to it."""
    text = "a\x0cb\u2028c\r\nd\ne"
    assert line_digest(text, 1, 1) == sha256("a\x0cb\u2028c\r\n".encode()).hexdigest()
    assert line_digest(text, 2, 3) == sha256(b"d\ne").hexdigest()
    assert line_digest(text, 3, 9) == sha256(b"e").hexdigest()


def test_no_claim_is_made_on_a_file_that_was_not_kept() -> None:
    """Without the source there are no lines to show, so nothing is called supported."""
    repo = replace(shop(), read=lambda path: "")
    assert [claim for page in pages(repo) for claim in page.claims] == []


def test_an_undocumented_override_says_what_it_overrides() -> None:
    """The base method's first sentence stands for a method that only overrides it."""
    assert told(shop())["shop/orders.py#Gift.total"].summary == "Overrides Order.total: Sum of all lines."


def test_a_test_says_what_it_exercises() -> None:
    """A test is told by its name in words and by what it calls outside of tests."""
    assert told(shop())["tests/test_orders.py#test_total_of_gift"].summary == (
        "Test: total of gift; exercises Gift.total."
    )


def test_values_have_a_short_summary_and_no_body() -> None:
    """Fields, constants and enum members are tens of thousands: one short sentence each."""
    path = "a.py"
    repo = repository(
        [
            module(path),
            symbol(path, "LIMIT", "constant", signature="LIMIT = 5"),
            symbol(path, "Book", "class", signature="class Book(Model)"),
            symbol(path, "Book.title", "field", signature="title = models.CharField(max_length=3)"),
            symbol(path, "Book.pages", "field", signature="pages: int"),
            symbol(path, "Book.cut", "field", signature="cut = ["),
            symbol(path, "major", "variable", signature="major, minor = read_version()"),
        ]
    )
    found = told(repo)
    assert found["a.py#LIMIT"].summary == "Constant with value 5."
    assert found["a.py#Book.title"].summary == "Field: a CharField."
    assert found["a.py#Book.pages"].summary == "Field of type int."
    assert found["a.py#Book.cut"].summary == "Field: a list."
    assert found["a.py#major"].summary == "Variable unpacked from read_version()."
    assert {found[key].body for key in ("a.py#LIMIT", "a.py#Book.title", "a.py#Book.pages")} == {""}


def test_a_remark_to_a_tool_is_not_documentation() -> None:
    """`noqa`, `pragma: no cover` and rulers stand where documentation would and are not shown as such."""
    remarks = (
        "NOQA",
        "noqa: F401",
        "pragma: no cover",
        "clang-format off",
        "eslint-disable no-console",
        "type: ignore[x]",
    )
    for remark in (*remarks, "Project --------------", "/////// Project //////////"):
        page = told(repository([module("a.py", remark), symbol("a.py", "f", "function")]))["a.py#<module>"]
        assert (page.origin, page.summary) == ("extractive", "Defines f.")


def test_words_that_are_also_tools_names_document() -> None:
    """A sentence that begins with a word which some tool bears is documentation all the same."""
    for said in ("Type of the request.", "Deno runtime support.", "Prettier output for people."):
        page = told(repository([module("a.py", said), symbol("a.py", "f", "function")]))["a.py#<module>"]
        assert (page.origin, page.summary) == ("docstring", said)


def test_a_file_of_one_thing_says_what_that_is() -> None:
    """A file without documentation that defines one documented class tells what the class is for."""
    repo = repository([module("A.java"), symbol("A.java", "A", "class", doc="Reads letters. Slowly.")])
    assert told(repo)["A.java#<module>"].summary == "Defines A: Reads letters."


def test_values_and_types_of_c_are_told_by_what_they_stand_for() -> None:
    """`#define` is a value and no type; a typedef is another name for what stands around it."""
    path = "a.h"
    signatures = {
        "LIMIT": ("constant", "#define LIMIT 5  /* items */"),
        "GUARD": ("constant", "#define GUARD"),
        "list_t": ("type_alias", "typedef struct list list_t"),
        "visit_f": ("type_alias", "typedef int (*visit_f)(void *data)"),
    }
    repo = repository(
        [module(path, language="c")]
        + [symbol(path, name, kind, signature=text, language="c") for name, (kind, text) in signatures.items()]
    )
    found = {page.title: page.summary for page in told(repo).values()}
    assert found["LIMIT"] == "Constant with value 5."
    assert found["GUARD"] == "Constant that is defined without a value."
    assert found["list_t"] == "Another name for struct list."
    assert found["visit_f"] == "Another name for int (*)(void *data)."


def test_a_name_is_read_as_a_sentence_only_where_it_is_one() -> None:
    """In `list_insert` nothing is listed. A verb behind its object counts where the signature has the object."""
    path = "a.c"
    signatures = {
        "list_insert": "void list_insert(list_t *list, int n)",
        "list_init": "void list_init(list_t *list)",
        "flags_to_text": "char *flags_to_text(int flags)",
        "belongs_to_user": "int belongs_to_user(int id)",
        "my_free": "void my_free(void *p)",
        "open_and_close_file": "void open_and_close_file(int fd)",
        "do_run": "void do_run(int n)",
        "list_names": "void list_names(int n)",
    }
    repo = repository(
        [module(path, language="c")]
        + [symbol(path, name, "function", signature=text, language="c") for name, text in signatures.items()]
    )
    found = {page.title: page.summary for page in told(repo).values()}
    assert found["list_insert"] == "Function taking list and n, 3 lines long."
    assert found["list_init"] == "Initialises list."
    assert found["flags_to_text"] == "Converts flags to text."
    assert found["belongs_to_user"] == "Function taking id, 3 lines long."
    assert found["my_free"] == "Function taking p, 3 lines long."
    assert found["open_and_close_file"].startswith("Opens and closes file")
    assert found["do_run"] == "Runs."
    assert found["list_names"].startswith("Lists names")


def test_a_docstring_page_does_not_repeat_its_summary() -> None:
    """The body goes on where the summary stops."""
    repo = repository([module("a.py"), symbol("a.py", "f", "function", doc="Adds up. Slowly.\n\nUse `g`.")])
    page = told(repo)["a.py#f"]
    assert (page.origin, page.summary, page.body) == ("docstring", "Adds up.", "Slowly.\n\nUse `g`.")


def test_names_that_would_break_a_link_are_encoded() -> None:
    """C++ operators have angle brackets in their keys: the target stays one target and unquotes to the key."""
    path = "a.cpp"
    repo = repository([module(path, language="cpp"), symbol(path, "operator<<", "function", language="cpp")])
    body = told(repo, "file")[path].body
    assert "(<doctown:symbol/a.cpp#operator%3C%3C>)" in body


def test_hostile_names_do_not_become_markup() -> None:
    """Labels of clusters and names of files reach pages and diagrams as text."""
    evil = '"]; click n0 javascript:alert(1) <script>'
    one, other, third = "p/<img src=x>.py", "q/b.py", "r/c.py"
    repo = repository(
        [item for path in (one, other, third) for item in (module(path), symbol(path, "f", "function"))],
        [(f"{one}#f", f"{other}#f", "calls"), (f"{third}#f", f"{other}#f", "calls")],
        clusters=[
            Cluster(key="p", parent="", label=evil, paths=(one,), size=2),
            Cluster(key="q", parent="", label="Q", paths=(other,), size=2),
            Cluster(key="r", parent="", label="R", paths=(third,), size=2),
        ],
    )
    body = told(repo, "repository")[""].body
    drawn = body[body.index("```mermaid") :].split("\n```", 1)[0]
    assert "<" not in drawn and ";" not in drawn and drawn.count('"') == 6
    assert "<script>" not in re.sub(r"\\<", "", body)


def test_an_empty_repository_has_a_page() -> None:
    """Nothing to say is said shortly, without sections."""
    found = list(pages(repository()))
    assert [(page.subject_kind, page.body) for page in found] == [("repository", "")]


def test_gos_build_constraints_are_not_documentation() -> None:
    """`go:build` says when a file is built, not what it does; what is written beside it still counts."""
    for comment, summary in (
        ("go:build windows\n+build windows", "Defines f."),
        ("go:build linux\n\nWaits.", "Waits."),
    ):
        module_ = module("a.go", comment, language="go")
        page = told(repository([module_, symbol("a.go", "f", "function", language="go")]))["a.go#<module>"]
        assert page.summary == summary


def test_a_callable_type_is_no_value() -> None:
    """The arrow in a type is not an assignment, and a question mark belongs to the name."""
    path = "a.ts"
    fields = {"cb": "cb: (x: T) => void", "note": "note?: string", "on": "on = (x) => x"}
    repo = repository(
        [module(path, language="typescript")]
        + [symbol(path, name, "field", signature=text, language="typescript") for name, text in fields.items()]
    )
    found = {page.title: page.summary for page in told(repo).values()}
    assert (found["cb"], found["note"]) == ("Field of type (x: T) => void.", "Field of type string.")
    assert found["on"] == "Field set to (x) => x."


def test_a_variant_says_what_it_carries() -> None:
    """A tuple variant of an enum is told by its content, without the parentheses."""
    path = "a.rs"
    repo = repository(
        [
            module(path, language="rust"),
            symbol(path, "Kind", "enum", signature="enum Kind", language="rust"),
            symbol(path, "Kind.Literal", "enum_member", signature="Literal(LiteralStrategy)", language="rust"),
        ]
    )
    assert told(repo)["a.rs#Kind.Literal"].summary == "Enum member with LiteralStrategy."


def test_overloads_and_single_fields_are_told_in_good_english() -> None:
    """A method that is declared twice is named once, and one field is a field."""
    path = "a.ts"
    repo = repository(
        [
            module(path, language="typescript"),
            symbol(path, "Type", "interface", language="typescript"),
            *(replace(symbol(path, "Type.check", "method", language="typescript"), key=f"{path}#Type.check{suffix}")
              for suffix in ("", "~2")),
            symbol(path, "Issue", "interface", language="typescript"),
            symbol(path, "Issue.message", "field", signature="message: string", language="typescript"),
        ]
    )  # fmt: skip
    found = told(repo)
    assert found["a.ts#Type"].summary == "Interface with check."
    assert found["a.ts#Issue"].summary == "Interface with field message."


def test_what_does_something_is_named_before_the_file_that_imports_it() -> None:
    """`used by` names a function rather than a module, even if the module weighs more; an index by its folder."""
    repo = repository(
        [module("p/__init__.py"), module("p/a.py"), symbol("p/a.py", "helper", "function"),
         symbol("p/a.py", "Api", "class"), symbol("p/a.py", "work", "function")],
        [("p/__init__.py#<module>", "p/a.py#helper", "imports"), ("p/a.py#work", "p/a.py#helper", "calls"),
         ("p/__init__.py#<module>", "p/a.py#Api", "imports")],
    )  # fmt: skip
    found = told(repo)
    assert found["p/a.py#helper"].summary == "Function used by work and 1 other."
    assert found["p/a.py#Api"].summary == "Class; used by p/__init__.py."


def test_files_that_are_not_code_say_what_they_are() -> None:
    """Licences by their name, empty files as empty, a colon at the end of a README's sentence as a full stop."""
    texts = {
        "LICENSE-MIT": "MIT\n\nPermission is hereby granted, free\nof charge, to any person\n",
        "COPYING": "Ask us.\n",
        "p/py.typed": "",
        "a/.keep": "",
        "guide.md": "# Apps\n\nImagine a structure that looks like this::\n\n    a\n",
    }
    found = {path: page.summary for path, page in told(repository(texts=texts), "file").items()}
    assert found == {
        "LICENSE-MIT": "MIT licence.",
        "COPYING": "Licence.",
        "p/py.typed": "Empty file that marks the package as typed.",
        "a/.keep": "Empty file.",
        "guide.md": "Apps: Imagine a structure that looks like this.",
    }


def test_a_cluster_of_prose_lists_its_prose() -> None:
    """Files without symbols are listed by what they say, even if there is a file of code beside them."""
    guides = {f"docs/{name}.md": f"# {name}\n\nThis tells you about the {name}.\n" for name in "abcdef"}
    paths = ("docs/conf.py", *guides)
    repo = repository(
        [module("docs/conf.py"), symbol("docs/conf.py", "setup", "function")],
        texts=guides,
        clusters=[Cluster(key="docs", parent="", label="Documentation", paths=paths, size=2)],
    )
    page = told(repo, "cluster")["docs"]
    assert "around" not in page.summary
    assert page.body.count("This tells you about") == len(guides)


def test_a_diagram_has_three_nodes_or_is_left_out() -> None:
    """Two boxes with an arrow say less than the sentence beside them."""
    for count, drawn in ((2, False), (3, True)):
        paths = [f"p/{index}.py" for index in range(count)]
        repo = repository(
            [item for path in paths for item in (module(path), symbol(path, "f", "function"))],
            [(f"{one}#f", f"{other}#f", "calls") for one in paths for other in paths if one != other],
            clusters=[Cluster(key="p", parent="", label="P", paths=tuple(paths), size=2)],
        )
        assert ("```mermaid" in told(repo, "cluster")["p"].body) is drawn


def test_tests_neither_start_nor_crowd_a_part() -> None:
    """Where to start is never a test, tests are not drawn, and come last among the files."""
    code, tests = [f"p/{name}.go" for name in "abc"], ["p/a_test.go", "p/b_test.go"]
    repo = repository(
        [item for path in code + tests for item in (module(path, language="go"), symbol(path, "F", "function"))],
        [(f"{path}#F", f"{tests[0]}#F", "calls") for path in (tests[1], *code)]
        + [("p/b.go#F", "p/a.go#F", "calls"), ("p/c.go#F", "p/a.go#F", "calls"), ("p/c.go#F", "p/b.go#F", "calls")],
        clusters=[Cluster(key="p", parent="", label="P", paths=tuple(sorted(code + tests)), size=2)],
    )
    body = told(repo, "cluster")["p"].body
    assert "_test.go" not in body.split("```mermaid")[1].split("```")[0]
    assert "Start with [`p/a.go`]" in body
    listed = re.findall(r"^- \[`([^`]+)`\]", body.split("## Files")[1], re.MULTILINE)
    assert listed[-2:] == ["a_test.go", "b_test.go"]


def test_declarations_do_not_stand_beside_what_they_declare() -> None:
    """A class and its `.d.ts` twin are one central symbol: the one with code."""
    repo = repository(
        [module("lib/a.js"), symbol("lib/a.js", "Command", "class"), module("types/a.d.ts"),
         symbol("types/a.d.ts", "Command", "class"), symbol("types/a.d.ts", "Options", "interface")],
    )  # fmt: skip
    central = told(repo, "repository")[""].body.split("## Central symbols")[1].split("\n## ")[0]
    assert central.count("[`Command`]") == 1 and "lib/a.js#Command" in central
    assert "[`Options`]" in central


def test_bases_with_parameters_are_named_without_them() -> None:
    """A comma between the parameters of a generic base divides no bases."""
    signature = "class Store(Common, Generic[Key, dict[str, Value]], metaclass=Meta)"
    repo = repository([module("a.py"), symbol("a.py", "Store", "class", signature=signature)])
    assert told(repo)["a.py#Store"].summary == "Class derived from Common and Generic."


def test_what_a_class_holds_is_called_what_it_is() -> None:
    """Properties are no fields, and what users see comes first."""
    path = "a.py"
    names = {"_hidden": "private", "size": "public", "name": "public"}
    repo = repository(
        [module(path), symbol(path, "Box", "class", signature="class Box")]
        + [
            replace(symbol(path, f"Box.{name}", "property", signature=f"def {name}(self)"), visibility=seen)
            for name, seen in names.items()
        ]
        + [symbol(path, "Cup", "class", signature="class Cup")]
        + [symbol(path, "Cup.colour", "field", signature="colour: str")]
    )
    found = told(repo)
    assert found["a.py#Box"].summary == "Class with properties size, name and _hidden."
    assert found["a.py#Cup"].summary == "Class with field colour."


def test_what_a_module_exports_is_no_list() -> None:
    """`__all__` is part of the language: its sentence says what it is for, and a long value is shown in part."""
    path = "a.py"
    signatures = {"__all__": '__all__ = ["load", "save"]', "RULE": f"RULE = first | {'second | ' * 9}last"}
    repo = repository(
        [module(path)] + [symbol(path, name, "variable", signature=text) for name, text in signatures.items()]
    )
    found = told(repo)
    assert found["a.py#__all__"].summary == "What import * takes from here: load and save."
    assert found["a.py#RULE"].summary.startswith("Variable set to first | second | ")


def test_what_the_standard_traits_ask_for_is_told_as_what_it_is() -> None:
    """`fmt` is no feature of a type; a tuple struct is told by what it is of."""
    path = "a.rs"
    signatures = {
        "Hint": ("struct", "pub struct Hint(pub(crate) bool)"),
        "Hint.fmt": ("method", "fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result"),
        "Walk": ("struct", "struct Walk"),
        "Walk.next": ("method", "fn next(&mut self) -> Option<u8>"),
        "Walk.skip": ("method", "fn skip(&mut self)"),
    }
    repo = repository(
        [module(path, language="rust")]
        + [symbol(path, name, kind, signature=text, language="rust") for name, (kind, text) in signatures.items()]
    )
    found = {page.title: page.summary for page in told(repo).values()}
    assert found["Hint"] == "Struct of bool."
    assert (found["Hint.fmt"], found["Walk.next"]) == ("How Hint is formatted.", "Next item of Walk.")
    assert found["Walk"] == "Struct with skip."


def test_a_file_is_not_told_by_the_tests_at_its_end() -> None:
    """Rust's tests stand in the file that they test; what is tested matters."""
    path = "a.rs"
    repo = repository(
        [module(path, language="rust")]
        + [symbol(path, name, "function", at, language="rust") for at, name in enumerate(("test_add", "add"), 1)],
        entries=[("test", "test_add", path, 1, f"{path}#test_add")],
    )
    page = told(repo, "file")[path]
    assert page.summary == "Defines add." and "test_add" not in page.body


def test_how_to_install_a_thing_is_not_what_it_is() -> None:
    """A README that only instructs says nothing of the whole; an introduction among the documents does. Where nothing
    else tells it, what the code or its package says stands there. A title is no section: a build tool is introduced
    below `Build tool`."""
    readme = "# Requirements\n\n# Installation\n\n## Fedora\n\nOn some systems another repository has to be enabled.\n"
    intro = "Introduction\n============\n\nWhat is it\n----------\n\nShop is a server that sells things to people.\n"
    texts = {"README.md": readme, "doc/introduction.rst": intro}
    page = told(repository([module("shop.py")], texts=texts), "repository")[""]
    assert page.summary == "Shop is a server that sells things to people."
    said = [module("shop/__init__.py", doc="Sells things to people, all day.")]
    page = told(repository(said, texts={"README.md": readme}), "repository")[""]
    assert page.summary == "Sells things to people, all day."
    tool = "# Build tool\n\nIt builds all that can be built here.\n\n## Installation\n\nRun it.\n"
    page = told(repository([module("shop.py")], texts={"README.md": tool}), "repository")[""]
    assert page.summary == "It builds all that can be built here."
