"""Each family of build and configuration files, from a small real-looking file to what a reader is told."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.ingest.artifacts import extract


def found(path, text, language=""):
    """Key without its path → artifact."""
    artifacts, problems = extract(path, language, text)
    assert problems == ()
    lines = text.count("\n") + 1
    assert all(1 <= a.start_line <= a.end_line <= lines and a.summary.endswith((".", "…")) for a in artifacts)
    assert all(a.path == path and a.key.startswith(f"{path}#{a.kind}:") for a in artifacts)
    assert len({a.key for a in artifacts}) == len(artifacts)
    return {a.key.partition("#")[2]: a for a in artifacts}


def test_pyproject():
    """A package says what it is and needs; its command says which function it runs."""
    a = found(
        "pyproject.toml",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n[project]\nname = "demo"\n'
        'description = "Does things."\nrequires-python = ">=3.11"\ndependencies = ["a>=1", "b"]\n\n'
        '[project.scripts]\ndemo = "demo.cli:main"\n\n[project.optional-dependencies]\nfast = ["c"]\n\n'
        '[dependency-groups]\ndev = [{include-group = "test"}, "ruff"]\n'
        '\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n\n'
        '[tool.tox.env.types]\ndescription = "check types"\ncommands = [["mypy", "src"]]\n',
    )
    assert a["package:demo"].summary == "Python package demo: Does things; needs Python >=3.11; 2 dependencies."
    assert (a["package:demo"].start_line, a["package:demo"].end_line) == (5, 9)
    assert a["entry_point:demo"].target == "demo.cli:main"
    assert a["entry_point:demo"].start_line == 12
    assert a["extra:fast"].summary == "Optional feature `fast` adds `c`."
    assert a["dependency_group:dev"].summary == "Dependencies for development `dev` adds `ruff` and the groups `test`."
    assert a["tool_configuration:pytest"].summary == "Settings of pytest (tests); tests lie in `tests`."
    assert a["test_environment:types"].summary == "Tox environment `types`: check types; runs `mypy src`."
    assert "test_environment:(default)" not in a


def test_cmake():
    """A CMake project says what it needs, what it builds from which files and what can be chosen; variables that the
    file sets are filled in, comments and what another project made are not taken for targets."""
    a = found(
        "CMakeLists.txt",
        'cmake_minimum_required(VERSION 3.1)\nproject(demo VERSION 1.2 LANGUAGES C CXX\n  DESCRIPTION "Does things.")\n'
        "#[[ add_library(commented x.c)\n]]\n# add_library(commented_too x.c)\nset(SOURCES a.c b.c)\n"
        "list(APPEND SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/c.c)\nfind_package(ZLIB 1.2 REQUIRED)\nfind_package(Doxygen)\n"
        'option(DEMO_TLS "Speak TLS" ON)\nset(DEMO_DIR lib CACHE PATH "Where (it) goes")\n'
        "if(A AND (B OR C))\n  ADD_LIBRARY(${PROJECT_NAME} SHARED ${SOURCES})\nelse()\n  add_library(demo STATIC x.c)\n"
        "endif()\nadd_library(demo::demo ALIAS demo)\nadd_executable(tool main.c)\nadd_test(NAME t COMMAND tool)\n"
        'add_custom_target(check COMMAND ctest COMMENT "Runs the tests")\nadd_custom_target(${X})\n',
    )
    assert a["package:demo"].summary == "CMake project `demo`: Does things; needs `ZLIB`; can use `Doxygen`."
    assert (a["package:demo"].start_line, a["package:demo"].end_line) == (2, 3)
    assert "| `ZLIB` | `1.2` |" in a["package:demo"].detail
    assert "**Tests:** 1 test" in a["package:demo"].detail
    made = "`cmake --build build --target demo`: builds a shared library from `a.c`, `b.c` and `c.c`."
    assert a["build_target:demo"].summary == made
    assert a["build_target:demo"].start_line == 14
    assert a["build_target:tool"].summary == "`cmake --build build --target tool`: builds a program from `main.c`."
    assert a["build_target:check"].summary == "`cmake --build build --target check`: Runs the tests."
    assert a["configuration:-DDEMO_TLS"].summary == "Build option `-DDEMO_TLS`: Speak TLS; `ON` unless it is given."
    assert a["configuration:-DDEMO_DIR"].summary.endswith("Where (it) goes; `lib` unless it is given.")
    assert len(a) == 6


def test_autoconf_and_automake():
    """A `configure.ac` gives the package and the options of `./configure`, a `Makefile.am` what is built."""
    a = found(
        "configure.ac",
        "AC_PREREQ([2.60])\nAC_INIT([demo], [1.2], [bugs])\nAC_CHECK_LIB([m], [cos])\n"
        "PKG_CHECK_MODULES([Z], [zlib >= 1.2])\nAC_ARG_ENABLE([tls],\n  [AS_HELP_STRING([--disable-tls],\n"
        "    [Do not speak TLS (over TCP)])],\n  [use_tls=$enableval], [use_tls=yes])\nAC_ARG_WITH([extra])\n",
    )
    assert a["package:demo"].summary == "Autoconf package `demo`; needs `zlib >= 1.2`; looks for the libraries `m`."
    assert "**Version:** `1.2`" in a["package:demo"].detail
    told = a["configuration:--disable-tls"]
    assert told.summary == "Build option `--disable-tls`: Do not speak TLS (over TCP)."
    assert (told.start_line, told.end_line) == (5, 8)
    assert a["configuration:--with-extra"].summary == "Build option `--with-extra`."
    a = found(
        "src/Makefile.am",
        "lib_LTLIBRARIES = libdemo.la\nlibdemo_la_SOURCES = a.c \\\n b.c\ncheck_PROGRAMS = t\nt_SOURCES = t.c\n"
        "bin_PROGRAMS = @MAYBE@\n",
    )
    assert a["build_target:libdemo.la"].summary == "`make -C src libdemo.la`: builds a library from `a.c` and `b.c`."
    assert a["build_target:t"].summary == "`make -C src t`: builds a program for the tests from `t.c`."
    assert len(a) == 2


def test_meson():
    """A Meson project says what it needs and builds; texts of nested calls are not its sources."""
    a = found(
        "meson.build",
        "project('demo', 'c', 'cpp', version: '1.2', license: ['MIT'], default_options: ['c_std=c11'])\n"
        "# executable('no', 'no.c')\nz = dependency('zlib', version: '>=1.2', required: get_option('z'))\n"
        "lib = static_library('demo', ['a.c', 'b.c'], include_directories: include_directories('inc'))\n"
        "exe = executable('tool', files('main.c'), 'extra.c', link_with: lib, install: true)\ntest('t', exe)\n",
    )
    assert a["package:demo"].summary == "Meson project `demo`; needs `zlib`."
    assert "| `zlib` | `>=1.2` |" in a["package:demo"].detail
    assert "**Languages:** `c` and `cpp`" in a["package:demo"].detail
    made = "`meson compile -C build demo`: builds a static library from `a.c` and `b.c`."
    assert a["build_target:demo"].summary == made
    assert a["build_target:tool"].summary == "`meson compile -C build tool`: builds a program from `extra.c`."
    a = found("meson.options", "option('z', type: 'feature', value: 'auto', description: 'Compress.')\n")
    assert a["configuration:-Dz"].summary == "Build option `-Dz`: Compress; `auto` unless it is given."


def test_setup_py_is_never_executed(tmp_path):
    """What `setup()` is given as literals is read from the syntax tree; the program around it does not run."""
    mark = tmp_path / "ran"
    a = found(
        "setup.py",
        f"from setuptools import setup\nopen({str(mark)!r}, 'w')\nREQUIRED = ['a']\nsetup(\n    name='demo',\n"
        "    version=read(),\n    install_requires=REQUIRED,\n    extras_require={'x': ['b>=1']},\n"
        "    entry_points={'console_scripts': ['demo = demo.cli:main'], 'flask.commands': ['c=d:e']},\n)\n",
    )
    assert not mark.exists()
    assert a["package:demo"].summary == "Python package demo; 1 dependency."
    assert (a["entry_point:demo"].target, a["entry_point:demo"].start_line) == ("demo.cli:main", 9)
    assert a["plugin:flask.commands:c"].target == "d:e"
    assert a["extra:x"].summary == "Optional feature `x` adds `b`."


def test_setup_cfg():
    """The declarative form gives the same as the program."""
    a = found(
        "setup.cfg",
        "[metadata]\nname = demo\ndescription = Does things\n\n[options]\npython_requires = >=3.9\ninstall_requires =\n"
        "    a\n    b\n\n[options.entry_points]\nconsole_scripts =\n"
        "    one = x:y\n    two = x:z\n\n[mypy]\nstrict = true\n",
    )
    assert a["package:demo"].summary == "Python package demo: Does things; needs Python >=3.9; 2 dependencies."
    assert (a["entry_point:two"].target, a["entry_point:two"].start_line) == ("x:z", 14)
    assert "tool_configuration:mypy" in a


def test_tox_and_nox():
    """Test environments say what they run, and a noxfile is not executed to know it."""
    a = found("tox.ini", "[tox]\nenvlist = py{311,312}, lint\n\n[testenv]\ncommands = pytest {posargs}\n")
    assert a["test_matrix:tox"].summary == "Tox runs `py{311,312}` and `lint`."
    assert a["test_environment:(default)"].summary == "Tox environment `(default)` runs `pytest {posargs}`."
    a = found(
        "noxfile.py",
        'import nox\n\n@nox.session(python=["3.12"], name="unit")\ndef tests(session):\n    """Run the tests."""\n'
        '    session.install(".")\n    session.run("pytest", *session.posargs)\n\ndef helper():\n    pass\n',
    )
    assert list(a) == ["test_environment:unit"]
    assert a["test_environment:unit"].summary == "Nox session `unit`: Run the tests; runs `pytest {session.posargs}`."
    assert (a["test_environment:unit"].start_line, a["test_environment:unit"].end_line) == (3, 7)


def test_requirements_and_prose_of_that_name():
    """A requirements file lists packages; a text about constraints of a database lists none."""
    a = found("requirements/dev.txt", "-r base.txt\npytest>=8 # runs tests\nx[y]==1.0 \\\n  --hash=sha256:ab\n# no\n")
    assert a["requirements:dev.txt"].summary == "Installs 2 packages: `pytest` and `x[y]`; takes in `base.txt`."
    assert found("docs/constraints.txt", "Constraints\n===========\n\nThey are added to a table, as said.\n") == {}


def test_package_json():
    """Scripts, commands and entry points of an npm package, with the lines they stand on."""
    a = found(
        "package.json",
        '{\n  "name": "@x/demo",\n  "description": "Does things",\n  "engines": {"node": ">=18"},\n'
        '  "bin": {"demo": "./cli.js"},\n  "exports": {\n    ".": {\n'
        '      "types": "./i.d.ts",\n      "import": "./i.mjs",\n'
        '      "require": "./i.cjs"\n    }\n  },\n  "scripts": {\n'
        '    "build": "tsc && npm run lint",\n    "lint": "eslint ."\n'
        '  },\n  "workspaces": ["packages/*"],\n  "dependencies": {"a": "^1"}\n}\n',
    )
    assert a["package:@x/demo"].summary == (
        "npm package @x/demo: Does things; needs `node >=18`; 1 dependency; workspaces in `packages/*`."
    )
    assert a["package_script:build"].summary == "`npm run build` runs `tsc && npm run lint`."
    assert "**Calls:** `lint`" in a["package_script:build"].detail
    assert a["package_script:lint"].start_line == 15
    assert a["entry_point:demo"].target == "./cli.js"
    assert (a["module_entry:@x/demo"].target, a["module_entry:@x/demo"].start_line) == ("./i.mjs", 7)
    assert found("cjs/package.json", '{"type": "commonjs"}') == {}
    nested = (
        '{"name": "a", "exports": {"import": {"types": "./i.d.ts", "default": "./i.js"}}, "imports": {"#x": "./x.js"}}'
    )
    b = found("package.json", nested)
    assert (b["module_entry:a"].target, b["import_alias:#x"].target) == ("./i.js", "./x.js")


def test_tsconfig():
    """How TypeScript is compiled, and what imports may be called; comments and trailing commas are allowed there."""
    a = found(
        "web/tsconfig.app.json",
        '{\n  // "strict": false,\n  "compilerOptions": {\n    "target": "ES2022", "strict": true, /* so\n far */\n'
        '    "baseUrl": ".",\n    "paths": {"@/*": ["src/*"], "x//y": ["z"],},\n  },\n}\n',
    )
    assert a["tool_configuration:typescript"].summary == "TypeScript is compiled with target `ES2022`, strict `true`."
    assert (a["import_alias:@/*"].target, a["import_alias:@/*"].start_line) == ("./src/*", 7)
    assert (a["import_alias:x//y"].target, a["import_alias:*"].target) == ("./z", "./*")
    assert found("tsconfig.json", '{"extends": "./base.json"}') == {}


WORKFLOW = """\
name: Tests
on:
  push:
    branches: [main]
  pull_request:
