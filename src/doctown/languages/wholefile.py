"""What a language's hooks need of a whole file: computed once per file, not once per definition.

A hook sees one definition and the file's bytes. Some answers (is this prototype defined further down? which access
section is this member in?) hang on the rest of the file; `@lru_cache(maxsize=1)` over a `SameFile` finds them once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


class SameFile:
    """A file's bytes as a key: two are equal if they are the same object, so nothing is hashed or compared twice.

    `node` is any node of the file's tree; it takes no part in the comparison.
    """

    __slots__ = ("data", "node")

    def __init__(self, data: bytes, node: Node) -> None:
        self.data = data
        self.node = node

    def __hash__(self) -> int:
        return id(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameFile) and other.data is self.data

    @property
    def root(self) -> Node:
        """The root of the tree that the node is in."""
        node = self.node
        while (parent := node.parent) is not None:
            node = parent
        return node
