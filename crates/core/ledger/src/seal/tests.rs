//! Commitments, bodies, wrapped secrets.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{EntryKind, LEAF_LIMIT};

fn entry() -> Entry {
    Entry::new(EntryKind::Allowed, 1_700_000_000_000)
        .public("operation", "aws:rds:DeleteDBInstance")
        .private(
            "arguments",
            json!({"DBInstanceIdentifier": "school", "Size": 9_007_199_254_740_993_u64, "f": 0.1}),
        )
        .private("reason", "tidy up")
}

fn sealed(entry: Entry, secret: [u8; 32]) -> (Sealed, RecordSecret) {
    let (sealed, secret) = seal(entry, || Ok::<_, LedgerError>(RecordSecret::new(secret))).unwrap();
    (sealed, secret.unwrap())
}

#[test]
fn private_fields_come_back_and_are_not_in_the_leaf() {
    let (sealed, secret) = sealed(entry(), [3; 32]);
    let leaf = sealed.leaf.encode().unwrap();
    let text = String::from_utf8(leaf.clone()).unwrap();
    assert!(!text.contains("school") && !text.contains("tidy"), "{text}");
    assert!(text.contains("DeleteDBInstance"));
    let leaf = Leaf::parse(&leaf).unwrap();
    let opened = open_body(&leaf, &sealed.body.unwrap(), &secret).unwrap();
    assert_eq!(opened["reason"].json().unwrap(), json!("tidy up"));
    assert!(opened["arguments"].value.contains("9007199254740993"), "whole numbers are not rounded");
}

#[test]
fn another_secret_or_another_leaf_opens_nothing() {
    let (first, secret) = sealed(entry(), [3; 32]);
    let (second, other) = sealed(entry(), [4; 32]);
    let body = first.body.clone().unwrap();
    assert_eq!(open_body(&first.leaf, &body, &other), Err(LedgerError::Sealed("a body")));
    // A body moved under another leaf is not the one recorded there, and its fields do not fit the commitments.
    assert!(matches!(open_body(&second.leaf, &body, &secret), Err(LedgerError::Leaf(_))));
    let mut moved = second.leaf.clone();
    moved.body.clone_from(&first.leaf.body);
    assert!(matches!(open_body(&moved, &body, &secret), Err(LedgerError::Commitment(_))));
    // The same values commit to something else under another secret: they cannot be looked up.
    assert_ne!(first.leaf.fields, second.leaf.fields);
    // Equal values of two fields commit to different things.
    let (twins, _) = sealed(Entry::new(EntryKind::Tool, 1).private("a", 1).private("b", 1), [3; 32]);
    assert_ne!(twins.leaf.fields["a"], twins.leaf.fields["b"]);
}

#[test]
fn a_changed_opening_is_noticed() {
    let (sealed, secret) = sealed(entry(), [3; 32]);
    let good = open_body(&sealed.leaf, sealed.body.as_ref().unwrap(), &secret).unwrap();
    let mut bad = good.clone();
    bad.get_mut("reason").unwrap().value = "\"something else\"".to_owned();
    assert_eq!(check_openings(&sealed.leaf, &bad), Err(LedgerError::Commitment("reason".to_owned())));
    let mut fewer = good.clone();
    fewer.remove("reason");
    assert!(check_openings(&sealed.leaf, &fewer).is_err());
    let mut more = good;
    more.insert("more".to_owned(), Opening { salt: STANDARD.encode([0; 32]), value: "1".to_owned() });
    assert!(check_openings(&sealed.leaf, &more).is_err());
}

#[test]
fn without_private_fields_no_secret_is_drawn() {
    let plain = Entry::new(EntryKind::Read, 5).public("operation", "aws:s3:ListBuckets");
    let (sealed, secret) = seal(plain, || -> Result<_, LedgerError> { panic!("drawn") }).unwrap();
    assert!(secret.is_none() && sealed.body.is_none());
    let text = String::from_utf8(sealed.leaf.encode().unwrap()).unwrap();
    assert_eq!(text, r#"{"at":5,"kind":"read","public":{"operation":"aws:s3:ListBuckets"},"v":1}"#);
}

#[test]
fn a_secret_survives_wrapping_under_its_key_only() {
    let (sealed, secret) = sealed(entry(), [3; 32]);
    let key = WrappingKey::new([1; 32]);
    let wrapped = key.wrap(&secret, [2; 24]).unwrap();
    let back = key.unwrap(&wrapped).unwrap();
    open_body(&sealed.leaf, &sealed.body.unwrap(), &back).unwrap();
    assert!(WrappingKey::new([9; 32]).unwrap(&wrapped).is_err());
    assert!(key.unwrap(&wrapped[..30]).is_err());
    assert!(!format!("{secret:?} {key:?}").contains('3'));
}

#[test]
fn a_leaf_that_does_not_fit_is_an_error() {
    let long = Entry::new(EntryKind::Tool, 1).public("x", "y".repeat(LEAF_LIMIT));
    let (sealed, _) = seal(long, || Ok::<_, LedgerError>(RecordSecret::new([0; 32]))).unwrap();
    assert!(matches!(sealed.leaf.encode(), Err(LedgerError::LeafTooLong(_))));
}

#[test]
fn a_leaf_of_another_version_or_with_more_in_it_is_refused() {
    for bad in [
        r#"{"at":5,"kind":"read","public":{},"v":2}"#,
        r#"{"at":5,"kind":"read","public":{},"v":1,"more":1}"#,
        r#"{"at":5,"kind":"unheard-of","public":{},"v":1}"#,
        "",
    ] {
        assert!(Leaf::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(name in "\\PC{0,12}", value in "\\PC{0,200}", number in any::<i64>(), float in any::<f64>(), secret in any::<[u8; 32]>()) {
        let entry = Entry::new(EntryKind::Prompt, 1).private(&name, &value).private("n", number).private("f", float);
        let (sealed, secret) = sealed(entry, secret);
        let opened = open_body(&sealed.leaf, &sealed.body.unwrap(), &secret).unwrap();
        if name != "n" && name != "f" {
            prop_assert_eq!(opened[&name].json().unwrap(), json!(value));
        }
    }

    #[test]
    fn parsing_never_panics(bytes in any::<Vec<u8>>()) {
        let _ = Leaf::parse(&bytes);
        let _ = WrappingKey::new([0; 32]).unwrap(&bytes);
    }
}
