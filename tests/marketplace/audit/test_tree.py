"""RFC 6962: roots and inclusion, against the vectors of the reference implementation and each other."""

from __future__ import annotations

import pytest

from marketplace.audit import tree

# Inputs and roots of the test of Google's certificate-transparency (merkletree/tree_hasher, merkle_tree_test).
INPUTS = (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def leaves_of(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(count)]


def test_roots_are_those_of_the_reference_implementation() -> None:
    grown = tree.Tree()
    assert grown.root().hex() == EMPTY
    for text, root in zip(INPUTS, ROOTS, strict=True):
        grown.append(tree.leaf_hash(bytes.fromhex(text)))
        assert grown.root().hex() == root


# By the recursion of RFC 6962 §2.1 itself, which the growing tree does not use.
def root_by_definition(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return tree.node_hash(
        root_by_definition(leaves[:half]), root_by_definition(leaves[half:])
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 9, 31, 32, 33, 100])
def test_every_entry_is_proved_and_none_by_the_proof_of_another(size: int) -> None:
    leaves = leaves_of(size)
    root = tree.root_of(leaves)
    assert root == root_by_definition(leaves)
    for index in range(size):
        proof = tree.inclusion_proof(leaves, index)
        assert tree.is_included(leaves[index], index, size, proof, root)
        if size > 1:
            other = (index + 1) % size
            assert not tree.is_included(leaves[other], index, size, proof, root)
            assert not tree.is_included(leaves[index], other, size, proof, root)
            assert not tree.is_included(leaves[index], index, size, proof[1:], root)


def test_proofs_of_what_is_not_there_are_refused() -> None:
    leaves = leaves_of(3)
    with pytest.raises(IndexError):
        tree.inclusion_proof(leaves, 3)
    assert not tree.is_included(leaves[0], 3, 3, [], tree.root_of(leaves))