jobs:
  tests:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, macos-latest]
        python: ["3.9", "3.10", "3.11", "3.12"]
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789
      - name: Test
        run: |
          pip install tox
          tox run
  release:
    needs: tests
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-latest
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


def test_github_workflow():
    """A job says when it runs, what it runs, on what and for which versions; `on` is not taken for a truth value."""
    a = found(".github/workflows/ci.yml", WORKFLOW)
    assert a["ci_workflow:Tests"].summary == ("Runs on push to `main` and pull_request; 2 jobs: `tests` and `release`.")
    assert a["ci_job:tests"].summary == (
        "Runs on push to `main` and pull_request; runs `tox run` on ubuntu-latest and macos-latest for Python 3.9–3.12."
    )
    assert (a["ci_job:tests"].start_line, a["ci_job:tests"].end_line) == (7, 18)
    assert a["ci_job:release"].summary.endswith("runs `pypa/gh-action-pypi-publish` on ubuntu-latest, after `tests`.")
    assert "1. `actions/checkout@0123" in a["ci_job:tests"].detail


def test_other_pipelines():
    """GitLab, CircleCI, Azure, Travis and Jenkins jobs say what they run."""
    a = found(
        ".gitlab-ci.yml",
        "image: python:3.12\nstages: [test]\n.base: {}\nunit:\n"
        "  stage: test\n  script:\n    - pip install tox\n    - tox\n",
    )
    assert a["ci_job:unit"].summary == "In stage `test`, runs `pip install tox` and `tox` in `python:3.12`."
    assert "ci_job:.base" not in a
    a = found(
        ".circleci/config.yml",
        "jobs:\n  unit:\n    docker:\n      - image: cimg/go:1.22\n"
        "    steps:\n      - checkout\n      - run: go test ./...\n"
        "workflows:\n  main:\n    jobs: [unit]\n",
    )
    assert a["ci_job:unit"].summary == "Runs `go test ./...` in `cimg/go:1.22`."
    assert a["ci_workflow:main"].summary == "Runs 1 job: `unit`."
    a = found(
        "azure-pipelines.yml",
        "jobs:\n- job: unit\n  pool: {vmImage: windows-latest}\n  steps:\n  - script: make test\n",
    )
    assert a["ci_job:unit"].summary == "Runs `make test` on windows-latest."
    a = found(".travis.yml", "language: python\npython: ['3.8', '3.9']\nscript: make test\n")
    assert a["ci_workflow:travis"].summary == "Runs `make test` with python 3.8 and 3.9."
    a = found(
        "Jenkinsfile", "pipeline {\n agent any\n stages {\n  stage('Build') {\n   steps { sh 'make' }\n  }\n }\n}\n"
    )
    assert a["ci_job:Build"].summary == "Jenkins stage that runs `make`."
    assert a["ci_job:Build"].start_line == 4


