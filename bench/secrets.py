"""How many credentials are masked that others wrote rules for: `python -m bench secrets`.

The formats are gitleaks', in the two states that a package of the registry carries. Texts are drawn from each rule's
expression, by a seed, and redacted; a credential counts as found if all of it is masked. What is drawn is nobody's
credential, and none is printed.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rstr import Rstr

from bench import corpora, measure
from doctown.ingest.secrets import redact

PACKAGE = "n0s1"
STATES = {"older": "gitleaks.yaml", "newer": "regex.yaml"}
DRAWN = 20  # texts of each rule
SEED = 20
TARGET = 95.0  # per cent
# What is no credential: names of clients and keys that are published.
PUBLIC = re.compile(r"(?:client|access|api)-id$|-pub(?:lic)?-(?:api-)?key$")
WHOLE = re.compile(rb"(?:[a-z_]+=)?\*+")  # masked, but for the name of a cookie
NOT_DRAWN = {
    "jwt": "what is drawn of it is no JSON",
    "private-key": "what is drawn of it is no key",
    "slack-webhook-url": "what is drawn of it is no address",
    "Password in URL": "what is drawn of it is no address",
}
# Go's expressions in Python's writing.
_WRITING = (("(?i)", ""), ("(?-i:", "(?:"), (r"\z", r"\Z"), ("[[:alnum:]]", "[A-Za-z0-9]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A format of credentials, as others describe it. `entropy`: bits per character that a credential must have."""

    id: str
    pattern: re.Pattern[str]
    secret: str  # the part of the expression that describes the credential itself
    entropy: float


def rules(file: Path) -> Iterator[Rule]:
    """The rules of a file whose expressions Python can read; of the others one line says so."""
    for table in yaml.safe_load(file.read_text("utf-8"))["rules"]:
        if "regex" not in table or PUBLIC.search(table["id"]):  # a rule for names of files, or for what is no secret
            continue
        if table["id"] in NOT_DRAWN:
            print(f"  left out: {table['id']}: {NOT_DRAWN[table['id']]}")
            continue
        text = "".join(table["regex"].split("\n"))
        for theirs, ours in _WRITING:
            text = text.replace(theirs, ours)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                pattern = re.compile(text, re.IGNORECASE if "(?i)" in table["regex"] else 0)
        except re.error as error:
            print(f"  left out: {table['id']}: {error}")
            continue
        group = int(table.get("secretGroup", 0)) or min(pattern.groups, 1)
        yield Rule(id=table["id"], pattern=pattern, secret=_group(text, group), entropy=float(table.get("entropy", 0)))


def _group(expression: str, number: int) -> str:
    """What stands between the parentheses of a group; all of the expression for group 0."""
    at, opened, depth = 0, 0, 0
    start = level = -1
    inside = False  # of brackets
    while number and at < len(expression):
        char = expression[at]
        if char == "\\":
            at += 2
            continue
        if inside:
            inside = char != "]"
        elif char == "[":
            inside = True
            at += expression[at + 1 : at + 2] == "]"
        elif char == "(":
            depth += 1
            opened += expression[at + 1 : at + 2] != "?" or expression[at + 1 : at + 4] == "?P<"
            if opened == number and start < 0:
                start, level = at + 1, depth
        elif char == ")":
            if depth == level and start >= 0:
                return re.sub(r"^\?P<\w+>", "", expression[start:at])
            depth -= 1
        at += 1
    return expression


# How a credential stands in code and in settings: names of its rule, and the credential.
FORMS = ('{upper} = "{secret}"', "{lower}: {secret}", "{upper}={secret}", '  "{camel}": "{secret}",')


def drawn(rule: Rule, number: int) -> Iterator[tuple[bytes, int, int]]:
    """(text, start, end of the credential in it): credentials that a rule describes, assigned to what the rule is
    called after, as far as the rule itself finds them there."""
    writer = Rstr(random.Random(f"{SEED} {rule.id}"))  # noqa: S311 - it shall be the same again
    words = re.findall(r"[a-z0-9]+", rule.id.lower())
    names = {"lower": "_".join(words), "camel": words[0] + "".join(word.title() for word in words[1:])}
    found = 0
    for turn in range(20 * number):
        if found == number:
            return
        try:
            secret = writer.xeger(rule.secret).strip(" \t\r\n\"'`;")
        except (KeyError, ValueError, OverflowError):  # an expression that it cannot write to
            return
        text = FORMS[turn % len(FORMS)].format(**names, upper=names["lower"].upper(), secret=secret) + "\n"
        match = rule.pattern.search(text)
        if match is None or secret not in match.group() or _entropy(secret) < rule.entropy:
            continue
        start = len(text[: text.index(secret)].encode())
        yield text.encode(), start, start + len(secret.encode())
        found += 1


def _entropy(text: str) -> float:
    shares = [text.count(one) / len(text) for one in set(text)]
    return -sum(share * math.log2(share) for share in shares)


def _show(texts: Sequence[tuple[str, tuple[bytes, int, int]]]) -> None:
    """The share of credentials that is masked, and of which rules some are not."""
    missed: Counter[str] = Counter()
    for rule, (text, start, end) in texts:
        masked, _ = redact(text)
        missed[rule] += not WHOLE.fullmatch(masked[start:end])
    measure.info("texts", str(len(texts)))
    measure.at_least("masked", 100 - 100 * missed.total() / max(len(texts), 1), TARGET, "{:.1f} %")
    for rule, count in missed.most_common():
        if count:
            measure.info(f"  missed of {rule}", str(count))


def main(given: Sequence[str] | None = None) -> int:
    """Prints the share that is found, and of which rules something is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=None, help="where corpora are kept ($DOCTOWN_CACHE/bench)")
    folder = corpora.get(PACKAGE, parser.parse_args(given).cache or corpora.default_cache()).folder
    print(measure.machine())
    for state, name in STATES.items():
        file = next(folder.rglob(name))
        measure.title(f"credentials drawn from gitleaks' rules, the {state} state")
        _show([(rule.id, text) for rule in rules(file) for text in drawn(rule, DRAWN)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
