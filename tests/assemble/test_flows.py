"""Entry points are found where the code declares them, and call paths lead from them."""

# ruff: noqa: E501 - a source and its entry points stand on a line each

from __future__ import annotations

from collections.abc import Mapping

import pytest

from doctown.assemble.flows import entry_points
from doctown.model import Artifact
from tests.assemble.resolve.support import facts_of, index_of


def found(files: Mapping[str, str], artifacts: tuple[Artifact, ...] = ()) -> list[str]:
    """`kind name -> key` of every entry point."""
    index, keys = index_of(facts_of(files))
    entries = entry_points(index, artifacts, lambda path: files.get(path, ""))
    return [f"{each.kind} {each.name} -> {keys[each.symbol]}" for each in entries]


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        (
            "app.py",
            'from flask import Flask\napp = Flask("x")\n\n@app.route("/users/<id>", methods=["GET", "POST"])\n'
            "def user(id):\n    return id\n\n@app.get('/')\ndef home():\n    return 1\n",
            ["route GET /users/<id> -> app.py#user", "route POST /users/<id> -> app.py#user", "route GET / -> app.py#home"],
        ),
        (
            "shop/urls.py",
            "from django.urls import path\n\ndef index(request): ...\n\nurlpatterns = [\n    path('shop/', index),\n]\n",
            ["route ANY /shop/ -> shop/urls.py#index"],
        ),
        (
            "tool.py",
            "import click\n\n@click.group()\ndef top(): ...\n\n@top.command('send-all')\ndef send(): ...\n\n"
            "@top.command()\ndef take_back(): ...\n",
            ["command top -> tool.py#top", "command send-all -> tool.py#send", "command take-back -> tool.py#take_back"],
        ),
        (
            "arguments.py",
            "import argparse\n\ndef build():\n    commands = argparse.ArgumentParser().add_subparsers()\n"
            "    commands.add_parser('serve')\n",
            ["command serve -> arguments.py#build"],
        ),
        (
            "cli.py",
            "import argparse\n\ndef serve(args): ...\n\ndef stop(args): ...\n\ndef build():\n"
            "    commands = argparse.ArgumentParser().add_subparsers()\n    one = commands.add_parser('serve', help='run')\n"
            "    one.add_argument('--port')\n    one.set_defaults(level=1, func=serve)\n"
            "    one = commands.add_parser('stop')\n    one.set_defaults(func=stop)\n    one = commands.add_parser('odd')\n",
            ["command serve -> cli.py#serve", "command stop -> cli.py#stop", "command odd -> cli.py#build"],
        ),
        (
            "server.js",
            "const express = require('express');\nconst app = express();\nfunction list(req, res) {}\n"
            "app.get('/users', list);\napp.get('setting');\nmap.get('/users');\n",
            ["route GET /users -> server.js#list"],
        ),
        (
            "main.go",
            'package main\n\nimport "net/http"\n\nfunc list(w http.ResponseWriter, r *http.Request) {}\n\nfunc main() {\n'
            '\thttp.HandleFunc("/users", list)\n\trouter.HandleFunc("/one", list).Methods("GET", "PUT")\n}\n',
            ["main main.go -> main.go#main", "route ANY /users -> main.go#list", "route GET /one -> main.go#list",
             "route PUT /one -> main.go#list"],
        ),
        (
            "cmd/serve.go",
            'package cmd\n\nimport "github.com/spf13/cobra"\n\nfunc run(c *cobra.Command, args []string) {}\n\n'
            'var serve = &cobra.Command{\n\tUse: "serve [port]",\n\tRun: run,\n}\n',
            ["command serve -> cmd/serve.go#run"],
        ),
        (
            "Users.java",
            '@RequestMapping("/users")\nclass Users {\n    @GetMapping("/{id}")\n    String one(String id) { return id; }\n'
            "    @Test\n    void works() {}\n}\n",
            ["route GET /users/{id} -> Users.java#Users.one", "test Users.works -> Users.java#Users.works"],
        ),
        (
            "Users.cs",
            '[Route("api/[controller]")]\nclass UsersController {\n    [HttpGet("{id}")]\n'
            "    public string One(string id) { return id; }\n}\n",
            ["route GET /api/Users/{id} -> Users.cs#UsersController.One"],
        ),
        (
            "src/main.rs",
            '#[get("/hello")]\nasync fn hello() -> u8 { 1 }\n\nfn main() {}\n\n#[test]\nfn works() {}\n',
            ["route GET /hello -> src/main.rs#hello", "main src/main.rs -> src/main.rs#main", "test works -> src/main.rs#works"],
        ),
        (
            "test_shop.py",
            "class TestShop:\n    def test_sells(self): ...\n    def helper(self): ...\n",
            ["test TestShop.test_sells -> test_shop.py#TestShop.test_sells"],
        ),
        ("tool/prog.c", "int main(void) { return 0; }\n", ["main tool/prog.c -> tool/prog.c#main"]),
    ],
)  # fmt: skip
def test_what_a_framework_or_a_language_calls_is_an_entry_point(path: str, source: str, expected: list[str]) -> None:
    """Routes, commands, mains and tests are named as their users know them, and lead to the function that runs."""
    assert sorted(found({path: source})) == sorted(expected)