def test_dockerfile():
    """Each stage says its base, ports and what it starts; values of variables are never shown."""
    a = found(
        "Dockerfile",
        "ARG V=3\nFROM node:20 AS build\nRUN npm ci \\\n    # why\n"
        "    && npm run build\n\nFROM --platform=linux/amd64 python:3.12-slim\n"
        "COPY --from=build /app/dist /srv\nENV API_KEY=hunter PORT=80\nEXPOSE 80 443\nUSER app\n"
        'ENTRYPOINT ["python", "-m"]\nCMD ["app"]\n',
    )
    assert a["docker_stage:build"].summary == "Build stage on `node:20`; runs `npm ci && npm run build`."
    assert (a["docker_stage:build"].start_line, a["docker_stage:build"].end_line) == (2, 5)
    assert a["docker_stage:1"].summary == (
        "The image is built on `python:3.12-slim`; exposes the ports 80 and 443; starts `python -m app`."
    )
    assert a["docker_stage:1"].target == "python -m app"
    assert "`API_KEY` and `PORT`" in a["docker_stage:1"].detail
    assert "hunter" not in a["docker_stage:1"].detail


def test_compose_and_kubernetes():
    """Services and deployed objects say images, ports and needs; names of variables only."""
    a = found(
        "docker-compose.yml",
        "services:\n  web:\n    build: .\n    ports: ['80:8000']\n"
        "    depends_on: [db]\n    environment:\n      - DB_PASSWORD=hunter\n"
        "  db:\n    image: postgres:16\n",
    )
    assert a["compose_service:web"].summary == "Service `web` built from `.`; publishes 80:8000; needs `db`."
    assert "hunter" not in a["compose_service:web"].detail
    a = found(
        "deploy/app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n"
        "      containers:\n      - image: x/web:1\n"
        "        ports: [{containerPort: 80}]\n---\napiVersion: v1\nkind: Secret\n"
        "metadata: {name: s}\nstringData: {password: hunter}\n",
        "yaml",
    )
    assert a["kubernetes_object:Deployment/web"].summary == (
        "Kubernetes Deployment `web` runs `x/web:1` in 2 replicas on port 80."
    )
    assert "hunter" not in a["kubernetes_object:Secret/s"].detail


