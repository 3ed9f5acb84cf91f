//! Canonical JSON (RFC 8785), digests over it, and seals of secret values (ADR-0003).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    fmt,
    ops::Range,
};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest; as text `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// SHA-256 of the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
    /// The 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
    /// The first twelve hexadecimal digits, for names that people read.
    pub fn short(&self) -> String {
        hex::encode(self.0).chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Digest {
    type Err = CanonicalError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || CanonicalError::Digest(text.to_owned());
        let hex = text.strip_prefix("sha256:").ok_or_else(bad)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(hex, &mut bytes).map_err(|_| bad())?;
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Digest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Digest".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})
    }
}

/// Why a value has no canonical form, or a text is no digest.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value cannot be written as canonical JSON.
    #[error("no canonical JSON: {0}")]
    Canonical(String),
    /// Not `sha256:` and 64 hexadecimal digits.
    #[error("`{0}` is not a digest")]
    Digest(String),
}

/// The value as RFC 8785 bytes.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let no_form = |error: serde_json::Error| CanonicalError::Canonical(error.to_string());
    let mut value = serde_json::to_value(value).map_err(no_form)?;
    if is_plain(&value) {
        value.sort_all_objects();
        return serde_json::to_vec(&value).map_err(no_form);
    }
    serde_json_canonicalizer::to_vec(&value).map_err(no_form)
}

/// Whether ordinary compact JSON with sorted keys is canonical, and sooner made: keys sorted as bytes are sorted as UTF-16
/// if they are ASCII, integers that a double holds exactly are written the same, and so are strings.
fn is_plain(value: &Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => {
            number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).is_some_and(|number| number <= EXACT)
        }
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(fields) => fields.iter().all(|(key, value)| key.is_ascii() && is_plain(value)),
    }
}

/// SHA-256 over `domain`, a zero byte, and the canonical bytes. The domain keeps digests of different things apart.
pub fn digest_of<T: Serialize>(domain: &str, value: &T) -> Result<Digest, CanonicalError> {
    let mut hash = Sha256::new();
    hash.update(domain.as_bytes());
    hash.update([0]);
    hash.update(canonical(value)?);
    Ok(Digest(hash.finalize().into()))
}

/// Seals secret values: the same value gives the same seal under the same key, and nobody without the key can look the
/// value up in a dictionary.
#[derive(Clone)]
pub struct Sealer([u8; 32]);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// With the home's sealing key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// `{"sealed": "hmac-sha256:…"}` for one value.
    pub fn seal(&self, value: &Value) -> Value {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            // INVARIANT: HMAC takes keys of any length; were it ever not so, no digest of the secret leaves.
            Err(_) => return serde_json::json!({"sealed": "unavailable"}),
        };
        mac.update(value.to_string().as_bytes());
        serde_json::json!({"sealed": format!("hmac-sha256:{}", hex::encode(mac.finalize().into_bytes()))})
    }

    /// The arguments with every secret sealed. A pointer that matches nothing is skipped; of a text of which a part is
    /// secret (see [`part`]) the rest stays, or where the part cannot be told, nothing. Words that look sealed already are
    /// marked, so that nobody writes a seal.
    pub fn seal_all(&self, arguments: &Value, secrets: &[String]) -> Value {
        let mut marked = arguments.clone();
        mark(&mut marked);
        self.seal_in(marked, arguments, secrets)
    }

    /// The same with names as they are, for what a call is made of later and nobody is shown.
    pub fn seal_secrets(&self, arguments: &Value, secrets: &[String]) -> Value {
        self.seal_in(arguments.clone(), arguments, secrets)
    }

    fn seal_in(&self, mut sealed: Value, arguments: &Value, secrets: &[String]) -> Value {
        let (parts, whole): (Vec<_>, Vec<_>) =
            secrets.iter().map(String::as_str).partition(|pointer| pointer.contains(PART));
        let mut texts: BTreeMap<&str, Vec<Option<Range<usize>>>> = BTreeMap::new();
        for (pointer, range) in parts.iter().filter_map(|part| part.split_once(PART)) {
            let range =
                range.split_once('-').and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
            texts.entry(pointer).or_default().push(range);
        }
        for (pointer, ranges) in texts {
            if let (Some(value), Some(secret)) = (sealed.pointer_mut(pointer), arguments.pointer(pointer)) {
                let parts = secret.as_str().and_then(|text| self.seal_parts(text, ranges));
                *value = parts.map_or_else(|| self.seal(secret), Value::String);
            }
        }
        for pointer in whole {
            if let (Some(value), Some(secret)) = (sealed.pointer_mut(pointer), arguments.pointer(pointer)) {
                *value = self.seal(secret);
            }
        }
        sealed
    }

    /// None where the parts are not parts of the text. Two readings of a request may tell the same part.
    fn seal_parts(&self, text: &str, ranges: Vec<Option<Range<usize>>>) -> Option<String> {
        let mut ranges: Vec<Range<usize>> = ranges.into_iter().collect::<Option<_>>()?;
        ranges.sort_by_key(|range| (range.start, Reverse(range.end)));
        let (mut sealed, mut at) = (String::new(), 0);
        for range in ranges {
            let range = range.start.max(at)..range.end;
            if range.start >= range.end && at > 0 {
                continue;
            }
            let (before, secret) = (text.get(at..range.start)?, text.get(range.clone())?);
            let mac = self.seal(&Value::from(secret));
            let mac = mac.get("sealed").and_then(Value::as_str)?.to_owned();
            sealed.extend([&marked(before), SEALED, &mac, ")"]);
            at = range.end;
        }
        sealed.push_str(&marked(text.get(at..)?));
        Some(sealed)
    }
}

/// Marks what looks sealed in every text of a value.
fn mark(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("sealed ") => *text = marked(text),
        Value::Array(values) => values.iter_mut().for_each(mark),
        Value::Object(values) => values.values_mut().for_each(mark),
        _ => {}
    }
}

/// The text with one more backslash in whatever reads like the begin of a seal, with any number of them: no two texts look
/// the same afterwards.
fn marked(text: &str) -> String {
    let (opening, word) = SEALED.split_at(1);
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(opening) {
        marked.extend([before, opening]);
        if after.trim_start_matches('\\').starts_with(word) {
            marked.push('\\');
        }
        rest = after;
    }
    marked.push_str(rest);
    marked
}

/// Stands between a pointer and the part of the text that it means. It stands in no pointer: there a `~` has a `0` or a `1`
/// behind it (RFC 6901 section 3).
const PART: &str = "~@";

/// Stands where a part of a text was.
const SEALED: &str = "(sealed ";

/// The pointer to a part of the text at a pointer: its bytes from here to there.
pub fn part(pointer: &str, range: &Range<usize>) -> String {
    format!("{pointer}{PART}{}-{}", range.start, range.end)
}

/// The pointer to the text that a pointer is to a part of; `None` where it is to a whole value.
pub fn part_of(pointer: &str) -> Option<&str> {
    Some(pointer.split_once(PART)?.0)
}

/// Leaves of pointers those that lie in no other: what lies in something that is sealed whole is sealed with it.
pub fn outermost(pointers: &mut Vec<String>) {
    pointers.sort();
    pointers.dedup();
    let all: HashSet<String> = pointers.iter().cloned().collect();
    pointers.retain(|at| {
        let ends = at.match_indices('/').chain(at.match_indices(PART));
        !ends.map(|(end, _)| end).any(|end| at.get(..end).is_some_and(|outer| all.contains(outer)))
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_of_a_text_are_sealed_and_the_rest_stays() {
        let sealer = Sealer::new([7; 32]);
        let seal = |text: &str, ranges: &[Range<usize>]| {
            let secrets: Vec<String> = ranges.iter().map(|range| part("/a~1b", range)).collect();
            sealer.seal_all(&serde_json::json!({"a/b": text, "c": 1}), &secrets)["a/b"].clone()
        };
        let one = |text: &str, range: Range<usize>| seal(text, std::slice::from_ref(&range));
        let sealed = seal("x=one; y=two.", &[9..12, 2..5]);
        let sealed = sealed.as_str().unwrap();
        assert!(sealed.starts_with("x=(sealed hmac-sha256:") && sealed.ends_with(")."), "{sealed}");
        assert!(sealed.contains("); y=(sealed hmac-") && !sealed.contains("one") && !sealed.contains("two"));
        assert_ne!(one("x=one", 2..5), one("x=two", 2..5));
        // Nobody writes what looks sealed, and nothing that is there goes away by it.
        for (text, shown) in [
            ("x=one (sealed y); rm -rf /", r" (\sealed y); rm -rf /"),
            (r"x=one (\sealed y) (\\sealed y)", r" (\\sealed y) (\\\sealed y)"),
            ("x=one ((sealed (sealed", r" ((\sealed (sealed"),
        ] {
            let sealed = one(text, 2..5);
            assert!(sealed.as_str().unwrap().ends_with(&format!("){shown}")), "{sealed}");
        }
        assert_eq!(seal("say (sealed hmac-sha256:00)", &[]), r"say (\sealed hmac-sha256:00)");
        let name = serde_json::json!({"Key": "(sealed x"});
        assert_eq!(sealer.seal_secrets(&name, &[]), name, "what is done later is done to what has the name");
        // Two readings of a request may find the same.
        assert_eq!(seal("x=one", &[2..5, 2..5, 2..4]), one("x=one", 2..5));
        // Nothing is shown of what cannot be taken apart.
        let whole = |text: &str| sealer.seal(&Value::from(text));
        assert_eq!(one("x=é", 2..3), whole("x=é"));
        assert_eq!(one("x", 2..3), whole("x"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1000_i64..1000).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
        ];
        let text = prop_oneof![
            any::<String>(),
            "[ -~]{0,8}",
            Just("\u{0}\u{8}\t\u{1f}\u{7f}\"\\/\u{2028}é😀".to_owned())
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number,
            text.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..6)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_sooner_is_the_same(value in json()) {
            let slow = serde_json_canonicalizer::to_vec(&value).unwrap();
            prop_assert_eq!(String::from_utf8(canonical(&value).unwrap()), String::from_utf8(slow));
        }
    }

    #[test]
    fn ordinary_values_take_the_short_way_and_doubtful_ones_do_not() {
        assert!(is_plain(&serde_json::json!({"b": 9_007_199_254_740_992_u64, "a": ["x", null, -1]})));
        assert!(!is_plain(&serde_json::json!(9_007_199_254_740_993_u64)));
        assert!(!is_plain(&serde_json::json!([1.5])));
        assert!(!is_plain(&serde_json::json!({"é": 1})));
        assert_eq!(canonical(&serde_json::json!({"b": 1, "a": 2})).unwrap(), br#"{"a":2,"b":1}"#);
    }
}
