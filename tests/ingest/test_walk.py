"""Which files are read, and why the others are not: every file is accounted for, and no source lost by its name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.ingest.walk import Reason, WalkLimits, plan
from doctown.model import Entry

LIMITS = WalkLimits()


def reasons(*paths, limits=LIMITS, **sizes):
    """Path → reason of what is skipped; paths may be (path, size)."""
    entries = [Entry(path=p, size=100) if isinstance(p, str) else Entry(path=p[0], size=p[1]) for p in paths]
    wanted, skipped = plan(entries, limits)
    assert len(wanted) + len(skipped) == len(entries)
    return {file.path: file.reason for file in skipped}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("web/node_modules/a/index.js", Reason.VENDORED),
        ("third_party/zlib/inflate.c", Reason.VENDORED),
        ("vendored-zlib/inflate.c", Reason.VENDORED),
        ("pip/_vendor/rich/text.py", Reason.VENDORED),
        ("lib/python3.11/site-packages/x.py", Reason.VENDORED),
        ("vendor/github.com/x/y.go", Reason.VENDORED),
        ("static/js/vendor/jquery/jquery.js", Reason.VENDORED),
        ("assets/jquery-3.6.0.js", Reason.VENDORED),
        (".git/HEAD", Reason.VERSION_CONTROL),
        ("package-lock.json", Reason.LOCK),
        ("sub/Cargo.lock", Reason.LOCK),
        ("go.sum", Reason.LOCK),
        ("uv.lock", Reason.LOCK),
        ("pylock.dev.toml", Reason.LOCK),
        ("api/user_pb2.py", Reason.GENERATED),
        ("api/user.pb.go", Reason.GENERATED),
        ("app.js.map", Reason.GENERATED),
        ("Form1.Designer.cs", Reason.GENERATED),
        ("x.egg-info/PKG-INFO", Reason.GENERATED),
        ("gradlew", Reason.GENERATED),
        ("a/jquery.min.js", Reason.MINIFIED),
        ("locale/de/LC_MESSAGES/django.po", Reason.TRANSLATION),
        ("locale/de/LC_MESSAGES/django.mo", Reason.BINARY),
        ("logo.PNG", Reason.BINARY),
        ("a/__pycache__/x.cpython-311.pyc", Reason.OUTPUT),
        ("data/cities.csv", Reason.DATA),
        ("logo.svg", Reason.DATA),
        ("nb.ipynb", Reason.DATA),
    ],
)
def test_what_is_skipped_by_its_path(path, reason):
    """Each family of files that nobody documents is recognised by name and says why it is skipped."""
    assert reasons(path) == {path: reason}


@pytest.mark.parametrize(
    "path",
    [
        "Tools/build/generate_token.py",  # hand-written sources in a folder that is often an output
        "src/build/index.ts",
        "cmd/dist/main.go",
        "lib/flask/app.py",
        "Lib/venv/__init__.py",  # Python's own module, no virtual environment
        "shop/vendor/models.py",  # a domain's word, no copy of a library
        "com/acme/vendor/Vendor.java",
        "external/api.py",
        "deps/resolver.rs",
        "src/target/mod.rs",
        "types.d.ts",
        "package.json",
        "locale/__init__.py",
        "bin/tool",
        "core/lock.py",
        "min.js",
        "a/generated/notes.py",
        "src/jquery.js",
        ".github/workflows/ci.yml",
    ],
)
def test_what_only_looks_so_is_read(path):
    """Names that are sometimes innocent are read unless there is evidence against them."""
    assert reasons(path) == {}


def test_evidence_settles_ambiguous_folders():
    """`vendor`, `deps`, `target`, `venv` are judged by the files beside and in them."""
    assert set(reasons("app/go.mod", "app/vendor/x/y.go")) == {"app/vendor/x/y.go"}
    assert set(reasons("sub/vendor/lib/LICENSE", "sub/vendor/lib/a.c")) == {
        "sub/vendor/lib/LICENSE",
        "sub/vendor/lib/a.c",
    }
    assert set(reasons("mix.exs", "deps/plug/lib/plug.ex")) == {"deps/plug/lib/plug.ex"}
    assert set(reasons("Cargo.toml", "target/debug/build.rs")) == {"target/debug/build.rs"}
    assert set(reasons("venv/pyvenv.cfg", "venv/lib/a.py")) == {"venv/pyvenv.cfg", "venv/lib/a.py"}
    assert reasons("venv/lib/a.py") == {}


def test_dist_is_skipped_only_if_its_sources_are_there():
    """A published package may consist of its `dist`: then that is what gets documented."""
    published = ["package.json", ("dist/index.js", 50_000), ("dist/index.d.ts", 900), "README.md"]
    assert reasons(*published) == {}
    assert set(reasons(*published, ("src/main.js", 40_000))) == {"dist/index.js", "dist/index.d.ts"}
    # A shim at the root that requires the bundle is not the source of it.
    assert reasons(*published, ("index.js", 190)) == {}
    # Neither are a bundler's settings or the tests.
    assert reasons(*published, ("rollup.config.js", 9_000), ("test/a.test.js", 90_000)) == {}


def test_dist_of_each_package_is_judged_by_its_own_sources():
    """In a repository of several packages, one package's sources say nothing of another's `dist`."""
    found = reasons(
        "packages/a/package.json", ("packages/a/src/a.js", 9_000), ("packages/a/dist/a.js", 9_000),
        "packages/b/package.json", ("packages/b/dist/b.js", 9_000),
    )  # fmt: skip
    assert found == {"packages/a/dist/a.js": Reason.OUTPUT}


def test_compiled_copies_of_typescript_are_outputs():
    """A package that ships its TypeScript is documented from it, once, and not from the copies beside it."""
    found = reasons(
        "package.json", "src/index.ts", "src/v4/core.ts", "index.js", "index.cjs", "index.d.ts", "index.d.cts",
        "v4/core.js", "v4/core.d.ts", "v4/package.json", "lib/v4/core.js", "bin/cli.js",
    )  # fmt: skip
    assert set(found) == {
        "index.js", "index.cjs", "index.d.ts", "index.d.cts", "v4/core.js", "v4/core.d.ts", "lib/v4/core.js",
    }  # fmt: skip
    # Without declarations beside it, a script that shares a name with a source is believed to be written by hand.
    assert reasons("package.json", "src/index.ts", "index.js") == {}


def test_one_of_two_module_formats_is_read():
    """The same code as CommonJS and as a module is documented once; a shim does not outweigh the code."""
    assert set(reasons(("a.js", 900), ("a.cjs", 1000))) == {"a.cjs"}
    assert reasons(("a.mjs", 90), ("a.cjs", 1000)) == {}
    assert set(reasons("es/util/a.js", "cjs/util/a.js")) == {"cjs/util/a.js"}
    assert set(reasons("index.js", "index.esm.js", "index.umd.js")) == {"index.js", "index.umd.js"}
    assert set(reasons("dist/rng.js", "dist-node/rng.js")) == {"dist-node/rng.js"}


def test_a_folder_of_modules_stands_for_the_same_scripts_above_it():
    """Many packages hold everything twice, as CommonJS at the top and as modules in `esm`: it is documented once."""
    twice = [
        "vanilla.js",
        "vanilla.d.ts",
        "react/shallow.js",
        "esm/vanilla.mjs",
        "esm/vanilla.d.mts",
        "esm/react/shallow.mjs",
    ]
    assert set(reasons(*twice, "cli.js")) == {"vanilla.js", "vanilla.d.ts", "react/shallow.js"}
    # A shim in there does not outweigh the script that it loads, and a few names in common make no copy.
    assert reasons(("a.js", 1000), ("esm/a.mjs", 90)) == {}
    assert reasons("index.js", "esm/index.js", "esm/a.js", "esm/b.js") == {}


def test_size_cap_names_itself():
    """An oversized file is listed with the limit that it went over."""
    assert reasons(("big.py", (1 << 20) + 1)) == {"big.py": "larger than 1 MiB"}
    assert reasons(("big.py", 1 << 20)) == {}
    assert reasons(("big.py", 2000), limits=WalkLimits(max_file_bytes=1000)) == {"big.py": "larger than 1000 bytes"}


def test_caps_list_the_rest_and_keep_the_root():
    """Over a cap the build goes on with what lies nearest to the root, and the rest is listed."""
    paths = ["README.md", "a/b/c/deep.py", "a/x.py", "pyproject.toml"]
    assert reasons(*paths, limits=WalkLimits(max_files=3)) == {"a/b/c/deep.py": Reason.FILE_CAP}
    assert reasons(*paths, limits=WalkLimits(max_total_bytes=350)) == {"a/b/c/deep.py": Reason.BYTE_CAP}
    assert reasons(*paths, limits=WalkLimits(max_depth=3)) == {"a/b/c/deep.py": Reason.DEPTH_CAP}
    assert reasons("x" * 2000 + ".py") == {"x" * 2000 + ".py": Reason.PATH_CAP}


def test_what_is_no_file_is_listed():
    """Symbolic links, submodules and devices are never followed or read, but they are listed."""
    entries = [
        Entry(path="link.py", size=1, kind="symlink"),
        Entry(path="sub", size=0, kind="submodule"),
        Entry(path="pipe", size=0, kind="special"),
    ]
    wanted, skipped = plan(entries, LIMITS)
    assert wanted == []
    assert {f.path: f.reason for f in skipped} == {
        "link.py": Reason.SYMLINK,
        "sub": Reason.SUBMODULE,
        "pipe": Reason.SPECIAL,
    }
    assert all(f.status == "skipped" and f.sha256 == "" for f in skipped)


segments = st.sampled_from(["a", "vendor", "dist", "src", "node_modules", "b.py", "x.min.js", "go.mod", "ü", "LICENSE"])
paths = st.lists(st.lists(segments, min_size=1, max_size=5).map("/".join), unique=True, max_size=30)


@settings(deadline=None)
@given(paths, st.integers(1, 10), st.randoms())
def test_every_entry_ends_up_in_exactly_one_list(names, cap, chance):
    """Nothing disappears and nothing doubles, and the order in which entries come does not matter."""
    entries = [Entry(path=name, size=len(name)) for name in names]
    wanted, skipped = plan(entries, WalkLimits(max_files=cap))
    assert sorted([e.path for e in wanted] + [f.path for f in skipped]) == sorted(names)
    assert all(f.reason for f in skipped)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert plan(shuffled, WalkLimits(max_files=cap)) == (wanted, skipped)