def test_makefile():
    """Targets that a person would ask for, with their help and recipe; files, patterns and variables are none."""
    a = found(
        "Makefile",
        "CC := gcc\n.PHONY: test clean\n\n# Runs everything.\n"
        "test: build ## run the tests\n\t@pytest -q \\\n\t  tests\n\n"
        "clean:\n\trm -rf x\n\nbuild: out.o\n\n%.o: %.c\n\t$(CC) $<\nout.o: a.c\n\t$(CC) a.c\nX = a: b\n",
    )
    assert list(a) == ["make_target:test", "make_target:clean", "make_target:build"]
    assert a["make_target:test"].summary == "`make test`: run the tests; runs `pytest -q tests`; after `build`."
    assert (a["make_target:test"].start_line, a["make_target:test"].end_line) == (5, 7)
    assert a["make_target:build"].summary == "`make build` stands for `out.o`."


def test_other_tasks():
    """justfiles, Procfiles, Rake tasks and composer scripts."""
    a = found(
        "justfile",
        "x := 'a'\n# Run the tests\ntest *args: build\n    pytest {{args}}\n\n_hidden:\n    true\n\nbuild:\n    make\n",
    )
    assert a["make_target:test"].summary == "`just test *args`: Run the tests; runs `pytest {{args}}`; after `build`."
    assert set(a) == {"make_target:test", "make_target:build"}
    assert found("Procfile", "web: gunicorn app:app\n")["process:web"].target == "gunicorn app:app"
    a = found("Rakefile", 'desc "Run it"\ntask :spec do\n  sh "rspec"\nend\ntask default: :spec\n')
    assert a["task:spec"].summary == "`rake spec`: Run it."
    a = found(
        "composer.json", '{"name": "a/b", "require": {"php": ">=8", "x/y": "^1"}, "scripts": {"test": ["phpunit"]}}'
    )
    assert a["package:a/b"].summary == "PHP package `a/b`; needs PHP >=8; 1 dependency."
    assert a["package_script:test"].summary == "`composer test` runs `phpunit`."


