"""Many receipts under one root: the tree is that of RFC 6962, and a proof fits its own leaf only."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.register.merkle import EMPTY, Tree, inclusion_proof, is_included, leaf_hash, merkle_root


def by_definition(contents: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not contents:
        return hashlib.sha256().digest()
    if len(contents) == 1:
        return hashlib.sha256(b"\x00" + contents[0]).digest()
    k = 1
    while k * 2 < len(contents):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(contents[:k]) + by_definition(contents[k:])).digest()


#: The eight entries with which implementations of Certificate Transparency check each other.
ENTRIES = [
    bytes.fromhex(h)
    for h in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == EMPTY
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(len(ENTRIES) + 1))
def test_roots_are_those_of_the_definition(size: int) -> None:
    assert merkle_root(map(leaf_hash, ENTRIES[:size])) == by_definition(ENTRIES[:size])


def test_a_known_root() -> None:
    assert merkle_root(map(leaf_hash, ENTRIES)).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_any_tree_is_that_of_the_definition(contents: list[bytes]) -> None:
    assert merkle_root(map(leaf_hash, contents)) == by_definition(contents)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_proof_fits_its_leaf_and_place_and_nothing_else(contents: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf_hash(c) for c in contents]
    root, size = merkle_root(leaves), len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(iter(leaves), index, size)
    assert len(proof) <= (size - 1).bit_length()
    assert is_included(leaves[index], index, size, proof, root)
    assert not is_included(leaf_hash(b"another" + contents[index]), index, size, proof, root)
    assert not is_included(leaves[index], index, size, [*proof, root], root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        assert not is_included(leaves[index], index, size, bent, root)
        assert not is_included(leaves[index], index, size, proof[:-1], root)
    for other in range(size):
        if leaves[other] != leaves[index]:
            assert not is_included(leaves[index], other, size, proof, root)
    assert not is_included(leaves[index], size, size, proof, root)
    assert not is_included(leaves[index], -1, size, proof, root)


@given(st.integers(0, 5000))
def test_only_as_many_hashes_are_held_as_the_tree_is_high(size: int) -> None:
    tree = Tree()
    most = 0
    for i in range(size):
        tree.add(leaf_hash(str(i).encode()))
        most = max(most, len(tree._peaks))
    assert most <= size.bit_length()


@pytest.mark.parametrize(("index", "size", "there"), [(3, 3, 3), (-1, 3, 3), (0, 3, 2), (0, 2, 3)])
def test_a_proof_is_asked_for_a_leaf_that_is_there(index: int, size: int, there: int) -> None:
    with pytest.raises(ValueError, match=r"-?\d"):
        inclusion_proof([leaf_hash(b"x")] * there, index, size)
