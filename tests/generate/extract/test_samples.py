"""What a README shows to type: which of its code blocks count as installing and as a first use."""

from __future__ import annotations

from doctown.generate.extract.samples import read_samples

MARKDOWN = """# Shop

```
not below a heading that says so
```

## Install ##

```sh
$ pip install shop
```

### Quick start

```python
import shop
```

```python
a_second_block_of_the_same_heading()
```

## .usage

```js
program.usage("x")
```

## Internals

```
nothing for a beginner
```
"""

RST = """Shop
====

Installing
----------

.. code-block:: console

    $ pip install shop

Usage
-----

Like this::

    import shop

    shop.open()

Words.
"""


def test_installing_comes_first_then_a_first_use() -> None:
    """Below headings about installing and using, the first code block each; a method called `.usage` is none."""
    found = read_samples(MARKDOWN, "README.md")
    assert [(one.title, one.language, one.lines, one.installs) for one in found] == [
        ("Install", "sh", ("$ pip install shop",), True),
        ("Quick start", "python", ("import shop",), False),
    ]


def test_restructuredtext_is_read_too() -> None:
    """Directives and literal blocks are code there, an underline is a heading."""
    found = read_samples(RST, "README.rst")
    assert [(one.title, one.language, one.installs) for one in found] == [
        ("Installing", "console", True),
        ("Usage", "", False),
    ]
    assert found[1].lines == ("import shop", "", "shop.open()")


def test_a_command_that_installs_needs_no_heading_about_it() -> None:
    """`npm install x` says what it is, whatever stands above it."""
    (found,) = read_samples("# X\n\n## Node\n\n```\nnpm install x\n```\n", "README.md")
    assert (found.title, found.installs) == ("Node", True)


def test_a_long_listing_is_no_first_step() -> None:
    """A sample of a hundred lines is passed over."""
    long = "\n".join(f"line {index}" for index in range(100))
    assert read_samples(f"# X\n\n## Usage\n\n```\n{long}\n```\n", "README.md") == ()


def test_the_first_code_behind_the_installation_is_a_first_use() -> None:
    """A README need not call it usage. What stands below talk of building or upgrading is none, nor are settings."""
    readme = "# Shop\n\n```bash\nnpm install shop\n```\n\n## {}\n\n```{}\nopen()\n```\n\n"
    readme += "## Using taxes\n\n```js\ntax()\n```\n"

    def told(title: str, language: str) -> list[str]:
        return [one.title for one in read_samples(readme.replace("{}", title, 1).replace("{}", language), "README.md")]

    assert told("First open a shop", "jsx") == ["Shop", "First open a shop", "Using taxes"]
    assert told("First open a shop", "json") == ["Shop", "Using taxes"]
    assert told("Upgrading", "jsx") == ["Shop", "Using taxes"]
    assert [one.title for one in read_samples(readme.replace("## {}\n\n", "").replace("{}", "js"), "README.md")] == [
        "Shop", "A first use", "Using taxes",
    ]  # fmt: skip
