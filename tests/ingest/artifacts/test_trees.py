"""YAML, JSON, TOML, INI and XML with their lines; attacks on their parsers are refused with a reason."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.ingest.artifacts.ini import ini_sections
from doctown.ingest.artifacts.markup import xml_root
from doctown.ingest.artifacts.trees import Tree, UnreadableError, json_tree, toml_document, yaml_documents


def plain(tree: Tree):
    if tree.kind == "mapping":
        return {key: plain(value) for key, value in tree.items.items()}
    return [plain(entry) for entry in tree.entries] if tree.kind == "sequence" else tree.text


def test_yaml_lines_are_exact():
    """A block ends with its own last line, not behind the comments and blank lines that follow it."""
    text = "jobs:\n  a:\n    run: |\n      one\n      two\n\n  # about b\n  b: [1,\n      2]\n\n# end\n"
    jobs = yaml_documents(text)[0].get("jobs")
    assert jobs.get("a").lines == (2, 6) or jobs.get("a").lines == (2, 5)
    assert jobs.get("b").lines == (8, 9)
    assert jobs.lines == (1, 9)


def test_yaml_tags_are_never_executed():
    """A tag that names a Python function is text like any other."""
    tree = yaml_documents("a: !!python/object/apply:os.system ['exit 1']\nb: !custom x\n")[0]
    assert plain(tree) == {"a": ["exit 1"], "b": "x"}


def test_yaml_alias_bomb():
    """Aliases that would unfold to millions of values are refused before they do."""
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    with pytest.raises(UnreadableError, match="values"):
        yaml_documents(bomb)


def test_yaml_that_holds_itself():
    """An alias to a value that contains it ends in a refusal, not in endless recursion."""
    with pytest.raises(UnreadableError, match="deeper"):
        yaml_documents("a: &a [*a]\n")


@pytest.mark.parametrize("read", [yaml_documents, json_tree])
def test_nesting_is_capped(read):
    """Depth is refused before a recursive parser meets it: in C, it would take the process along."""
    with pytest.raises(UnreadableError):
        read("[" * 100_000 + "]" * 100_000)
    with pytest.raises(UnreadableError, match="deeper"):
        read("[" * 200 + "]" * 200)


def test_yaml_merge_keys():
    """`<<` brings in the keys of an anchor; own keys win."""
    tree = yaml_documents("base: &b {image: x, stage: y}\njob:\n  <<: *b\n  stage: z\n")[0]
    assert plain(tree.get("job")) == {"image": "x", "stage": "z"}


def test_json_lines():
    """Keys and values know their lines, with tabs, escapes and nested values."""
    tree = json_tree('{\n\t"a": "x\\n\\ud83d\\ude00",\n\t"b": {\n\t\t"c": [1,\n\t\t2]\n\t}\n}\n')
    assert tree.get("a").text == "x\n😀"
    assert tree.get("a").lines == (2, 2)
    assert tree.get("b").lines == (3, 6)
    assert tree.get("b", "c").lines == (4, 5)


texts = st.text(max_size=8)
values = st.recursive(texts, lambda v: st.lists(v, max_size=4) | st.dictionaries(texts, v, max_size=4), max_leaves=20)


@settings(deadline=None)
@given(values, st.sampled_from([None, 2]))
def test_json_agrees_with_the_standard_library(value, indent):
    """Our reader of lines finds the same values as Python's own, however a file is written."""
    text = json.dumps(value, indent=indent)
    tree = json_tree(text)
    assert plain(tree) == value
    assert tree.lines == (1, text.count("\n") + 1)


def test_toml_lines():
    """Multi-line arrays and strings end where they end; tables end with their last key."""
    text = (
        '[project]\nname = "x"\ndependencies = [\n  "a[b]",  # ]\n  "c",\n]\n\n# about\n'
        '[tool.x]\ntext = """\n[no]\n"""\n[[bin]]\nname = "b"\n[[bin]]\nname = "c"\n'
    )
    document = toml_document(text)
    assert document.lines("project", "dependencies") == (3, 6)
    assert document.lines("project") == (1, 6)
    assert document.lines("tool", "x", "text") == (10, 12)
    assert document.lines("bin", "1") == (15, 16)
    assert document.strings("project", "dependencies") == ["a[b]", "c"]


def test_ini_lines_and_continuations():
    """Indented lines continue a value, comments between them do not end it."""
    sections = ini_sections("[a]\nx =\n    one\n    # no\n    two \\\n      three\n\n[b] ; c\ny: 1\n")
    assert [(s.name, s.lines) for s in sections] == [("a", (1, 6)), ("b", (8, 9))]
    assert sections[0].listed("x") == ["one", "two three"]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        "<!DOCTYPE a><a/>",
        "<a>",
        "",
        "<a>" * 100 + "</a>" * 100,
    ],
)
def test_xml_attacks_are_refused(text):
    """Document types, and so entities, are refused; so are depth and what is no XML."""
    with pytest.raises(UnreadableError):
        xml_root(text)


def test_xml_lines():
    """Elements know their lines; names come without namespace prefixes."""
    root = xml_root('<m:a xmlns:m="u">\n  <b>\n x </b>\n</m:a>')
    assert (root.name, root.lines, root.value("b")) == ("a", (1, 4), "x")
    assert [child.lines for child in root.children] == [(2, 3)]
