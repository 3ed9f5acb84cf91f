//! Against a naive RFC 6962 written from the definition, and against the independent crate `ct-merkle`.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{Frontier, empty_root, leaf_hash};

/// MTH of RFC 6962 §2.1, word for word.
fn naive_root(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => Sha256::digest([&[0][..], one].concat()).into(),
        many => {
            let mut k = 1;
            while k * 2 < many.len() {
                k *= 2;
            }
            let (left, right) = many.split_at(k);
            Sha256::digest([&[1][..], &naive_root(left), &naive_root(right)].concat()).into()
        }
    }
}

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("leaf {index}").into_bytes()).collect()
}

fn hashes(leaves: &[Vec<u8>]) -> Vec<Hash> {
    leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn oracle(leaves: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for leaf in leaves {
        tree.push(leaf.clone());
    }
    tree
}

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.concat()
}

#[test]
fn the_frontier_has_the_root_of_the_definition() {
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), empty_root());
    let all = leaves(130);
    for (size, leaf) in all.iter().enumerate() {
        assert_eq!(frontier.root(), naive_root(&all[..size]), "at size {size}");
        frontier.push(leaf_hash(leaf), |_, _, _| {});
    }
    assert_eq!(frontier.size(), 130);
}

#[test]
fn the_frontier_names_the_nodes_it_completes() {
    let all = hashes(&leaves(64));
    let (mut frontier, mut seen) = (Frontier::default(), 0);
    for leaf in &all {
        frontier.push(*leaf, |level, index, hash| {
            assert_eq!(*hash, all.as_slice().node(level, index).unwrap());
            seen += 1;
        });
    }
    assert_eq!(seen, 63);
}

#[test]
fn every_small_proof_is_the_oracles_and_verifies() {
    for size in 1..=34_u64 {
        let all = leaves(size as usize);
        let (stored, tree, root) = (hashes(&all), oracle(&all), naive_root(&all));
        assert_eq!(tree.root().as_bytes().as_slice(), root);
        for index in 0..size {
            let proof = inclusion_proof(stored.as_slice(), index, size).unwrap();
            assert_eq!(joined(&proof), tree.prove_inclusion(index as usize).as_bytes(), "{index} in {size}");
            verify_inclusion(&stored[index as usize], index, size, &proof, &root).unwrap();
        }
        for old in 1..size {
            let proof = consistency_proof(stored.as_slice(), old, size).unwrap();
            let oracle = oracle(&all[..old as usize]);
            let mut grown = oracle.clone();
            all[old as usize..].iter().for_each(|leaf| grown.push(leaf.clone()));
            assert_eq!(
                joined(&proof),
                grown.prove_consistency((size - old) as usize).as_bytes(),
                "{old} to {size}"
            );
            verify_consistency(old, size, &naive_root(&all[..old as usize]), &root, &proof).unwrap();
        }
    }
}

#[test]
fn the_edges_of_consistency() {
    let (two, empty) = (naive_root(&leaves(2)), empty_root());
    assert_eq!(verify_consistency(0, 2, &empty, &two, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 2, &two, &two, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(2, 2, &two, &two, &[]), Ok(()));
    assert_eq!(verify_consistency(2, 2, &two, &empty, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(3, 2, &two, &two, &[]), Err(ProofError::Sizes));
    assert_eq!(verify_inclusion(&two, 2, 2, &[], &two), Err(ProofError::Sizes));
}

proptest! {
    #[test]
    fn no_changed_proof_verifies(size in 2_u64..200, a in any::<u64>(), b in any::<u64>(), flip in any::<(usize, u8)>()) {
        let all = leaves(size as usize);
        let (stored, root) = (hashes(&all), naive_root(&all));
        let index = a % size;
        let old = 1 + b % (size - 1);
        let proof = inclusion_proof(stored.as_slice(), index, size).unwrap();
        verify_inclusion(&stored[index as usize], index, size, &proof, &root).unwrap();
        let other = (index + 1) % size;
        prop_assert!(verify_inclusion(&stored[other as usize], index, size, &proof, &root).is_err());
        // With another index the same proof leads elsewhere, or has the wrong length.
        prop_assert!(verify_inclusion(&stored[index as usize], other, size, &proof, &root).is_err());
        let mut changed = proof.clone();
        let at = flip.0 % changed.len();
        changed[at][flip.0 % 32] ^= flip.1 | 1;
        prop_assert!(verify_inclusion(&stored[index as usize], index, size, &changed, &root).is_err());
        let mut longer = proof;
        longer.push(root);
        prop_assert!(verify_inclusion(&stored[index as usize], index, size, &longer, &root).is_err());

        let old_root = naive_root(&all[..old as usize]);
        let mut proof = consistency_proof(stored.as_slice(), old, size).unwrap();
        verify_consistency(old, size, &old_root, &root, &proof).unwrap();
        let mut forged = all[..old as usize].to_vec();
        forged[(index % old) as usize].push(0);
        prop_assert!(verify_consistency(old, size, &naive_root(&forged), &root, &proof).is_err());
        let at = flip.0 % proof.len();
        proof[at][flip.0 % 32] ^= flip.1 | 1;
        prop_assert!(verify_consistency(old, size, &old_root, &root, &proof).is_err());
    }
}
