"""The Merkle tree of RFC 6962, section 2.1 (SHA-256): many leaves under one root, each provable by a few hashes.

Pure. A leaf hash is SHA-256(0x00 || content), a node SHA-256(0x01 || left || right). Leaves come as a stream; only
as many hashes are held as the tree is high.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

#: The root of a tree without leaves.
EMPTY: Final = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf."""

    def __init__(self) -> None:
        self.size = 0
        #: roots of the complete subtrees so far, the largest first: one for each 1 in the binary form of `size`
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf hash, to the right of the others."""
        self._peaks.append(leaf)
        self.size += 1
        size = self.size
        while not size & 1:
            right = self._peaks.pop()
            self._peaks[-1] = node_hash(self._peaks[-1], right)
            size >>= 1

    @property
    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in their order."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def inclusion_proof(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf `index` (from 0) to the root of the `size` leaves, the lowest first.

    Reads `leaves` once. ValueError where there is no such leaf, or not as many as `size`.
    """
    if not 0 <= index < size:
        raise ValueError(index)
    siblings = sorted(_siblings(index, 0, size))
    trees = {span: Tree() for span in siblings}
    at, seen = 0, 0
    for position, leaf in enumerate(leaves):
        seen += 1
        while at < len(siblings) and position >= siblings[at][1]:
            at += 1
        if at < len(siblings) and position >= siblings[at][0]:
            trees[siblings[at]].add(leaf)
    if seen != size:
        raise ValueError(seen)
    return [trees[span].root for span in _siblings(index, 0, size)]


def _siblings(index: int, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches of leaves whose roots make up the proof of leaf `index` in [start, end), the lowest first."""
    found = []
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _left(size: int) -> int:
    """How many of `size` > 1 leaves stand left of the root: the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from `leaf` to `root` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(sibling, reached)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root
