"""Comments of every dialect as clean Markdown: first sentence, then the rest."""

from __future__ import annotations

import time

import pytest

from doctown.generate.extract.markup import document
from doctown.generate.extract.prose import read_prose
from doctown.generate.extract.samples import read_samples
from doctown.generate.extract.words import first_sentence

SPHINX = """Renders a page. See :meth:`~web.App.route` and ``x < 3``, `docs <https://a.b>`_ too.

:param name: the name
  goes on
:type name: str
:param int x: other
:returns: a :class:`Page`
:rtype: Page
:raises ValueError: if bad

.. versionadded:: 0.5
   Added things.

Example::

    foo(<b>)
"""
SPHINX_BODY = """See `route` and `x < 3`, [docs](https://a.b) too.

**Parameters**

- `name` (`str`): the name goes on
- `x` (`int`): other

**Returns:** a `Page`

**Raises**

- `ValueError`: if bad

*Added in version 0.5.* Added things.

Example:

```
foo(<b>)
```"""

GOOGLE = """Does it.

Args:
    a (int): first
        more
    b: second

Returns:
    The thing.

Raises:
    KeyError: when
"""
GOOGLE_BODY = """**Parameters**

- `a` (`int`): first more
- `b`: second

**Returns:** The thing.

**Raises**

- `KeyError`: when"""

NUMPY = """Does it.

Parameters
----------
x : int
    The x.
y
    The y.

Returns
-------
float
    The result.

Examples
--------
>>> 1 + 1
2
"""
NUMPY_BODY = """**Parameters**

- `x` (`int`): The x.
- `y`: The y.

**Returns:** float: The result.

**Examples**

```pycon
>>> 1 + 1
2
```"""

JAVADOC = """Returns the {@link java.util.List#get(int) item} of <code>List&lt;T&gt;</code>.
<p>Second <b>bold</b> part, <a href="https://x.y">here</a>.
<ul><li>One</li><li>Two</li></ul>
<pre>{@code
 int x = 3;
}</pre>

@param foo the foo
   goes on
@param <T> the type
@return the result
@throws IOException if bad
@author someone
"""
JAVADOC_BODY = """Second **bold** part, [here](https://x.y).

- One
- Two

```
int x = 3;
```

**Parameters**

- `foo`: the foo goes on
- `T`: the type

**Returns:** the result

**Raises**

- `IOException`: if bad"""

XML = """<summary>
Gets the <see cref="T:Shop.Order"/> by <paramref name="id"/>.
</summary>
<param name="id">The id.</param>
<returns>The order.</returns>
<exception cref="T:System.Exception">bad</exception>"""
XML_BODY = """**Parameters**

- `id`: The id.

**Returns:** The order.

**Raises**

- `System.Exception`: bad"""


@pytest.mark.parametrize(
    ("language", "comment", "summary", "body"),
    [
        ("python", SPHINX, "Renders a page.", SPHINX_BODY),
        ("python", GOOGLE, "Does it.", GOOGLE_BODY),
        ("python", NUMPY, "Does it.", NUMPY_BODY),
        ("java", JAVADOC, "Returns the item of List<T>.", JAVADOC_BODY),
        ("csharp", XML, "Gets the Shop.Order by id.", XML_BODY),
        ("cpp", "\\brief Computes \\c x.\n\n\\param[in] a the a\n\\return value", "Computes x.",
         "**Parameters**\n\n- `a`: the a\n\n**Returns:** value"),
        ("javascript", "Sends.\n@param {string} name - The name\n@returns {Promise<void>} when done", "Sends.",
         "**Parameters**\n\n- `name` (`string`): The name\n\n**Returns:** when done (`Promise<void>`)"),
        ("ruby", "Adds +x+.\n@param x [Integer] what\n@return [String] all", "Adds x.",
         "**Parameters**\n\n- `x` (`Integer`): what\n\n**Returns:** all (`String`)"),
        ("php", "Saves.\n@param string $name The name", "Saves.", "**Parameters**\n\n- `$name` (`string`): The name"),
        ("rust", "Finds [`Foo`].\n\n```\n# use a::b;\nfind();\n```", "Finds Foo.", "```rust\nfind();\n```"),
        ("rust", "Finds [`Foo`](crate::a::Foo) by [`find`](Self::find()), see [`docs`](https://a.example/b).",
         "Finds Foo by find, see docs.", ""),
        ("go", "Run runs it. See [Command.Execute].", "Run runs it.", "See `Command.Execute`."),
    ],
)  # fmt: skip
def test_each_dialect_reads_well(language: str, comment: str, summary: str, body: str) -> None:
    """Fields, tags, sections, roles and code of each dialect become the same plain Markdown."""
    text = document(comment, language)
    assert text.summary == summary
    assert text.body == body