def test_packages_of_other_languages():
    """Go, Rust, Maven, Gradle, .NET and Ruby packages say what they are and need."""
    a = found("go.mod", "module ex.com/m\n\ngo 1.22\n\nrequire (\n\ta.com/b v1.2.3\n\tc.com/d v0.1.0 // indirect\n)\n")
    assert a["package:ex.com/m"].summary == "Go module `ex.com/m`; needs Go 1.22; 1 direct dependency: `a.com/b`."
    a = found(
        "Cargo.toml",
        '[package]\nname = "m"\ndescription = "Does things"\n\n[[bin]]\nname = "tool"\npath = "src/t.rs"\n\n'
        '[features]\ndefault = ["std"]\nstd = []\n\n[dependencies]\nserde = { version = "1", optional = true }\n',
    )
    assert a["package:m"].summary == "Rust crate m: Does things; 1 dependency."
    assert (a["entry_point:tool"].target, a["entry_point:tool"].start_line) == ("src/t.rs", 5)
    assert a["feature:default"].summary == "Default features enable `std`."
    a = found(
        "pom.xml",
        '<project xmlns="x"><groupId>g</groupId><artifactId>a</artifactId><properties><v>2</v>'
        "<java.version>17</java.version></properties>\n<dependencies><dependency><groupId>h</groupId>"
        "<artifactId>b</artifactId><version>${v}</version></dependency></dependencies></project>",
    )
    assert a["package:g:a"].summary == "Maven package `g:a`; needs Java 17; 1 dependency."
    assert "| `h:b` | `2` |" in a["package:g:a"].detail
    a = found(
        "app/build.gradle.kts",
        'plugins {\n  id("x.y")\n  kotlin("jvm")\n}\ndependencies {\n  implementation("g:a:1")\n}\n',
    )
    assert a["package:app"].summary == "Gradle project `app` with the plugins `x.y` and `kotlin-jvm`; 1 dependency."
    a = found(
        "src/A.csproj",
        '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>'
        '<ItemGroup><PackageReference Include="P" Version="1"/></ItemGroup></Project>',
    )
    assert a["package:A"].summary == ".NET web application `A` for `net8.0`; 1 package."
    a = found(
        "m.gemspec",
        'Gem::Specification.new do |s|\n  s.name = "m"\n  s.summary = "Does things"\n  s.executables = ["m"]\nend\n',
    )
    assert a["package:m"].summary == "Ruby gem m: Does things."
    assert a["entry_point:m"].start_line == 4


