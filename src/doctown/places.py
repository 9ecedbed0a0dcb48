"""What a path says of the file at it: for now, whether that is a test.

Pages, plans and search set apart what tests declare, and must mean the same files by that. Nothing is read.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|testdata|[a-z]+_tests|test_[a-z]+)/|(?:^|/)(?:tests?_[^/]*|conftest|[^/]*_test|"
    r"[^/]*\.(?:test|spec)|[^/]*[a-z0-9]Tests?)\.\w+$"
)


@lru_cache(maxsize=20_000)
def is_test(path: str) -> bool:
    """Whether a file is a test by its path. A folder `test` counts only with a file that is named as tests are."""
    match = _TEST.search(path)
    if match is None:
        return False
    if match.group().strip("/") != "test" or path.startswith(("test/", "src/test/")):
        return True
    return _TEST.search(path.rsplit("/", 1)[-1]) is not None
