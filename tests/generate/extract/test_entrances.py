"""The repository's page tells where it is entered: programs, routes, commands, and how a request travels."""

from __future__ import annotations

from dataclasses import replace

from doctown.generate.extract import pages
from doctown.generate.extract.entrances import MAX_OF_A_PLACE, MAX_PLACES
from doctown.model import Artifact, Repository

from .repositories import module, repository, symbol

APP, STORE, TEST = "shop/app.py", "shop/store.py", "tests/test_app.py"


def sections(repo: Repository) -> dict[str, list[str]]:
    """Title → lines of each section of the repository's page."""
    body = next(page.body for page in pages(repo) if page.subject_kind == "repository")
    parts = (part.split("\n") for part in f"\n{body}".split("\n## ")[1:])
    return {title: [line for line in lines if line] for title, *lines in parts}


def link(key: str) -> str:
    return f"[`{key.partition('#')[2]}`](<doctown:symbol/{key}>)"


def shop(entries: list[tuple[str, str, str, int, str]]) -> Repository:
    return repository(
        [module(APP), symbol(APP, "login", "function", 2), symbol(APP, "logout", "function", 5), module(STORE),
         symbol(STORE, "load", "function", 2), symbol(STORE, "read", "function", 5), module(TEST),
         symbol(TEST, "index", "function", 2)],
        [(f"{APP}#login", f"{STORE}#load", "calls"), (f"{STORE}#load", f"{STORE}#read", "calls")],
        entries=entries,
    )  # fmt: skip


ROUTES = [
    ("route", "GET /login", APP, 2, f"{APP}#login"),
    ("route", "POST /login", APP, 2, f"{APP}#login"),
    ("route", "GET /logout", APP, 5, f"{APP}#logout"),
    ("route", "GET /", TEST, 2, f"{TEST}#index"),
    ("command", "sell", STORE, 2, f"{STORE}#load"),
]


def test_routes_and_commands_lead_to_what_runs() -> None:
    """Grouped by the file that declares them, methods of one path together; what tests declare is counted."""
    told = sections(shop(ROUTES))
    assert told["HTTP routes"] == [
        f"- [`{APP}`](<doctown:file/{APP}>)",
        f"  - `GET, POST /login` → {link(f'{APP}#login')}",
        f"  - `GET /logout` → {link(f'{APP}#logout')}",
        "Tests declare 1 more.",
    ]
    assert told["Commands"] == [f"- [`{STORE}`](<doctown:file/{STORE}>)", f"  - `sell` → {link(f'{STORE}#load')}"]


def test_a_request_is_followed_through_its_calls() -> None:
    """From the route through the calls behind it; a route that calls nothing has no journey."""
    steps = " → ".join(map(link, (f"{APP}#login", f"{STORE}#load", f"{STORE}#read")))
    assert sections(shop(ROUTES))["How a request travels"] == [f"- `GET /login` → {steps}"]


def test_without_routes_a_command_is_followed() -> None:
    """A command line tool is understood by what its commands do."""
    told = sections(shop(ROUTES[-1:]))
    steps = " → ".join(map(link, (f"{STORE}#load", f"{STORE}#read")))
    assert told["How a command runs"] == [f"- `sell` → {steps}"] and "HTTP routes" not in told


def test_where_only_tests_have_routes_none_are_listed() -> None:
    """A framework has hundreds of routes in its tests, and none of its own."""
    assert "HTTP routes" not in sections(shop(ROUTES[3:4]))


def test_lists_are_bounded() -> None:
    """Hundreds of routes stay a list that a person reads; how many more there are is said."""
    paths = [f"shop/p{index:02}.py" for index in range(MAX_PLACES + 2)]
    repo = repository(
        [one for path in paths for one in (module(path), symbol(path, "view", "function", 2))],
        entries=[
            ("route", f"GET /{path}/{index:02}", path, 2, f"{path}#view")
            for path in paths
            for index in range(MAX_OF_A_PLACE + 3)
        ],
    )
    told = sections(repo)["HTTP routes"]
    assert told[MAX_OF_A_PLACE + 1] == "  - and 3 more" and told[-1] == "- and those of 2 more files"
    assert len(told) == MAX_PLACES * (MAX_OF_A_PLACE + 2) + 1


def test_names_from_the_source_are_no_markup() -> None:
    """A route's path is a stranger's text: it is shown as code, whatever is in it."""
    evil = "GET /`<script>`](javascript:x)"
    (line,) = sections(shop([("route", evil, APP, 2, f"{APP}#login")]))["HTTP routes"][1:2]
    assert line.startswith("  - `` GET /`<script>`](javascript:x) `` → ")


def test_a_module_that_is_run_leads_to_what_its_last_lines_call() -> None:
    """`if __name__ == "__main__": main()` starts `main`, not what the module calls when it is imported."""
    repo = repository(
        [module(APP), symbol(APP, "helper", "function", 2), symbol(APP, "main", "function", 5)],
        [(f"{APP}#<module>", f"{APP}#main", "calls")],
        entries=[("main", APP, APP, 1, f"{APP}#<module>")],
    )
    assert sections(repo)["Entry points"] == [f"- [`{APP}`](<doctown:file/{APP}>) → {link(f'{APP}#main')}"]


def test_a_function_is_no_program_for_its_name() -> None:
    """A method called `main` that nothing outside runs is no entry point."""
    repo = repository([module(APP), symbol(APP, "main", "function", 2)])
    assert "Entry points" not in sections(repo)


def test_one_way_to_start_a_program_is_told_once() -> None:
    """`python -m shop` runs the module and, through its last lines, `main`: that is one program and one way."""
    init, run = "shop/__init__.py", "shop/__main__.py"
    repo = repository(
        [module(init), module(run), symbol(run, "main", "function", 5)],
        [(f"{run}#<module>", f"{run}#main", "calls")],
        entries=[("main", run, run, 1, f"{run}#<module>")],
    )
    assert sections(repo)["Entry points"] == [f"- [`python -m shop`](<doctown:file/{run}>) → {link(f'{run}#main')}"]


def test_a_plugin_is_the_module_that_it_names() -> None:
    """`shop.plugin` without a colon is the module itself, not the package that has it."""
    init, plugin = "shop/__init__.py", "shop/plugin.py"
    artifact = Artifact(
        key="setup.cfg#plugin:shop", path="setup.cfg", kind="plugin", name="shop", target="shop.plugin",
        summary="Plugin", detail="", start_line=1, end_line=1,
    )  # fmt: skip

    def leads_to(target: str) -> str:
        repo = repository([module(init), module(plugin)], artifacts=[replace(artifact, target=target)])
        return next(page.body for page in pages(repo) if page.subject_kind == "artifact").partition("\n")[0]

    assert f"(<doctown:file/{plugin}>)" in leads_to("shop.plugin")
    assert f"(<doctown:file/{init}>)" in leads_to("shop.nothing")


def test_an_example_is_no_way_into_the_project() -> None:
    """A library's manifest may name its examples; nobody enters the library there."""
    run = "examples/run.py"
    artifact = Artifact(
        key="Cargo.toml#example:run", path="Cargo.toml", kind="example", name="run", target=run, summary="Example",
        detail="", start_line=1, end_line=1,
    )  # fmt: skip
    assert "Entry points" not in sections(repository([module(run)], artifacts=[artifact]))
    own = replace(artifact, kind="entry_point", target="src/run.py")
    assert "Entry points" in sections(repository([module("src/run.py")], artifacts=[own]))