def test_environment_shows_names_and_never_values():
    """An example of an environment documents its variables; whatever stands behind `=` stays out of the pack."""
    a = found(
        ".env.example",
        "# Where the database is\nDATABASE_URL=postgres://u:hunter@h/d\n\n#DEBUG=hunter\nPORT=80 # to listen on\n",
    )
    artifact = a["environment:.env.example"]
    assert artifact.summary == "Configured by 3 environment variables: `DATABASE_URL`, `DEBUG` and `PORT`."
    assert "Where the database is" in artifact.detail
    assert "to listen on" in artifact.detail
    assert "hunter" not in artifact.detail + artifact.summary


def test_hooks_documentation_and_units():
    """pre-commit hooks, documentation builders, Dependabot, Helm and systemd units."""
    a = found(
        ".pre-commit-config.yaml",
        "repos:\n- repo: https://x.test/ruff\n  rev: v1\n  hooks:\n  - id: ruff\n    args: [--fix]\n",
    )
    assert a["pre_commit_hook:ruff"].summary == "Before a commit, `ruff` of x.test/ruff runs with `--fix`."
    a = found(
        "mkdocs.yml",
        "site_name: Demo\ntheme: {name: material}\nx: !!python/name:os.system\nnav:\n- a.md\n- B: [b.md, c.md]\n",
    )
    assert a["documentation:mkdocs"].summary == "MkDocs builds the site `Demo` with the theme material from 3 pages."
    a = found("docs/conf.py", 'project = "Demo"\nextensions = ["a"]\nx = __import__("os").system("exit 1")\n')
    assert a["documentation:sphinx"].summary == "Sphinx builds the documentation of Demo with 1 extension."
    a = found("a.service", "[Unit]\nDescription=Demo\n[Service]\nEnvironment=KEY=hunter\nExecStart=/bin/x --y\n")
    assert a["systemd_unit:a.service"].summary == "systemd unit for Demo starts `/bin/x --y`."
    assert "hunter" not in a["systemd_unit:a.service"].detail
    a = found("Chart.yaml", "name: demo\ndescription: Does things.\nversion: '1'\n")
    assert a["helm_chart:demo"].summary == "Helm chart demo: Does things."


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", "{"),
        ("pyproject.toml", "a = "),
        ("setup.py", "def ("),
        ("setup.py", "print 'Python 2'"),
        ("noxfile.py", "\0"),
        ("pom.xml", "<a"),
        ("pom.xml", '<!DOCTYPE p [<!ENTITY x "y">]><project>&x;</project>'),
        (".github/workflows/a.yml", "a: [b"),
        (".github/workflows/a.yml", "a: b: c"),
        ("composer.json", ""),
        ("Dockerfile", "RUN x"),
        ("go.mod", "x"),
    ],
)
def test_broken_files_give_a_problem(path, text):
    """A file that is not of its format gives one line that says so, no artifact and no exception."""
    artifacts, problems = extract(path, "", text)
    assert artifacts == ()
    assert len(problems) == 1
    assert "\n" not in problems[0]