def test_a_comment_that_only_says_what_is_returned_has_a_summary() -> None:
    """Java's getters often have nothing but `@return`."""
    assert document("@return the name of the shop", "java").summary == "Returns the name of the shop."


def test_a_heading_above_the_first_paragraph_is_no_summary() -> None:
    """Module docstrings often begin with the module's name, underlined."""
    text = document("shop.api\n~~~~~~~~\n\nTalks to the shop.\n\n:copyright: someone", "python")
    assert (text.summary, text.body) == ("Talks to the shop.", "")


def test_names_between_underscores_are_no_emphasis() -> None:
    """`__init__` stays what it is in summary and body."""
    text = document("Runs __init__ once. Then __del__ and `__call__`.", "python")
    assert (text.summary, text.body) == ("Runs __init__ once.", r"Then \_\_del\_\_ and `__call__`.")


def test_links_to_nowhere_keep_their_text() -> None:
    """A link that leads to a file of the author's own site is shown as its words."""
    assert (
        document("Do. See [this](docs/x.md) or [that](https://a.b).", "go").body == "See this or [that](https://a.b)."
    )


def test_angle_brackets_in_python_are_words() -> None:
    """Python's docstrings are no HTML: what looks like a tag is shown."""
    text = document("Return the <title> of it. Then `<b>` and <i>.", "python")
    assert text.summary == "Return the <title> of it."
    assert text.body == "Then `<b>` and &lt;i>."


