//! Against the independent crate `signed_note`, and with notes that were tampered with.

use proptest::prelude::*;
use signed_note::{Note, StandardVerifier, VerifierList};

use super::*;
use crate::Checkpoint;

fn signer() -> NoteSigner {
    NoteSigner::new("interlock.example/home", &[7; 32]).unwrap()
}

#[test]
fn the_independent_crate_accepts_key_and_note() {
    let signer = signer();
    let note = Checkpoint::sign(3, [9; 32], &signer);
    let theirs = StandardVerifier::new(&signer.verifier().to_string()).unwrap();
    let parsed = Note::from_bytes(note.as_bytes()).unwrap();
    let (good, other) = parsed.verify(&VerifierList::new(vec![Box::new(theirs)])).unwrap();
    assert_eq!((good.len(), other.len()), (1, 0));
    assert_eq!(parsed.text(), Checkpoint::open(&note, &signer.verifier()).unwrap().text().as_bytes());
}

/// The key and the note of the signed-note specification's own example.
#[test]
fn the_key_of_the_specification_is_read() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let verifier: NoteVerifier = text.parse().unwrap();
    assert_eq!(verifier.to_string(), text);
    let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert!(verifier.verify(note).unwrap().starts_with("If you think"));
}

#[test]
fn other_signatures_are_passed_over_and_bad_ones_are_not() {
    let (ours, other) = (signer(), NoteSigner::new("witness", &[8; 32]).unwrap());
    let note = Checkpoint::sign(1, [1; 32], &ours);
    let cosigned = other.sign("x\n").lines().last().map(|line| format!("{note}{line}\n")).unwrap();
    assert!(ours.verifier().verify(&cosigned).is_ok());
    assert!(matches!(other.verifier().verify(&note), Err(LedgerError::UnknownKey { .. })));
    // The same name with another key is another key.
    let imposter = NoteSigner::new(ours.name(), &[9; 32]).unwrap();
    assert!(matches!(ours.verifier().verify(&imposter.sign("x\n")), Err(LedgerError::UnknownKey { .. })));
    let rewritten = note.replacen("\n1\n", "\n2\n", 1);
    assert!(matches!(ours.verifier().verify(&rewritten), Err(LedgerError::BadSignature(_))));
    assert!(Checkpoint::open(&other.sign("somewhere\n1\n\n"), &other.verifier()).is_err());
}

#[test]
fn a_checkpoint_of_another_origin_is_refused() {
    let signer = signer();
    let text = Checkpoint { origin: "elsewhere".to_owned(), size: 1, root: [0; 32] }.text();
    assert!(matches!(
        Checkpoint::open(&signer.sign(&text), &signer.verifier()),
        Err(LedgerError::Checkpoint(_))
    ));
    for bad in ["", "o\n", "o\n01\nAAAA\n", "o\n+1\n", "\n1\nAAAA\n", "o\n1\nAAAA\n", "o\n1"] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
    assert!(Checkpoint::parse(&format!("{text}extension\n")).is_ok());
}

#[test]
fn names_with_spaces_or_plus_are_refused() {
    for bad in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
        assert!(NoteSigner::new(bad, &[0; 32]).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn nothing_but_what_was_signed_verifies(size in any::<u64>(), root in any::<[u8; 32]>(), at in any::<usize>(), bit in 0..7_u8) {
        let signer = signer();
        let note = Checkpoint::sign(size, root, &signer);
        let opened = Checkpoint::open(&note, &signer.verifier()).unwrap();
        prop_assert_eq!((opened.size, opened.root), (size, root));
        let mut bytes = note.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        // A flip in the padding bits of the last base64 digit is refused too, so no other text verifies.
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(Checkpoint::open(&text, &signer.verifier()).is_err());
        }
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,60}\n{0,2}\\PC{0,60}", bytes in any::<Vec<u8>>()) {
        let _ = Checkpoint::parse(&text);
        let _ = signer().verifier().verify(&text);
        let _ = text.parse::<NoteVerifier>();
        let _ = signer().verifier().verify(&String::from_utf8_lossy(&bytes));
    }
}
