//! Written, read back, and refused once anything in them is changed.

use proptest::prelude::*;

use super::*;
use crate::{Frontier, NoteSigner, consistency_proof, inclusion_proof};

fn signer() -> NoteSigner {
    NoteSigner::new("log.example", &[3; 32]).unwrap()
}

fn leaves(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("leaf {index}").into_bytes()).collect()
}

fn note(leaves: &[Vec<u8>]) -> String {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(leaf_hash(leaf), |_, _, _| {}));
    Checkpoint::sign(frontier.size(), frontier.root(), &signer())
}

fn inclusion(index: u64, size: u64) -> Inclusion {
    let all = leaves(size);
    let hashes: Vec<Hash> = all.iter().map(|leaf| leaf_hash(leaf)).collect();
    let proof = inclusion_proof(hashes.as_slice(), index, size).unwrap();
    Inclusion { index, leaf: all[index as usize].clone(), proof, checkpoint: note(&all) }
}

#[test]
fn the_text_is_the_one_of_the_specification() {
    let text = inclusion(2, 3).to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra bGVhZiAy", "index 2"]);
    assert_eq!(lines[4..7], ["", "log.example", "3"]);
    assert!(text.ends_with('\n') && lines[9].starts_with("\u{2014} log.example "));
}

#[test]
fn an_entry_of_its_own_needs_no_hashes() {
    let alone = inclusion(0, 1);
    assert_eq!(alone.proof, Vec::<Hash>::new());
    assert_eq!(alone.to_string().parse::<Inclusion>().unwrap(), alone);
    assert_eq!(alone.check(&signer().verifier()).unwrap().size, 1);
}

#[test]
fn consistency_is_checked_against_a_signed_older_head() {
    let all = leaves(9);
    let hashes: Vec<Hash> = all.iter().map(|leaf| leaf_hash(leaf)).collect();
    let proof = consistency_proof(hashes.as_slice(), 5, 9).unwrap();
    let consistency = Consistency { old: 5, proof, checkpoint: note(&all) };
    let read: Consistency = consistency.to_string().parse().unwrap();
    assert_eq!(read, consistency);
    let verifier = signer().verifier();
    assert_eq!(read.check(&note(&all[..5]), &verifier).unwrap().0.size, 5);
    assert!(read.check(&note(&all[..4]), &verifier).is_err(), "another size");
    let mut forged = all[..5].to_vec();
    forged[1].push(0);
    assert!(read.check(&note(&forged), &verifier).is_err(), "another history");
    let stranger = NoteSigner::new("log.example", &[4; 32]).unwrap().verifier();
    assert!(read.check(&note(&all[..5]), &stranger).is_err());
}

proptest! {
    #[test]
    fn any_change_of_a_proof_is_refused(size in 1..40_u64, index in any::<u64>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let proof = inclusion(index % size, size);
        let text = proof.to_string();
        let verifier = signer().verifier();
        prop_assert!(text.parse::<Inclusion>().unwrap().check(&verifier).is_ok());
        let mut changed = text.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] ^= byte | 1;
        if let Ok(changed) = String::from_utf8(changed)
            && let Ok(read) = changed.parse::<Inclusion>()
        {
            // What reads as the same proof is the same proof.
            prop_assert!(read.check(&verifier).is_err() || read == proof, "{changed}");
        }
    }

    #[test]
    fn texts_never_panic(text in "\\PC{0,60}(\n\\PC{0,40}){0,6}") {
        let _ = text.parse::<Inclusion>();
        let _ = text.parse::<Consistency>();
    }
}
