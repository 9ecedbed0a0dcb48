import hashlib
import inspect
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doctown import errors, model
from doctown.embed import batches, quantise, wordpiece
from doctown.embed.tokenizer import encode
from doctown.embed.wordpiece import count_lines, count_tokens, vocabulary

# Ideographs and syllables that are all treated alike: one block in sixteen of them will do.
ALIKE = [(0x3400, 0x9F00), (0xAC00, 0xF800), (0x17000, 0x1AF00), (0x20000, 0x2F700)]
UNUSUAL = "\0\t\n\r\x0b\x0c\x1c\x7f\x85\xa0\xad\u200b\u2028\u3000\ufffd\ufeff_-[]'日本éÉßİΣςñ½²ﬁ한नि\U0001f600\ue000"


def test_vocabulary_is_the_original():
    """The shipped vocabulary is, byte for byte, the one that the model was trained with."""
    text = "".join(f"{word}\n" for word in vocabulary())
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    )


def test_equals_the_tokenizer_on_every_character():
    """The count is exact for every code point, whatever Unicode version this Python knows: chunks, and so the pack's
    id, hang on it."""
    blocks = [
        "".join(f"a{chr(code)}b " for code in range(start, start + 256) if not 0xD800 <= code < 0xE000)
        for start in (*range(0, 0x30000, 256), *range(0xE0000, 0xE0400, 256), 0xF0000, 0x10FF00)
        if not any(first < start < last and start % 4096 for first, last in ALIKE)
    ]
    assert [count_tokens(block) for block in blocks] == [len(ids) for ids in encode(blocks)]


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(UNUSUAL), st.sampled_from("abcZ09 _.(\n"))))
@settings(max_examples=300, deadline=None)
@example("ΑΣ ΣΑΣ")
@example("e\u0301 \u0301 a\u0301\u0327b")
@example("a" * 100 + " " + "a" * 101 + " " + "é" * 101)
def test_equals_the_tokenizer_on_texts(text):
    """Characters side by side are counted as the tokenizer does."""
    assert count_tokens(text) == len(encode([text])[0])


@pytest.mark.parametrize("module", [model, errors, batches, quantise, wordpiece])
def test_equals_the_tokenizer_on_code(module):
    """Real source code is counted exactly."""
    source = inspect.getsource(module)
    assert count_tokens(source) == len(encode([source])[0])


def test_control_tokens_are_letters():
    """`[SEP]` in a stranger's file is five characters of text, not a control token."""
    assert count_tokens("[SEP]") == len(encode(["[SEP]"])[0]) > 1
    assert 102 not in encode(["[SEP]"])[0]


def test_memo_is_bounded(monkeypatch):
    """However many words are met, only so many are remembered, and counts stay right."""
    monkeypatch.setattr(wordpiece, "MEMO_LIMIT", 50)
    text = " ".join(f"word{number} wört{number}" for number in range(500))
    assert count_tokens(text) == len(encode([text])[0])
    before = count_tokens("\n".join(f"x{number}" for number in range(200)))
    assert before == count_tokens("\n".join(f"x{number}" for number in range(200)))
    memo = wordpiece._AsciiMemo(wordpiece._pieces())
    for number in range(500):
        memo[b"w%d" % number]
    assert len(memo) <= 50


def test_loads_little():
    """Worker processes count without loading a tokenizer or a network, and read no vocabulary before they count."""
    code = (
        "import sys; from doctown.embed import wordpiece; "
        "assert not {'numpy', 'tokenizers', 'onnxruntime'} & set(sys.modules), 'heavy'; "
        "assert wordpiece._pieces.cache_info().currsize == 0; print(wordpiece.count_tokens('two words'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("2", "")


def test_lines_add_up():
    """Counting line by line gives the count of the whole, whatever the text."""
    text = "def f(self):\n\treturn x_1 + 'naïve 漢字'\n\n  \r\n# \x00 end\x85 of\u2028it"
    assert sum(count_lines(text.encode())) == count_tokens(text)
    assert len(count_lines(text.encode())) == text.count("\n") + 1
    plain = "class A:\n    pass\n"
    assert count_lines(plain.encode()) == [3, 1, 0]
