"""Text to token ids, as all-MiniLM-L6-v2 was trained on: BERT's uncased WordPiece with [CLS] and [SEP] around it.

The tokenizer is put together from the shipped vocabulary, since the packages that carry the weights do not carry one.
Unlike the file that its authors ship it neither pads nor cuts, and it reads `[SEP]` and its like in a text as the
letters they are: a stranger's file does not get to write control tokens. Counting alone is `wordpiece`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from doctown.embed.wordpiece import MAX_WORD_CHARACTERS, vocabulary

WINDOW = 254  # tokens beside the two special ones: the model's limit is 256, as sentence-transformers has it
CLS, SEP = 101, 102


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer; special tokens are added by `windows`, not by it."""
    ids = {word: place for place, word in enumerate(vocabulary())}
    model = WordPiece(vocab=ids, unk_token="[UNK]", max_input_chars_per_word=MAX_WORD_CHARACTERS)  # noqa: S106 — a token of text
    made = Tokenizer(model)
    made.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    return made


def encode(texts: Sequence[str]) -> list[NDArray[np.uint16]]:
    """Token ids of each text, without special tokens; 2 bytes an id, so that many texts stay small."""
    # A lone surrogate is no text and the tokenizer refuses it; like other non-characters it leaves no token behind.
    clean = [text if _encodable(text) else text.encode("utf-8", "ignore").decode() for text in texts]
    encoded = tokenizer().encode_batch_fast(clean, add_special_tokens=False)
    return [np.array(one.ids, dtype=np.uint16) for one in encoded]


def windows(ids: NDArray[np.uint16], limit: int = WINDOW) -> list[NDArray[np.uint16]]:
    """The text in the fewest windows of at most `limit` tokens, of equal length within one, each with its special
    tokens. A text without tokens is one window of the two special ones."""
    count = max(1, -(-len(ids) // limit))
    return [np.concatenate(([CLS], part, [SEP])).astype(np.uint16) for part in np.array_split(ids, count)]


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
