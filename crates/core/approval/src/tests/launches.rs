use interlock_action::{Digest, Millis};

use super::signatures::openssh;
use crate::{FRESH, Launch, Opening, Refusal, Signable as _, Statement, sign, verify};

const NOW: Millis = 10_000_000;

fn opening() -> Opening {
    Opening {
        home: "home-1".into(),
        agent: "claude".into(),
        task: "tidy up".into(),
        scope: vec!["dev-*".into()],
        secrets: Vec::new(),
        folders: Vec::new(),
        resume: None,
        advisory: false,
        observe: false,
        person: "bo".into(),
        at: NOW,
        nonce: "n1".into(),
    }
}

#[test]
fn a_signed_opening_is_good_for_one_opening_and_not_for_long() {
    let (private, enrolled) = openssh();
    let keys = std::slice::from_ref(&enrolled);
    let armoured = sign(&opening(), &private, None).unwrap();
    for at in [NOW - FRESH, NOW, NOW + FRESH] {
        assert_eq!(opening().check(&armoured, keys, None, at), Ok(&enrolled));
    }
    for at in [NOW - FRESH - 1, NOW + FRESH + 1] {
        assert_eq!(opening().check(&armoured, keys, None, at), Err(Refusal::Stale));
    }
    let others = [
        Opening { home: "home-2".into(), ..opening() },
        Opening { agent: "other".into(), ..opening() },
        Opening { task: "tear down".into(), ..opening() },
        Opening { scope: vec!["*".into()], ..opening() },
        Opening { secrets: vec!["*".into()], ..opening() },
        Opening { folders: vec!["/".into()], ..opening() },
        Opening { resume: Some("ses-1".into()), ..opening() },
        Opening { advisory: true, ..opening() },
        Opening { observe: true, ..opening() },
        Opening { person: "cy".into(), ..opening() },
        Opening { at: NOW + 1, ..opening() },
        Opening { nonce: "n2".into(), ..opening() },
    ];
    for other in others {
        assert!(matches!(other.check(&armoured, keys, None, NOW), Err(Refusal::Signature(_))), "{other:?}");
    }
    assert!(opening().check(&armoured, &[], None, NOW).is_err());
}

#[test]
fn a_key_that_cools_off_proves_nothing_yet() {
    let (private, mut enrolled) = openssh();
    enrolled.counts_from = NOW + 1;
    let armoured = sign(&opening(), &private, None).unwrap();
    assert!(matches!(opening().check(&armoured, &[enrolled], None, NOW), Err(Refusal::CoolingOff(_))));
}

#[test]
fn an_opening_is_no_approval_and_an_approval_no_opening() {
    let (private, enrolled) = openssh();
    let keys = [enrolled];
    let statement =
        Statement::on_ticket("approve", &"tk-1".into(), Digest::of(b"t"), &"bo".into(), "seen", "n1");
    let opened = sign(&opening(), &private, None).unwrap();
    let approved = sign(&statement, &private, None).unwrap();
    let refusals = [
        (verify(&statement, &opened, &keys, None).unwrap_err(), Opening::NAMESPACE),
        (opening().check(&approved, &keys, None, NOW).unwrap_err(), Statement::NAMESPACE),
    ];
    for (refusal, namespace) in refusals {
        assert!(refusal.to_string().contains(&format!("made for `{namespace}`")), "{refusal}");
    }
}

#[test]
fn openings_add_up() {
    let mut launch = Launch::of("bo");
    assert_eq!(launch.to_string(), "bo");
    launch.join(&Launch::of("ana"));
    launch.join(&Launch::unproved());
    launch.join(&Launch::of("bo"));
    assert_eq!(launch.to_string(), "ana and bo and somebody unproved");
    assert_eq!(Launch::unproved().to_string(), "somebody unproved");
}
