//! Signed here by hand, from the text of the specification.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{NoteSigner, empty_root};

pub(crate) fn vkey(name: &str, seed: u8) -> String {
    let key = SigningKey::from_bytes(&[seed; 32]).verifying_key();
    let material = [&[4_u8][..], key.as_bytes()].concat();
    let id = Sha256::digest([name.as_bytes(), b"\n", &material].concat());
    format!("{name}+{}+{}", hex::encode(&id[..4]), STANDARD.encode(material))
}

pub(crate) fn cosign(text: &str, name: &str, seed: u8, time: u64) -> String {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let id = Sha256::digest([name.as_bytes(), b"\n\x04", key.verifying_key().as_bytes()].concat());
    let signature = key.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
    let bytes = [&id[..4], &time.to_be_bytes(), &signature.to_bytes()].concat();
    format!("\u{2014} {name} {}\n", STANDARD.encode(bytes))
}

fn witnesses(names: &[(&str, u8)], quorum: usize) -> Witnesses {
    let keys = names.iter().map(|(name, seed)| vkey(name, *seed).parse().unwrap()).collect();
    Witnesses::new(keys, quorum).unwrap()
}

fn checkpoint() -> (String, String) {
    let signer = NoteSigner::new("log.example", &[1; 32]).unwrap();
    let note = Checkpoint::sign(0, empty_root(), &signer);
    let text = note.split("\n\n").next().unwrap().to_owned() + "\n";
    (note, text)
}

#[test]
fn a_quorum_of_witnesses_agrees() {
    let two = witnesses(&[("w.example/1", 11), ("w.example/2", 12), ("w.example/3", 13)], 2);
    let (note, text) = checkpoint();
    assert!(!two.agree(&note));
    let one = note.clone() + &cosign(&text, "w.example/1", 11, 5);
    assert!(!two.agree(&one));
    let both = one.clone() + &cosign(&text, "w.example/3", 13, 6);
    assert!(two.agree(&both));
    let read = two.read(&both).unwrap();
    assert_eq!(
        read[1],
        Cosignature { witness: "w.example/3".to_owned(), time: 6, line: cosign(&text, "w.example/3", 13, 6) }
    );
    // One witness twice is one; a stranger is none.
    let twice = one + &cosign(&text, "w.example/1", 11, 7) + &cosign(&text, "w.example/9", 19, 7);
    assert!(!two.agree(&twice));
}

#[test]
fn what_a_witness_did_not_say_does_not_count() {
    let one = witnesses(&[("w.example/1", 11)], 1);
    let (note, text) = checkpoint();
    let good = cosign(&text, "w.example/1", 11, 5);
    assert!(one.agree(&(note.clone() + &good)));
    // Another key under the same name is another id: a stranger. Another text, or time zero, is a lie.
    assert_eq!(one.read(&(note.clone() + &cosign(&text, "w.example/1", 12, 5))).unwrap(), []);
    assert!(one.read(&(note.clone() + &cosign("other\n0\nx\n", "w.example/1", 11, 5))).is_err());
    assert!(one.read(&(note.clone() + &cosign(&text, "w.example/1", 11, 0))).is_err());
    // A plain note signature under the witness's name is none of its cosignatures.
    let plain = NoteSigner::new("w.example/1", &[11; 32]).unwrap().sign(&text);
    let line = plain.rsplit("\n\n").next().unwrap();
    assert_eq!(one.read(&(note + line)).unwrap(), []);
}

#[test]
fn keys_are_read_and_written_and_no_key_counts_twice() {
    let text = vkey("w.example/1", 11);
    let key: WitnessKey = text.parse().unwrap();
    assert_eq!(key.to_string(), text);
    let log = NoteSigner::new("w.example/1", &[11; 32]).unwrap().verifier().to_string();
    assert!(log.parse::<WitnessKey>().is_err(), "a log's key is no witness's");
    let again: WitnessKey = vkey("w.example/2", 11).parse().unwrap();
    assert!(Witnesses::new(vec![key.clone(), again], 1).is_err());
    assert!(Witnesses::new(vec![key], 2).is_err());
}

#[test]
fn a_cosignature_of_anything_else_is_worth_nothing_here() {
    let one = witnesses(&[("w.example/1", 11)], 1);
    let (note, text) = checkpoint();
    let root = STANDARD.encode(empty_root());
    // Stale: of an older head. Regressed or run ahead: of another size. Of another log with the same root.
    for other in [
        format!("log.example\n0\n{}\n", STANDARD.encode([7; 32])),
        format!("log.example\n1\n{root}\n"),
        format!("log.example\n00\n{root}\n"),
        format!("other.example\n0\n{root}\n"),
        format!("{text}extension\n"),
    ] {
        assert!(one.read(&(note.clone() + &cosign(&other, "w.example/1", 11, 5))).is_err(), "{other}");
    }
    // A stranger who found a key of the same id, under the same name.
    let line = cosign(&text, "w.example/1", 11, 5);
    let (head, encoded) = line.trim_end().rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(encoded).unwrap();
    let signature =
        SigningKey::from_bytes(&[12; 32]).sign(format!("cosignature/v1\ntime 5\n{text}").as_bytes());
    bytes[12..].copy_from_slice(&signature.to_bytes());
    let collides = format!("{head} {}\n", STANDARD.encode(&bytes));
    assert!(one.read(&(note.clone() + &collides)).is_err());
    // The time that was signed is part of it, and nothing may hang behind.
    for change in [
        |bytes: &mut Vec<u8>| bytes[4] = 1,
        |bytes: &mut Vec<u8>| bytes.push(0),
        |bytes: &mut Vec<u8>| bytes.truncate(11),
    ] {
        let mut bytes = STANDARD.decode(encoded).unwrap();
        change(&mut bytes);
        assert!(one.read(&format!("{note}{head} {}\n", STANDARD.encode(bytes))).is_err());
    }
    // The same line twice is one witness.
    let two = witnesses(&[("w.example/1", 11), ("w.example/2", 12)], 2);
    assert!(!two.agree(&format!("{note}{line}{line}")));
}
