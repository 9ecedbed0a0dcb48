"""What can be typed: the commands and their options, each with the function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from doctown import __version__
from doctown.cli.text import plain

SOURCE_HELP = "a folder, an https:// Git URL, an archive, pypi:NAME[==VERSION] or npm:NAME[@VERSION]"


PACK_HELP = "a .docpack file"


class _Help(argparse.HelpFormatter):
    """Asks for the terminal's width when help is printed: argparse makes a formatter for every argument it is told of,
    and to ask loads every compression library there is."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)

    def format_help(self) -> str:
        """The text, as wide as the terminal."""
        import shutil  # noqa: PLC0415 - see above

        self._width = shutil.get_terminal_size().columns - 2
        self._max_help_position = min(self._max_help_position, max(self._width - 20, 4))
        return super().format_help()


class _Parser(argparse.ArgumentParser):
    """Says on one line what is wrong and where the options are explained, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit status 2."""
        self.exit(2, f"doctown: {plain(message)[:500]} — see `{self.prog} --help`\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was typed, as options; `run` among them is the command's function. Raises SystemExit for misuse, and for
    `--help` and `--version`, which are answered."""
    top = _Parser(
        prog="doctown",
        formatter_class=_Help,
        description="Turns a code repository into documentation and a code graph, in one verifiable .docpack file.",
        epilog="Exit status: 0 done; 1 a gate failed or the pack is partial; 2 usage or input; 3 the system failed.",
        allow_abbrev=False,  # or a script's `--sou` would change its meaning with the next option
    )
    top.add_argument("--version", action="version", version=f"doctown {__version__}")
    # Without `prog` argparse would format a usage message, and load half a dozen modules for it, each time.
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="doctown")
    # Each parser costs a millisecond, so those of commands that nobody typed are made only for help and complaints.
    typed = arguments[0] if arguments else ""
    for name in [typed] if typed in COMMANDS else COMMANDS:
        summary, fill = COMMANDS[name]
        command = commands.add_parser(
            name,
            formatter_class=_Help,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
        )
        command.add_argument("--json", action="store_true", help="print JSON for programs")
        command.set_defaults(run=_lazily(name), command=name, interrupted="")
        fill(command)
    options, rest = top.parse_known_args(arguments)
    if rest and not _takes(options, rest):
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _takes(options: argparse.Namespace, rest: Sequence[str]) -> bool:
    """Whether a command takes words that came after an option; argparse itself binds those before the first alone, so
    that `show PACK --json NAME` would be misuse."""
    if any(word.startswith("-") for word in rest):
        return False
    if options.command == "search":
        options.query = [*options.query, *map(_text, rest)]
        return True
    if options.command == "show" and not options.subject and len(rest) == 1:
        options.subject = _text(rest[0])
        return True
    return False


def _lazily(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        if name == "build":
            from doctown.ingest import parse  # noqa: PLC0415 - loads the parsing, wanted only here
            from doctown.settings import from_environment  # noqa: PLC0415

            # Before the rest is loaded: numpy and progress bars bring threads along.
            with parse.standby(options.workers or from_environment().workers):
                from doctown.cli import building  # noqa: PLC0415 - loads the whole pipeline, wanted only here

                return building.build(options)
        if name == "estimate":
            from doctown.cli import estimating  # noqa: PLC0415 - as above

            return estimating.estimate(options)
        if name == "doctor":
            from doctown.cli import checking  # noqa: PLC0415 - as above

            return checking.doctor(options)
        if name == "test-model":
            from doctown.cli import trying  # noqa: PLC0415 - as above

            return trying.test_model(options)
        if name == "serve":
            from doctown.cli import serving  # noqa: PLC0415 - as above

            return serving.serve(options)
        if name == "export":
            from doctown.cli import exporting  # noqa: PLC0415 - as above

            return exporting.export(options)
        if name == "mcp":
            from doctown.cli import agents  # noqa: PLC0415 - as above

            return agents.mcp(options)
        if name == "check":
            from doctown.cli import gating  # noqa: PLC0415 - as above

            return gating.check(options)
        if name == "view":
            from doctown.cli import viewing  # noqa: PLC0415 - as above

            return viewing.view(options)
        from doctown.cli import reading  # noqa: PLC0415 - only commands that read packs need it

        command: Callable[[argparse.Namespace], int] = getattr(reading, name)
        return command(options)

    return run


def _pack(command: argparse.ArgumentParser) -> None:
    command.add_argument("pack", metavar="PACK", type=Path, help=PACK_HELP)


def _build(build: argparse.ArgumentParser) -> None:
    build.set_defaults(interrupted="; start the same command again, and it goes on where it was")
    _source(build)
    build.add_argument("-o", "--output", metavar="PACK", type=Path, help="the pack to write (default: NAME.docpack)")
    build.add_argument(
        "--model",
        default="none",
        metavar="NAME",
        help="who writes: none, auto (MODEL_NAME, where a key or an address is set), or a model (default: none)",
    )
    build.add_argument(
        "--max-cost", type=_dollars, metavar="USD", help="US dollars that the model may cost (default: no limit)"
    )
    build.add_argument(
        "--vectors",
        default="local",
        choices=("local", "openvino", "remote", "none"),
        help="how chunks are embedded; none leaves them out (default: local)",
    )
    build.add_argument("--no-source", action="store_true", help="leave the source text out of the pack (default: kept)")


def _source(build: argparse.ArgumentParser) -> None:
    """What is read, and within which limits."""
    build.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    build.add_argument("--ref", default="", help="branch, tag or commit of a Git URL (default: its main branch)")
    build.add_argument(
        "--since", metavar="PACK", type=Path, help="reuse all that is unchanged since this pack (default: none)"
    )
    build.add_argument(
        "--workers", type=_workers, default=0, metavar="N", help="parsing processes (default: one per core)"
    )
    build.add_argument("--max-file-size", type=_size, metavar="SIZE", help="larger files are skipped (default: 1M)")
    build.add_argument("--max-files", type=_count, metavar="N", help="files read at most (default: 50000)")
    build.add_argument("--max-total-size", type=_size, metavar="SIZE", help="bytes read at most (default: 1G)")
    build.add_argument(
        "--timeout", type=_seconds, default=30.0, metavar="SECONDS", help="for one file's parse (default: 30)"
    )
    build.add_argument("-q", "--quiet", action="store_true", help="no progress, only the report")


def _estimate(command: argparse.ArgumentParser) -> None:
    _source(command)
    command.add_argument(
        "--model",
        default="none",
        metavar="NAME",
        help="the model whose kept answers cost nothing (default: MODEL_NAME)",
    )


def _show(command: argparse.ArgumentParser) -> None:
    _pack(command)
    command.add_argument(
        "subject",
        metavar="SYMBOL",
        type=_text,
        nargs="?",
        default="",
        help="a name, qualified name or key, a file's path, a cluster or artifact; the repository if left out",
    )
    command.add_argument("--source", action="store_true", help="print the source text too")
    command.add_argument("--all", action="store_true", help="print every neighbour, not the first ones")


def _search(command: argparse.ArgumentParser) -> None:
    _pack(command)
    command.add_argument("query", metavar="QUERY", type=_text, nargs="+", help="a name or words")
    command.add_argument("-n", "--limit", type=_positive, default=10, metavar="N", help="results (default: 10)")
    command.add_argument(
        "--kind",
        type=_text,
        default="",
        help="only symbols of this kind (function, class, …), or symbol, file, cluster, artifact (default: all)",
    )
    command.add_argument("--language", type=_text, default="", help="only this language (default: all)")
    command.add_argument("--path", type=_text, default="", help="only this file, or below this folder (default: all)")
    command.add_argument("--cluster", type=_text, default="", help="only this part, by key or label (default: all)")
    command.add_argument("--words", action="store_true", help="by words alone: do not use vectors")


def _mcp(command: argparse.ArgumentParser) -> None:
    command.add_argument("packs", metavar="PACK", type=Path, nargs="+", help=PACK_HELP)
    command.add_argument("--words", action="store_true", help="search by words alone: load no model")


def _check(command: argparse.ArgumentParser) -> None:
    _pack(command)
    command.add_argument(
        "--since", metavar="PACK", type=Path, help="an older pack, to tell what its code left behind (default: none)"
    )
    command.add_argument(
        "--min-coverage",
        action="append",
        default=[],
        metavar="[KIND=]PERCENT",
        help="least share of public definitions with documentation; repeatable (default: not checked)",
    )
    command.add_argument(
        "--max-stale", type=_count, metavar="N", help="most stale pages and claims; needs --since (default: any)"
    )
    command.add_argument(
        "--max-coverage-drop",
        type=_points,
        metavar="POINTS",
        help="most percentage points lost; needs --since (default: any)",
    )
    command.add_argument(
        "--max-unsupported", type=_count, default=0, metavar="N", help="most unsupported claims (default: 0)"
    )
    command.add_argument(
        "--max-broken", type=_count, default=0, metavar="N", help="most broken links and citations (default: 0)"
    )
    command.add_argument(
        "--path", type=_text, default="", help="count definitions below this path (default: all but tests)"
    )
    command.add_argument(
        "--format",
        default="text",
        choices=("text", "json", "sarif", "markdown"),
        help="markdown is a comment for a pull request (default: text)",
    )


def _points(text: str) -> float:
    try:
        points = float(text)
    except ValueError:
        points = -1.0
    if not 0 <= points <= 100:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of percentage points, 0 to 100")
    return points


def _diff(command: argparse.ArgumentParser) -> None:
    command.add_argument("old", metavar="OLD", type=Path, help=PACK_HELP)
    command.add_argument("new", metavar="NEW", type=Path, help=PACK_HELP)


def _doctor(command: argparse.ArgumentParser) -> None:
    """No options but `--json`."""


def _test_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port_or_any, default=8191, help="on loopback; 0 takes a free one (default: 8191)"
    )
    command.add_argument(
        "--faults", type=_share, default=0.0, metavar="RATE", help="share of calls that go wrong (default: 0)"
    )
    command.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND=RATE",
        help="share that goes wrong in one way; repeatable (default: none)",
    )
    command.add_argument("--seed", type=_count, default=0, metavar="N", help="which calls go wrong (default: 0)")
    command.add_argument(
        "--invent", type=_share, default=0.0, metavar="RATE", help="share of identifiers that are made up (default: 0)"
    )
    command.add_argument(
        "--contradict", type=_share, default=0.0, metavar="RATE",
        help="share of docstrings that are found to contradict the code (default: 0)",
    )  # fmt: skip
    command.add_argument(
        "--latency", type=_pause, default=0.0, metavar="SECONDS", help="before each answer (default: 0)"
    )
    command.add_argument(
        "--retry-after", type=_pause, default=1.0, metavar="SECONDS", help="named by rate limits (default: 1)"
    )
    command.add_argument("--context", type=_count, default=0, metavar="TOKENS", help="that fit (default: any number)")
    command.add_argument(
        "--form",
        default="json_schema",
        choices=("json_schema", "json_object", "text"),
        help="the best structured output that is supported (default: json_schema)",
    )
    command.add_argument(
        "--reject",
        action="append",
        default=[],
        metavar="NAME",
        help="parameter of requests to reject; repeatable (default: none)",
    )


def _serve(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "service",
        metavar="SERVICE",
        nargs="?",
        default="",
        choices=("", "builder", "embedding", "assembly", "generation"),
        help="builder, embedding, assembly or generation (default: all four)",
    )
    command.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on (default: 127.0.0.1)"
    )
    command.add_argument("--port", type=_port, metavar="PORT", help="of one service (default: as below)")
    command.add_argument(
        "--ports",
        type=_ports,
        metavar="B,E,A,G",
        help="of all four: builder, embedding, assembly, generation (default: 3000,8000,8002,8003)",
    )


def _port(text: str) -> int:
    number = _number(text, "a port")
    if not 0 < number < 65_536:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no port from 1 to 65535")
    return number


def _ports(text: str) -> list[int]:
    ports = [_port(part.strip()) for part in text.split(",")]
    if len(set(ports)) != 4 or len(ports) != 4:
        raise argparse.ArgumentTypeError("give four different ports, separated by commas")
    return ports


def _export(command: argparse.ArgumentParser) -> None:
    _pack(command)
    command.add_argument(
        "--to",
        required=True,
        choices=("site", "markdown", "llms-txt", "bundle", "json"),
        help="site, markdown and llms-txt write a folder, bundle and json a file (no default)",
    )
    command.add_argument(
        "destination", metavar="DEST", type=Path, help="the folder or file; an earlier export is replaced"
    )
    command.add_argument(
        "--base-url", default="", metavar="URL", help="of the site, for its sitemap (default: no sitemap)"
    )
    command.add_argument(
        "--since", metavar="PACK", type=Path, help="the site tells what changed since this pack (default: none)"
    )


def _view(command: argparse.ArgumentParser) -> None:
    command.add_argument("packs", metavar="PACK", type=Path, nargs="+", help=PACK_HELP)
    command.add_argument("--port", type=_port_or_any, default=0, help="on loopback; 0 takes a free one (default: 0)")
    command.add_argument("--words", action="store_true", help="search by words alone: do not use vectors")
    command.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")


# Name to summary and to the function that adds its options.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "build": ("build the docpack of a source", _build),
    "estimate": ("what a model would take to write the documentation of a source; asks nobody", _estimate),
    "verify": ("check a pack: every problem is named", _pack),
    "info": ("what a pack is of, and what it holds", _pack),
    "show": ("a symbol, file, cluster or artifact with its documentation and graph", _show),
    "search": ("find symbols and pages by name, by words or by meaning", _search),
    "diff": ("what changed between two packs", _diff),
    "check": ("a gate: coverage, staleness, unsupported claims, broken links", _check),
    "mcp": ("answer agents over standard input and output", _mcp),
    "export": ("write a pack as a site, Markdown, llms.txt, bundle or JSON", _export),
    "view": ("read packs in the browser", _view),
    "serve": ("run the services, or one of them, until told to stop", _serve),
    "doctor": ("check the installation, and ask the configured model one question", _doctor),
    "test-model": ("serve a made-up model, to try Doctown with a model without a key", _test_model),
}

MOST = 10**12  # what is counted here (bytes, files, results) never gets near it; larger is a slip of the finger


def _text(text: str) -> str:
    """What was typed, bytes that are no text replaced: a pack holds none of those either."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _number(text: str, what: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else MOST + 1
    if number > MOST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not {what}")
    return number


def _count(text: str) -> int:
    return _number(text, "a number")


def _positive(text: str) -> int:
    number = _number(text, "a number")
    if number < 1:
        raise argparse.ArgumentTypeError("ask for at least one")
    return number


def _workers(text: str) -> int:
    number = _number(text, "a number of processes")
    if number > 1024:
        raise argparse.ArgumentTypeError(f"{number} processes are more than any machine parses with")
    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:  # false for `nan` too
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of seconds above 0, of a day at most")
    return seconds


def _pause(text: str) -> float:
    return 0.0 if text in ("0", "0.0") else _seconds(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:  # false for `nan` too
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a share from 0 to 1")
    return share


def _port_or_any(text: str) -> int:
    port = _number(text, "a port")
    if port > 65_535:
        raise argparse.ArgumentTypeError(f"{port} is not a port")
    return port


def _dollars(text: str) -> float:
    try:
        dollars = float(text)
    except ValueError:
        dollars = -1.0
    if not 0 <= dollars <= 1e6:  # false for `nan` too
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not an amount of US dollars such as 0.50")
    return dollars


_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _size(text: str) -> int:
    what = "a size such as 512K or 2M"
    number = text.upper().removesuffix("B").removesuffix("I")
    factor = _UNITS.get(number[-1:], 1)
    return _number(number[:-1] if factor > 1 else number, what) * factor
