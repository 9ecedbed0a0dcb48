"""Imports by the names that manifests give: packages of a repository, what they export, short names of settings."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from .support import edges

USE = "import { add } from '{}'\nexport function run() { add(1) }\n"
ADD = "export function add(a) { return a }\n"


def manifest(name: str, **more: object) -> str:
    return json.dumps({"name": name} | more)


def leads(files: Mapping[str, str], module: str, importer: str = "apps/shop/main.ts") -> list[str]:
    """Where `add`, imported from the module, is defined."""
    found = edges({**files, importer: USE.replace("{}", module)})
    return [edge.partition(" -> ")[2].removesuffix(" resolved") for edge in found]


@pytest.mark.parametrize(
    ("exported", "module", "path"),
    [
        ({}, "@shop/prices", "packages/prices/src/index.ts"),
        ({}, "@shop/prices/lib/add", "packages/prices/lib/add.ts"),
        ({"main": "./dist/index.js"}, "@shop/prices", "packages/prices/src/index.ts"),
        ({"main": "lib/main"}, "@shop/prices", "packages/prices/lib/main.js"),
        ({"exports": "./build/modern/index.mjs"}, "@shop/prices", "packages/prices/src/index.ts"),
        ({"exports": {"import": {"types": "./t.d.ts", "default": "./dist/a.mjs"}}}, "@shop/prices",
         "packages/prices/src/a.ts"),
        ({"exports": {"./tax": "./dist/vat.js", ".": "./dist/index.js"}}, "@shop/prices/tax",
         "packages/prices/src/vat.ts"),
        ({"exports": {"./*": "./dist/*.js"}}, "@shop/prices/tax/eu", "packages/prices/src/tax/eu.ts"),
        ({"exports": {"./tax/*": "./dist/no/*.js", "./tax/eu": "./dist/a.js"}}, "@shop/prices/tax/eu",
         "packages/prices/src/a.ts"),
    ],
)  # fmt: skip
def test_a_package_of_the_repository_is_found_by_name(exported: dict[str, object], module: str, path: str) -> None:
    """Workspaces import each other by name. What package.json exports is the compiled file, which nobody commits: its
    source is meant."""
    files = {"packages/prices/package.json": manifest("@shop/prices", **exported), path: ADD}
    assert leads(files, module) == [f"{path}#add"]
    assert leads(files, "@shop/other") == []


def test_a_package_may_import_itself_by_name() -> None:
    """As published packages and their examples do."""
    files = {"package.json": manifest("shop", exports={"./*": {"import": "./esm/*.js"}}), "esm/tax.js": ADD}
    assert leads(files, "shop/tax", "src/main.ts") == ["esm/tax.js#add"]


def test_what_tests_call_a_package_is_theirs() -> None:
    """A made-up `react` among the tests' data is not what the project imports."""
    files = {"tests/data/react/package.json": manifest("react"), "tests/data/react/index.js": ADD}
    assert leads(files, "react") == []
    assert leads(files, "react", "tests/main.ts") == ["tests/data/react/index.js#add"]


def test_of_two_packages_of_one_name_the_nearest_is_meant() -> None:
    """Examples bring their own copies."""
    files = {
        f"{place}/lib/{name}": text
        for place in ("one", "two")
        for name, text in {"package.json": manifest("lib"), "index.js": ADD}.items()
    }
    assert leads(files, "lib", "two/app.ts") == ["two/lib/index.js#add"]


def test_settings_give_short_names() -> None:
    """`paths` and `baseUrl` of a tsconfig.json, comments and all, hold for the files below it; the innermost count."""
    settings = """{
      // where things are
      "compilerOptions": {
        "baseUrl": "./code", /* all of it */
        "paths": { "@lib/*": ["lib/*", "old/*"], "tax": ["lib/vat.ts"], },
      },
    }"""
    files = {"apps/shop/tsconfig.json": settings, "apps/shop/code/lib/sum.ts": ADD, "apps/shop/code/lib/vat.ts": ADD}
    assert leads(files, "@lib/sum") == ["apps/shop/code/lib/sum.ts#add"]
    assert leads(files, "tax") == ["apps/shop/code/lib/vat.ts#add"]
    assert leads(files, "lib/sum") == ["apps/shop/code/lib/sum.ts#add"]
    assert leads(files, "@lib/sum", "apps/other/main.ts") == []
    inner = {"apps/shop/code/tsconfig.json": json.dumps({"compilerOptions": {"paths": {"tax": ["./own.ts"]}}})}
    files |= inner | {"apps/shop/code/own.ts": ADD}
    assert leads(files, "tax", "apps/shop/code/main.ts") == ["apps/shop/code/own.ts#add"]
    assert leads(files, "tax") == ["apps/shop/code/lib/vat.ts#add"]


def test_what_settings_do_not_name_stays_foreign() -> None:
    """`baseUrl` looks in one folder: `react` is no `src/react.ts`, and `lodash/add` no `src/add.ts`."""
    files = {"tsconfig.json": '{"compilerOptions": {"baseUrl": "."}}', "src/react.ts": ADD, "src/add.ts": ADD}
    assert leads(files, "react") == leads(files, "lodash/add") == []
    assert leads(files, "src/add") == ["src/add.ts#add"]


def test_a_package_has_names_of_its_own() -> None:
    """`imports` of a package.json, which begin with `#`."""
    files = {"packages/a/package.json": manifest("a", imports={"#tax": "./src/vat.js"}), "packages/a/src/vat.js": ADD}
    assert leads(files, "#tax", "packages/a/main.ts") == ["packages/a/src/vat.js#add"]
    assert leads(files, "#tax", "packages/b/main.ts") == []


GO_USE = 'package main\n\nimport "{}"\n\nfunc main() { add.Add(1) }\n'
GO_ADD = "package add\n\nfunc Add(a int) int { return a }\n"


def go_leads(files: Mapping[str, str], module: str, importer: str = "main.go") -> list[str]:
    found = edges({**files, importer: GO_USE.replace("{}", module)})
    return [edge.partition(" -> ")[2].removesuffix(" resolved") for edge in found]


def test_go_modules_are_called_as_their_go_mod_says() -> None:
    """One import is enough; a foreign module whose path ends as a folder does stays foreign."""
    files = {"go.mod": "module example.org/shop\n\ngo 1.22\n", "pkg/add/add.go": GO_ADD}
    assert go_leads(files, "example.org/shop/pkg/add") == ["pkg/add/add.go#Add"]
    assert go_leads(files, "github.com/other/pkg/add") == []
    files |= {"tools/go.mod": "module example.org/shop/tools\n", "tools/add/add.go": GO_ADD}
    assert go_leads(files, "example.org/shop/tools/add") == ["tools/add/add.go#Add"]
    same = {f"{place}/{name}": text for place in ("a", "b") for name, text in
            {"go.mod": "module example.org/m\n", "add/add.go": GO_ADD}.items()}  # fmt: skip
    assert go_leads(same, "example.org/m/add", "b/main.go") == ["b/add/add.go#Add"]


def test_crates_are_called_as_their_manifest_says() -> None:
    """The folder of a crate often has another name."""
    files = {
        "crates/core/Cargo.toml": '[package]\nname = "shop-core"\n',
        "crates/core/src/lib.rs": "pub fn add(a: i32) -> i32 { a }\n",
        "app/src/main.rs": "use shop_core::add;\nfn main() { add(1); }\n",
    }
    assert edges(files) == ["app/src/main.rs#main -> crates/core/src/lib.rs#add resolved"]