def test_templates_and_strange_shapes_are_passed_over():
    """Helm templates are no YAML yet, and values of another shape than expected raise nothing."""
    assert extract("t/a.yaml", "yaml", "apiVersion: v1\nkind: {{ .Values.k }}\n") == ((), ())
    for path in ("package.json", "composer.json"):
        for text in ("[]", '"x"', "1", '{"scripts": [], "bin": 1, "exports": null, "name": {}, "require": []}'):
            extract(path, "json", text)
    for text in (
        "- a\n",
        "x\n",
        "jobs: x\n",
        "jobs: {a: b, c: [d], e: {steps: x, strategy: {matrix: y}}}\n",
        "on: [1]\n",
    ):
        for path in (".github/workflows/a.yml", ".gitlab-ci.yml", ".circleci/config.yml", ".travis.yml", "compose.yml"):
            extract(path, "yaml", text)
    for text in ("project = 1\n", "[project]\nname = 1\nscripts = 2\n", "[tool]\nx = 1\n[dependency-groups]\na = 1\n"):
        extract("pyproject.toml", "toml", text)
        extract("Cargo.toml", "toml", text)


@pytest.mark.parametrize(
    "pattern",
    [
        " ",
        "\t",
        "\n",
        "a ",
        "a\n",
        "\t\\\n",
        "agent {",
        "sh '''",
        "require (\n",
        "RUN <<A\n",
        "#[[",
        "f([=[",
        "AC_INIT([\n",
        "a_SOURCES = a\n",
        "set(A ${A} ${A})\n",
        "f('a', [",
        "f(a: ",
    ],
)
def test_hostile_text_costs_no_more_than_its_size(pattern):
    """Text made to send an expression back and forth is read in time proportional to its size, in every family."""
    text = "a" + pattern * (40_000 // len(pattern))
    for path in NAMES:
        began = time.process_time()
        extract(path, "yaml", text)
        assert time.process_time() - began < 3, path


KEYS = [
    "project", "tool", "name", "scripts", "bin", "exports", "dependencies", "workspace", "members", "jobs",
    "on", "steps", "run", "uses", "strategy", "matrix", "include", "services", "image", "ports", "env",
    "environment", "needs", "script", "stages", "build", "package", "features", "tox", "env_run_base",
    "commands", "poe", "tasks", "hatch", "envs", "pytest", "ini_options", "dependency-groups",
    "optional-dependencies", "entry-points", "poetry", "group", "repos", "hooks", "a", "build-system",
    "build-backend", "requires", "engines", "workspaces", "plugins", "nav", "spec", "containers", "kind",
    "apiVersion", "metadata", "require", "autoload", "psr-4", "docker", "orbs", "workflows", "updates", "runs",
    "default", "container", "with", "depends_on", "command", "data", "theme", "example", "types", "urls",
    "license",
]  # fmt: skip
shapes = st.recursive(
    st.sampled_from(["", "x", "a b", 1, True, 1.5]),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.sampled_from(KEYS), child, max_size=5),
    max_leaves=25,
)