def test_rails_routes_lead_to_the_methods_of_controllers() -> None:
    """Verbs, resources with their limits, and namespaces name routes as Rails does; what no controller has is none."""
    files = {
        "config/routes.rb": "Rails.application.routes.draw do\n  root to: 'home#index'\n  get '/about', to: 'home#about'\n"
        "  post 'login' => 'home#login'\n  resources :orders, only: [:index, :show] do\n    member do\n      post :cancel\n"
        "    end\n    resources :lines, except: %i[index]\n  end\n  namespace :admin do\n    resource :profile\n  end\n"
        "  get 'gone', to: 'nowhere#at_all'\nend\n",
        "app/controllers/home_controller.rb": "class HomeController\n  def index; end\n  def about; end\n  def login; end\nend\n",
        "app/controllers/orders_controller.rb": "class OrdersController\n  def index; end\n  def show; end\n"
        "  def destroy; end\n  def cancel; end\nend\n",
        "app/controllers/lines_controller.rb": "class LinesController\n  def index; end\n  def edit; end\nend\n",
        "app/controllers/admin/profiles_controller.rb": "class Admin::ProfilesController\n  def show; end\nend\n",
    }  # fmt: skip
    assert [line.replace("app/controllers/", "") for line in found(files)] == [
        "route GET / -> home_controller.rb#HomeController.index",
        "route GET /about -> home_controller.rb#HomeController.about",
        "route POST /login -> home_controller.rb#HomeController.login",
        "route GET /orders -> orders_controller.rb#OrdersController.index",
        "route GET /orders/:id -> orders_controller.rb#OrdersController.show",
        "route POST /orders/:id/cancel -> orders_controller.rb#OrdersController.cancel",
        "route GET /orders/:order_id/lines/:id/edit -> lines_controller.rb#LinesController.edit",
        "route GET /admin/profile -> admin/profiles_controller.rb#Admin.ProfilesController.show",
    ]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("client.py", "import requests\n\ndef load(session):\n    return session.get('/users')\n"),
        ("cache.js", "const cache = new Map();\nfunction take() { return cache.get('/x'); }\n"),
        ("lib.go", 'package lib\n\nfunc main() {}\nfunc get(c *Client) { c.Get("/users") }\n'),
        ("lib.py", "def main():\n    pass\n\ndef test_of_something():\n    pass\n"),
        ("lib.rs", "fn main() {}\n"),
    ],
)
def test_what_only_looks_like_one_is_none(path: str, source: str) -> None:
    """A request that a client sends, a lookup in a map and a function that nothing outside runs begin nothing."""
    assert found({path: source}) == []


def test_a_declared_script_leads_to_its_function_through_reexports() -> None:
    """A package's command is the function that its target names, wherever that is defined; an unknown one is none."""
    files = {"pkg/__init__.py": "from pkg.cli import main\n", "pkg/cli.py": "def main(): ...\n"}
    script = Artifact(
        key="pyproject.toml#entry_point:tool", path="pyproject.toml", kind="entry_point", name="tool", summary="",
        detail="", start_line=3, end_line=3, target="pkg:main",
    )  # fmt: skip
    lost = Artifact(
        key="pyproject.toml#entry_point:lost", path="pyproject.toml", kind="entry_point", name="lost", summary="",
        detail="", start_line=4, end_line=4, target="pkg.nowhere:main",
    )  # fmt: skip
    assert found(files, (script, lost)) == ["script tool -> pkg/cli.py#main"]


def test_a_program_that_runs_when_it_is_executed_begins_at_its_module() -> None:
    """`if __name__ == "__main__"` makes a Python file a program."""
    source = 'def run(): ...\n\nif __name__ == "__main__":\n    run()\n'
    assert found({"go.py": source}) == ["main go.py -> go.py#<module>"]
