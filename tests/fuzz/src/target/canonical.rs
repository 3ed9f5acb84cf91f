//! Canonical JSON: one value, one text, and the same as the independent implementation makes.

use interlock_action::{Sealer, canonical, digest_of, value_at};
use serde_json::Value;

use crate::{Target, seeds};

pub(super) const TARGET: Target = Target {
    name: "canonical",
    about: "canonical JSON, digests, seals and pointers",
    millis: 1_000,
    run,
    seeds: || {
        let mut seeds: Vec<Vec<u8>> = [
            r#"{"b":1,"a":[1.5,-0.0,1e21,9007199254740993,"\u0000\ud83d\ude00"],"é":null,"\u20ac":{"x":true}}"#,
            "[1e400,-1,0.1,123456789012345678901234567890]",
            r#"{"a":{"a":{"a":{}}},"":"","\"":"\\"}"#,
        ]
        .map(|text| text.as_bytes().to_vec())
        .into();
        seeds.extend(seeds::hostile_bodies());
        seeds
    },
};

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect()
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

fn run(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(text) = canonical(&value) else { return };
    let slow = serde_json_canonicalizer::to_vec(&value).expect("the other implementation has a form too");
    assert_eq!(String::from_utf8_lossy(&text), String::from_utf8_lossy(&slow));
    let again: Value = serde_json::from_slice(&text).expect("canonical JSON is JSON");
    assert_eq!(canonical(&again).unwrap(), text, "canonical twice is not canonical once");
    let digest = |value: &Value| digest_of("fuzz", value).unwrap();
    assert_eq!(digest(&value), digest(&reversed(&value)), "the order of members is in the digest");
    assert_eq!(digest(&value), digest(&again));
    let pointers: Vec<String> = vec!["/a".to_owned(), "/a/0".to_owned(), String::new()];
    let sealed = Sealer::new([1; 32]).seal_all(&value, &pointers);
    assert_eq!(
        canonical(&sealed).unwrap(),
        canonical(&Sealer::new([1; 32]).seal_all(&value, &pointers)).unwrap()
    );
    let _ = value_at(&value, "/a/[b=c]/d");
}
