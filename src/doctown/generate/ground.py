"""Does what a model said hold? Every name, path and number in a sentence is looked up, and what is cited is read.

What can be looked up is the repository itself (symbols, parameters, files, artifacts) and the material that the model
was shown. A name that is in neither was invented. A sentence whose names exist and whose cited lines have nothing to
do with it is `unsupported`. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import pairwise

from doctown.generate.extract.symbols import parameters
from doctown.generate.extract.view import CLASSES, View
from doctown.generate.ground_kind import nouns_of, praises, wrong_kinds
from doctown.generate.ground_words import ADDRESS, KEYWORDS, MARKUP, NUMBER, PLAIN, SPAN, WORD, names, stems
from doctown.generate.prompts.fence import visible
from doctown.generate.prompts.outline import Anchor
from doctown.model import Symbol

_HOLLOW = re.compile(
    r"^\W*(?:todo|tbd|n/?a|none|null|unknown|no (?:description|documentation|summary)\b.*|placeholder|lorem ipsum\b.*|"
    r"\.{3}|…|not (?:available|documented|provided)\b.*|(?:documentation )?generation failed\b.*|string|text)\W*$",
    re.IGNORECASE,
)
_EMPTY_TALK = re.compile(
    r"\b(?:is|are) (?:a )?part of (?:the|this) [\w`. -]*\b(?:library|package|project|repository|codebase)\W*$"
    r"|\b(?:used|found) in (?:various|several|different|many) (?:parts|places|functions)\b"
    r"|\b(?:commonly|widely|often|frequently) used\b|\bused throughout\b"
    r"|\b(?:is|are) (?:an? )?(?:\w+ )?(?:crucial|essential|powerful|robust|versatile)\b"
    r"|\beach (?:\w+ )?(?:serving|having|with) (?:a|its own) (?:specific|own|different|main|particular)\b"
    r"|\bnot (?:directly |closely |strictly )?(?:related|relevant)\b"
    r"|\bcontains? (?:various|several|many|multiple) (?:\w+ )?(?:files|functions|classes|modules|parts)\W*$",
    re.IGNORECASE,
)
_GUESS = re.compile(r"\b(?:useful|helpful|handy|suitable|ideal) (?:for|when|in)\b(.*)", re.IGNORECASE)
_CLAUSE = re.compile(r", (?:which|who|used (?:for|to)|allowing|enabling|making)\b([^,.;]*)", re.IGNORECASE)
_LONG = 4  # words of a clause below which they may well be other words for what is shown
_SUBJECT = re.compile(r"(?:(?:async|def|class|func|fn|pub|export|function|const|static|public)\s+)*([\w.]+)")
_FILE = re.compile(r"\.(?:py|[jt]sx?|go|rs|java|[ch]|cc|cpp|cs|rb|php|kt|swift|md|rst|cfg|toml|ya?ml|json|ini|txt|sh)$")
# Beginnings of words that a sentence about anything may have.
_FRAME = frozenset(["repos", "proje", "libra", "colle", "vario", "sever", "conta", "provi", "inclu", "defin", "desig"])
_FEW = 2  # entries that may well share a word
_MIN_SHARED = 2  # words that a sentence shares with the lines it cites, where it names nothing of them
_BETTER = 1.5  # times as much in common
_MIN_REPEATED = 4  # words below which two sentences may well be alike
_REPEATED = 0.7  # of the words of two sentences, those in both
_SENTENCE_LETTERS = 8


@dataclass(slots=True)
class Vocabulary:
    """All names of a repository, to look words up in."""

    words: set[str] = field(default_factory=set)
    qualified: set[str] = field(default_factory=set)  # `Flask.route`, `app.Flask`, and other ends of longer names
    members: dict[str, set[str]] = field(default_factory=dict)  # class → its members, those of bases included
    paths: set[str] = field(default_factory=set)  # of files and folders, and the ends of these
    kinds: dict[str, set[str]] = field(default_factory=dict)  # name → what it may be called: class, function …
    project: str = ""


def build_vocabulary(view: View) -> Vocabulary:
    """Everything that a repository has a name for."""
    known = Vocabulary()
    repository = view.repository
    known.project = repository.origin.name
    for number, symbol in repository.symbols.items():
        parts = symbol.qualified_name.split(".")
        known.kinds.setdefault(symbol.name, set()).update(nouns_of(symbol))
        known.words.update(parts)
        known.words.update(parameters(symbol) if symbol.kind not in CLASSES else ())
        known.qualified.update(".".join(parts[at:]) for at in range(len(parts) - 1))
        if symbol.kind in CLASSES:
            _add_members(view, known, number, symbol)
    for path in repository.files:
        parts = path.split("/")
        known.words.update(word for part in parts for word in WORD.findall(part))
        for at in range(len(parts)):
            known.paths.update(("/".join(parts[at:]), "/".join(parts[: at + 1])))
    for artifact in repository.artifacts:
        known.words.update(WORD.findall(artifact.name))
        known.words.update(WORD.findall(artifact.target))
    for cluster in repository.clusters.values():
        known.words.update(WORD.findall(cluster.label))
    known.words.update(WORD.findall(repository.origin.name))
    return known


def _add_members(view: View, known: Vocabulary, number: int, symbol: Symbol) -> None:
    members = known.members.setdefault(symbol.name, set())
    members.update(view.symbol(child).name for child in view.repository.children.get(number, ()))
    for methods in view.inherited(number):
        members.update(methods)


class Evidence:
    """The material that a model was shown about something, to look words and numbers up in."""

    def __init__(self, *texts: str) -> None:
        self.text = "\n".join(texts)
        self.words = set(WORD.findall(self.text))
        self.numbers = set(NUMBER.findall(self.text))
        self._stems: set[str] | None = None
        subject = _SUBJECT.match(texts[-1])
        self.subject = subject[1].rsplit(".", 1)[-1] if subject else ""  # what the last text begins with

    @property
    def lower_words(self) -> set[str]:
        """Its words in lower case."""
        return {word.lower() for word in self.words}

    @property
    def stems(self) -> set[str]:
        """Stems of its words."""
        if self._stems is None:
            self._stems = stems(self.text)
        return self._stems


def problems(sentence: str, known: Vocabulary, evidence: Evidence) -> list[str]:
    """What in a sentence does not hold, in words that a model can act upon; empty if all of it does."""
    found: list[str] = []
    if visible(sentence) != sentence:
        found.append("it holds characters that cannot be seen")
    if _HOLLOW.match(sentence) or sum(c.isalpha() for c in sentence) < _SENTENCE_LETTERS:
        found.append(f"{sentence[:40]!r} says nothing")
    elif _EMPTY_TALK.search(sentence):
        found.append("it says nothing about this in particular: say what is done here, or leave it out")
    found.extend(
        f"`{clause[:60].strip()}` is a guess: say what the material shows" for clause in _guesses(sentence, evidence)
    )
    if re.search(r":\W*$", sentence):
        found.append("it breaks off: say it in one sentence")
    found.extend(f"`{word}` is praise: say what is done" for word in praises(sentence, evidence.lower_words))
    found.extend(wrong_kinds(sentence, known.kinds, known.paths, known.project))
    if ADDRESS.search(sentence):
        found.append("it brings a link: write none")
    if MARKUP.search(SPAN.sub(" ", sentence)):
        found.append("it brings markup: write plain words")
    unknown = [name for name in dict.fromkeys(names(sentence)) if not _exists(name, known, evidence)]
    found.extend(f"`{name[:60]}` is not in the material" for name in unknown)
    bare = sentence
    for name in unknown:
        bare = bare.replace(name, " ")
    wrong = [number for number in dict.fromkeys(NUMBER.findall(bare)) if number not in evidence.numbers]
    found.extend(f"the number {number} is not in the material" for number in wrong)
    return found


def _guesses(sentence: str, evidence: Evidence) -> Iterator[str]:
    """Clauses that say what something is good for, or explain it, in words of which the material has hardly any."""
    for clause, long, least in ((_GUESS.search(sentence), 1, 1 / 2), (_CLAUSE.search(sentence), _LONG, 1 / 2)):
        said = stems(clause[1]) if clause is not None else set()
        if clause is not None and len(said) >= long and len(said & evidence.stems) < least * len(said):
            yield clause.group()


def _exists(name: str, known: Vocabulary, evidence: Evidence) -> bool:
    if name in evidence.text and name.strip("`.,() "):
        return True
    bare = name.removesuffix("()").strip("`'\"., ")
    if "/" in bare and " " not in bare and re.search(r"\.\w{1,6}$", bare):
        return bare.removeprefix("./") in known.paths
    if bare.startswith("--"):
        return False
    if re.fullmatch(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+", bare):
        return _dotted(bare, known, evidence)
    # A span may hold an expression: each of its words must be known, and something in it must be a word.
    words = [word for word in WORD.findall(bare) if len(word) > 1]
    return all(_word(word, known, evidence) for word in words) if words else bool(bare)


def _word(word: str, known: Vocabulary, evidence: Evidence) -> bool:
    if word in known.words or word in evidence.words or word in KEYWORDS or word in PLAIN:
        return True
    return word.endswith("s") and (word[:-1] in known.words or word[:-1] in evidence.words)


def _dotted(name: str, known: Vocabulary, evidence: Evidence) -> bool:
    """`a.b.c`: a file, a qualified name, or words of which each exists and no class lacks the member said of it."""
    if name in known.qualified or name in known.paths or f"{name.replace('.', '/')}.py" in known.paths:
        return True
    parts = name.split(".")
    if not all(_word(part, known, evidence) for part in parts):
        return False
    return all(owner not in known.members or member in known.members[owner] for owner, member in pairwise(parts))


def supports(sentence: str, anchor: Anchor) -> bool:
    """Whether the lines that a sentence cites have to do with what it says."""
    return _fit(sentence, Evidence(anchor.lines, anchor.entry)) > 0


def repeats(sentence: str, earlier: set[str]) -> bool:
    """Whether a sentence has hardly another word than an earlier one, given by its stems, as when a small model goes
    round in circles."""
    words = stems(sentence)
    return len(words) >= _MIN_REPEATED and len(words & earlier) >= _REPEATED * len(words | earlier)


def best_anchor(sentence: str, cited: str, anchors: Mapping[str, Anchor]) -> str:
    """The entry that shows a sentence: the one that it cites, unless another has half as much again in common with
    it, as a model's slip of a number has; empty if none has anything to do with it."""
    cited_words = {number: Evidence(anchor.lines, anchor.entry) for number, anchor in anchors.items()}
    spread = Counter(word for shown in cited_words.values() for word in shown.stems & stems(sentence))
    # What most entries have in common tells nothing about any one of them.
    usual = {word for word, times in spread.items() if times > max(_FEW, len(anchors) // 2)}
    fits = {number: _fit(sentence, shown, usual) for number, shown in cited_words.items()}
    best = max(fits, key=lambda number: (fits[number], -int(number)))
    # A word that one entry alone has names it as surely as a symbol's name does.
    own = {word for word, times in spread.items() if times == 1}
    named = own & cited_words[best].stems and not own & cited_words[cited].stems and fits[best] > fits[cited]
    if fits[cited] and fits[best] < _BETTER * fits[cited] and not named:
        return cited
    return best if fits[best] else ""


def nearest(sentence: str, cited: str, anchors: Mapping[str, Anchor], number: int) -> list[Anchor]:
    """The entry that a sentence cites, then those that have most in common with it, `number` in all."""
    fits = {one: _fit(sentence, Evidence(a.lines, a.entry)) for one, a in anchors.items() if one != cited}
    others = sorted((one for one in fits if fits[one]), key=lambda one: (-fits[one], int(one)))
    return [anchors[one] for one in [cited, *others][:number]]


def _fit(sentence: str, cited: Evidence, usual: Set[str] = frozenset()) -> int:
    """How much a sentence has in common with lines and what is said of them: what it names counts most, most of all
    if the entry is about it; words in `usual` not at all. Nothing if it shares neither a name nor two words, or has a
    number that is not there."""
    if not set(NUMBER.findall(sentence)) <= cited.numbers:
        return 0
    named = [name.removesuffix("()") for name in names(sentence)]
    shared = len((stems(sentence) & cited.stems) - usual - _FRAME)
    found = len({word for name in named for word in _parts(name, cited) if len(word) > 2 and word in cited.words})
    own = [name.rsplit(".", 1)[-1] == cited.subject for name in named]
    about = 5 * any(own) + 2 * own[0] if own else 0  # what a sentence names first is what it is about
    return 10 * (found + about) + shared if found or shared >= _MIN_SHARED else 0


def _parts(name: str, cited: Evidence) -> list[str]:
    """The words of a name, each of which may be meant; none of a file's that is not there, since `setup.py` has
    nothing to do with `setup.cfg`."""
    if _FILE.search(name) and name not in cited.text and name.rsplit("/", 1)[-1] not in cited.text:
        return []
    return WORD.findall(name)


def not_in_signature(symbol: Symbol, given: Iterable[str]) -> set[str]:
    """Those of the names that are no parameters of a symbol; where its signature lists none that can be read, those
    that do not occur in it."""
    known = {name.lstrip("*&$") for name in parameters(symbol)} or set(WORD.findall(symbol.signature))
    return {name for name in given if name.lstrip("*&$") not in known}
