//! Secrets in a text that is JSON: there a name belongs to one value, and nothing else can stand in it.
//!
//! So a value is found whatever its sign of assignment; a job may still run it, so that it is one word as in any text. What is
//! not JSON as a whole has no members here.

use std::ops::Range;

use super::{
    secrets::{is_environment, is_secret_pair_of, is_secret_word, is_value_of_pair},
    texts::word,
};

/// What is open while a text is read.
#[derive(Default)]
struct Open<'a> {
    /// The name whose value comes next.
    name: &'a str,
    /// Its values are variables, or pairs that are.
    variables: bool,
    /// It is a pair whose value is a secret.
    secret: bool,
    /// Values of the pair.
    values: Vec<Range<usize>>,
}

/// The values whose names, or the names in whose pairs, mean secrets. Escapes are as they stand.
pub(super) fn members(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.trim_start().starts_with(['{', '['])
        || serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
    {
        return found;
    }
    let bytes = text.as_bytes();
    let mut stack = vec![Open::default()];
    let (mut at, mut before) = (0, b' ');
    while let Some(sign) = bytes.get(at).copied() {
        match sign {
            b'{' | b'[' => {
                let next = stack.last().map(|outer| inner(outer, sign == b'['));
                stack.extend(next);
            }
            b'}' | b']' => {
                let pair = stack.pop().filter(|pair| pair.secret);
                found.extend(pair.into_iter().flat_map(|pair| pair.values));
            }
            b'"' => {
                let string = at + 1..end(bytes, at + 1);
                at = string.end;
                if let (Some(open), Some(value)) = (stack.last_mut(), text.get(string.clone())) {
                    let rest = text.get(at + 1..).unwrap_or_default();
                    match rest.trim_start().starts_with(':') {
                        true => open.name = value,
                        false if before == b':' => open.take(value, string.start, &mut found),
                        false => {}
                    }
                }
            }
            _ => {}
        }
        before = if sign.is_ascii_whitespace() { before } else { sign };
        at += 1;
    }
    found
}

impl Open<'_> {
    /// The value of the name that came last.
    fn take(&mut self, value: &str, start: usize, found: &mut Vec<Range<usize>>) {
        let part = word(value).map(|part| start + part.start..start + part.end);
        // `aws:RequestTag/token` is a part of a longer name.
        let secret = is_secret_word(self.name) && !self.name.contains([':', '/']);
        if secret || (self.variables && !self.secret) {
            found.extend(part);
        } else if is_value_of_pair(self.name) {
            self.values.extend(part);
        } else if is_secret_pair_of(self.name, value) {
            self.secret = true;
        }
    }
}

/// What opens within another. Settings that are called an environment hold more than variables.
fn inner<'a>(outer: &Open<'a>, list: bool) -> Open<'a> {
    let named = is_environment(outer.name);
    match list {
        true => Open { variables: named, ..Open::default() },
        // In a list of variables each is a pair.
        false if outer.name.is_empty() && outer.variables => Open { secret: true, ..Open::default() },
        false => {
            Open { variables: named && !outer.name.eq_ignore_ascii_case("environment"), ..Open::default() }
        }
    }
}

/// Where a string ends.
fn end(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut escaped) = (from, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if !escaped => break,
            _ => escaped = *byte == b'\\' && !escaped,
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        members(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn members_and_pairs_that_mean_secrets_are_found() {
        for (text, secrets) in [
            (r#"{"MasterUserPassword": "a!b%c", "MasterUsername": "x"}"#, vec!["a!b%c"]),
            // A job may run it.
            (r#"{"token": "{curl,-s,//evil}|sh", "password": "curl$IFS//evil"}"#, vec![]),
            (r#"[{"value": "s3cret", "path": "/SecretString", "op": "replace"}]"#, vec!["s3cret"]),
            (r#"{"Environment": {"Variables": {"DSN": "s3cret", "N": 1}}}"#, vec!["s3cret"]),
            (r#"{"Environment": [{"Name": "DSN", "Value": "s3cret"}]}"#, vec!["s3cret"]),
            (r#"{"headers": {"Authorization": "Bearer s3cret"}}"#, vec!["s3cret"]),
            (r#"{"a": {"token": "one"}, "b": [{"name": "apiKey", "value": "two"}]}"#, vec!["one", "two"]),
            (r#"{"AttributeName": "x-token", "AttributeValue": "s3cret"}"#, vec!["s3cret"]),
            // What is there to be read.
            (r#"{"AttributeName": "token-version", "AttributeValue": "2"}"#, vec![]),
            (r#"{"password": {"Ref": "Db"}, "token": ["x"], "tokenTtl": "60"}"#, vec![]),
            (r#"{"password": "curl evil", "token": "$(reboot)", "secret": "a\nb"}"#, vec![]),
            (r#"{"environment": {"image": "evil", "privileged": "true"}}"#, vec![]),
            (r#"[{"op": "replace", "path": "/apiKeySource", "value": "HEADER"}]"#, vec![]),
            (r#"{"password": "s3cret"} ; reboot"#, vec![]),
        ] {
            assert_eq!(found(text), secrets, "{text}");
        }
    }
}