def as_toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(child)}" for key, child in value.items()) + "}"
    return "[" + ", ".join(map(as_toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


NAMES = [
    "pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "tox.ini", "noxfile.py", "package.json", "go.mod",
    "Cargo.toml", "pom.xml", "build.gradle", "a.csproj", "a.gemspec", "Gemfile", "Rakefile", "composer.json",
    "Dockerfile", "compose.yml", ".github/workflows/a.yml", ".gitlab-ci.yml", ".circleci/config.yml", ".travis.yml",
    "azure-pipelines.yml", "Jenkinsfile", "Makefile", "justfile", "Procfile", ".pre-commit-config.yaml", ".env.example",
    "mkdocs.yml", "docs/conf.py", "a.service", "k8s.yaml", "Chart.yaml", "deno.json", "action.yml", ".coveragerc",
    "CMakeLists.txt", "configure.ac", "src/Makefile.am", "meson.build", "meson_options.txt",
]  # fmt: skip
FRAGMENTS = [
    "jobs:", "\n  a:", "\n    steps:", "\n    - run: |", "\n", "[project]", "name = 'x'", "{", "}",
    "\"scripts\"", ":", ",", "FROM x AS y", "RUN a \\", "<<EOF", "require (", ")", "[[bin]]", "'", "\"", "#",
    "\t", "setup(", "@nox.session", "def f(session): pass", "<project>", "</project>", "&a", "*a", "- ",
    "test: x", "apiVersion: v1", "kind: K", "[", "]", "stage('x')", "\\", "=", "éü", "%", "$(X)", "task x",
    "[testenv]", "commands = y",
    "project(", "add_library(a b.c)", "${A}", "set(A B)", "[[", "]]", "AC_INIT([", "])", "bin_PROGRAMS = a",
    "a_SOURCES", "executable('a', ['b'])", "option('a',",
]  # fmt: skip


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(NAMES), st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=25))
def test_no_text_makes_extraction_fail(path, fragments):
    """Whatever a stranger wrote into a build file, extraction returns artifacts within the file, or problems."""
    text = "".join(fragments)
    artifacts, _ = extract(path, "yaml" if path.endswith((".yml", ".yaml")) else "", text)
    lines = text.count("\n") + 1
    assert all(1 <= a.start_line <= a.end_line <= lines for a in artifacts)
    assert len({a.key for a in artifacts}) == len(artifacts)


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(KEYS), shapes, max_size=6))
def test_no_shape_of_values_makes_extraction_fail(path, value):
    """A valid file whose known keys hold values of unexpected types raises nothing."""
    if path.endswith(".toml"):
        text = "\n".join(f"{key} = {as_toml(child)}" for key, child in value.items())
    else:
        text = json.dumps(value)
    extract(path, "yaml", text)


def test_a_makefile_in_a_folder_is_asked_there():
    """The command says where: `make dist` at the root would not find the target of a part."""
    a = found("doc/Makefile", "dist:\n\tzip x\n")
    assert a["make_target:dist"].summary == "`make -C doc dist` runs `zip x`."
    assert found("Makefile", "dist:\n\tzip x\n")["make_target:dist"].summary == "`make dist` runs `zip x`."