@pytest.mark.parametrize(
    ("paragraph", "sentence"),
    [
        ("One. Two.", "One."),
        ("Uses e.g. Foo and i.e. Bar. Two.", "Uses e.g. Foo and i.e. Bar."),
        ("Version 1.2 of a.b.c does it. Two.", "Version 1.2 of a.b.c does it."),
        ("Calls `x. Y` first. Two.", "Calls `x. Y` first."),
        ("No end", "No end"),
        ("Why? Because.", "Why?"),
        ("By J. Doe it was. Two.", "By J. Doe it was."),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(paragraph: str, sentence: str) -> None:
    """Abbreviations, versions, initials and code end no sentence."""
    assert first_sentence(paragraph)[0] == sentence


def test_long_and_odd_comments_take_no_time() -> None:
    """Comments are up to 20,000 characters of anything: reading one is not quadratic in practice."""
    for unit in (
        "`",
        "![",
        "[x](",
        "- a\n\n",
        "<pre>",
        "@param ",
        ":param x: ",
        "    ",
        "{@code ",
        ".. x::\n",
        "a. ",
        "(",
        "|",
        "\\",
        "\n",
        " ",
    ):
        document(("Do it.\n\n" + unit * 20_000)[:20_000], "java")
        document(("Do it.\n\n" + unit * 20_000)[:20_000], "python")


@pytest.mark.parametrize(
    "text",
    [
        "# a" + " " * 19_000 + "x",
        "a" + "`" * 19_000,
        "- a" + "\n" * 19_000 + "- b",
        "`a <" + "_" * 19_000,
        "\n" * 19_000 + "x",
        "a`" + "\\" * 19_000,
    ],
    ids=["blanks", "backticks", "list", "underscores", "lines", "backslashes"],
)
def test_a_hostile_comment_or_readme_costs_nothing(text: str) -> None:
    """Runs of blanks, blank lines and backticks took ten seconds each; the limit here is generous for any machine."""
    before = time.process_time()
    document(f"A b.\n\n{text}", "go")
    read_prose(text, "a.md")
    read_samples(text, "a.md")
    assert time.process_time() - before < 2


def test_gos_indented_text_is_preformatted() -> None:
    """Go's comments mark what is preformatted by indentation alone, right below a sentence too."""
    text = document("Use is the message.\nRecommended:\n  [ ] optional\n  |   exclusive\nExample: add", "go")
    assert text.summary == "Use is the message."
    assert text.body == "Recommended:\n\n```\n[ ] optional\n|   exclusive\n```\n\nExample: add"


def test_a_paragraph_to_the_left_ends_an_indented_list() -> None:
    """Text that stands left of a list's markers does not belong to its last item."""
    text = document("Runs in order:\n  * Pre()\n  * Post()\nAll get the same.", "go")
    assert text.body == "- Pre()\n- Post()\n\nAll get the same."


def test_an_example_tag_shows_code() -> None:
    """What follows `@example` is code up to the next tag, its caption prose, and a fence of its own is kept."""
    text = document("Defines.\n\n@example <caption>Two ways</caption>\nprogram\n  .run('a <b>');\n@param x - it",
                    "javascript")  # fmt: skip
    assert text.body == ("**Example:** Two ways\n\n```\nprogram\n  .run('a <b>');\n```\n\n**Parameters**\n\n- `x`: it")
    assert "```js\nrun()\n```" in document("Does.\n\n@example\n```js\nrun()\n```", "javascript").body


def test_epytext_becomes_markdown() -> None:
    """Fields and inline marks of Twisted's documentation are read, marks within marks and addresses too."""
    text = document(
        "Return a L{Deferred<twisted.internet.defer.Deferred>} that fires with C{True}.\n\n"
        "See U{the docs<https://example.org/x>}, U{its server<javascript:x>}, B{this I{one}} and C{a B{b}}.\n\n"
        "@param path: the C{str}\n@type path: L{FilePath} or C{None}\n@return: an E{lb}object{}.\n"
        "@raise OSError: always",
        "python",
    )
    assert text.summary == "Return a Deferred that fires with True."
    assert text.body.startswith("See [the docs](https://example.org/x), its server, **this one** and `a b`.")
    assert "- `path` (`FilePath` or `None`): the `str`" in text.body
    assert "**Returns:** an {object{}." in text.body
    assert "- `OSError`: always" in text.body


@pytest.mark.parametrize(
    "comment",
    ["A set, like {1, 2} and N{BULLET}.", "Mail me@param.org: now.", "A dict: D{x}, Z{1}."],
)
def test_what_is_no_epytext_stays(comment: str) -> None:
    """Braces and signs alone are no markup."""
    assert document(comment, "python").summary == comment


def test_epytext_is_pythons_alone() -> None:
    """In other languages `C{1}` is what it says: a C++ object, for one."""
    assert "C{1}" in document("Makes C{1} of it.", "cpp").summary


def test_types_with_markup_of_their_own_are_read() -> None:
    """A role in the type of a parameter is not shown as it is written."""
    text = document("Opens.\n\n:param spider: the one\n:type spider: :class:`~scrapy.Spider` or None", "python")
    assert text.body == "**Parameters**\n\n- `spider` (`Spider` or None): the one"


def test_a_link_to_a_method_keeps_its_name() -> None:
    """The types of a linked method's parameters, between commas and blanks, are no label."""
    comment = "Parses.\n\n- {@link #parse(java.io.File, Charset, Format)}\n- {@link #go(int) the other}"
    assert document(comment, "java").body == "- `parse(File, Charset, Format)`\n- `the other`"


def test_a_list_that_a_readme_leads_to_is_part_of_what_it_says() -> None:
    """A sentence that ends with a colon is shown with its list, or not at all; names of links are names."""
    text = "Demo_ reads letters. Its aims are:\n\n- Small,\n  and quick\n\n- `Well told`_\n\n.. _Demo: https://x.y\n"
    told = read_prose(text, "README.rst")
    assert (told.summary, told.body) == ("Demo reads letters.", "Its aims are:\n\n- Small, and quick\n- Well told")
    told = read_prose("Demo reads all your letters. Use it so:\n\n    demo letter\n", "README.rst")
    assert (told.summary, told.body) == ("Demo reads all your letters.", "")
    told = read_prose("Reads what snake_ and other_names_ mean, all of it.\n", "README.rst")
    assert told.summary == "Reads what snake_ and other_names_ mean, all of it."
    told = read_prose(
        "To build the documentation, invoke::\n\n    make\n\nThen open the pages in a browser.\n", "README.rst"
    )
    assert told.summary == "Then open the pages in a browser."


def test_a_line_that_is_ruled_off_is_read_without_the_rule() -> None:
    """Dashes before the only line of a comment draw; before several lines they are a list."""
    assert document("-- bool Value", "go").summary == "bool Value"
    assert document("- one\n- two", "go").body == "- one\n- two"
