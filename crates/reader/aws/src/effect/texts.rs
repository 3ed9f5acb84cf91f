//! Secrets in the middle of a text: a template, a statement, a command, an address, a document.
//!
//! What is found is what stands behind a name that means a secret (`DB_PASSWORD=…`, `"clientSecret": "…"`,
//! `PASSWORD '…'`, `--token …`), and the password in an address (`://user:…@`). Of two readings the shorter one counts:
//! what is hidden, nobody who approves it sees.

use std::ops::Range;

use super::secrets::is_secret_word;

/// Where secrets stand in a text, in order and apart from each other.
pub(crate) fn hidden(text: &str) -> Vec<Range<usize>> {
    let scan = Scan(text);
    let mut found: Vec<Range<usize>> =
        text.match_indices("://").filter_map(|at| scan.address(at.0 + 3)).collect();
    scan.named(&mut found);
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup_by(|next, before| next.start < before.end);
    found
}

/// Whether a text of a list names what the next one is: `--password`.
pub(crate) fn is_secret_flag(text: &str) -> bool {
    text.starts_with("--") && is_secret_word(text) && !text.contains(['=', ' '])
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
        let end = self.until(from, |byte| byte.is_ascii_whitespace() || b"/\\\"'<>`,;()".contains(&byte));
        let authority = self.text(&(from..end));
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        let range = from + name.len() + 1..from + user.len();
        is_literal(self.text(&range)).then_some(range)
    }

    /// What stands behind names.
    fn named(&self, found: &mut Vec<Range<usize>>) {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
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
                let value = self.value(start, end).filter(|value| is_literal(self.text(value)));
                from = value.as_ref().map_or(from, |value| value.end);
                found.extend(value);
            }
        }
    }

    /// The value behind the name that stands here.
    fn value(&self, name: usize, end: usize) -> Option<Range<usize>> {
        let quoted = self.until(end, |byte| !b"\\\"'".contains(&byte));
        let quoted = if quoted - end <= 2 { quoted } else { end };
        let sign = self.blanks(quoted);
        let (by, from) = match self.at(sign) {
            Some(b'=') => (By::Equals, self.until(sign, |byte| byte != b'=' && byte != b'>')),
            Some(b':') if self.at(sign + 1) == Some(b'=') => (By::Equals, sign + 2),
            // `service:Operation` is one name.
            Some(b':')
                if quoted > end || self.at(sign + 1).is_some_and(|byte| byte.is_ascii_whitespace()) =>
            {
                (By::Colon, sign + 1)
            }
            Some(_) if sign > quoted && quoted == end => (By::Space, sign),
            _ => return None,
        };
        let mut from = self.blanks(from);
        if self.text(&(from..from + 5)) == "!Sub " {
            from = self.blanks(from + 5);
        }
        match (self.at(from)?, by) {
            (b'\\', _) if self.at(from + 1) == Some(b'"') => self.quoted(from + 2, by, "\\\""),
            (b'"', By::Equals | By::Colon) => self.quoted(from + 1, by, "\""),
            (b'\'', _) => self.quoted(from + 1, by, "'"),
            (b'|' | b'>', By::Colon) => self.block(name, from),
            (_, By::Space) if !self.text(&(name..end)).starts_with("--") => None,
            (b'-', By::Space) => None,
            (_, by) => self.bare(from, by),
        }
    }

    /// Up to the sign that ends it. A command in it is something to see.
    fn quoted(&self, from: usize, by: By, sign: &str) -> Option<Range<usize>> {
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
                let runs =
                    by != By::Colon && ["$(", "`"].iter().any(|run| self.text(&(from..at)).contains(run));
                return (!runs).then_some(from..at);
            }
        }
    }

    /// The lines that are further in than the name's.
    fn block(&self, name: usize, from: usize) -> Option<Range<usize>> {
        let before = self.0.get(..name)?;
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = self.blanks(line) - line;
        let start = self.until(from, |byte| byte == b'\n') + 1;
        let mut end = start;
        while end < self.0.len() {
            let text = self.blanks(end);
            let blank = self.at(text).is_none_or(|byte| byte == b'\n' || byte == b'\r');
            if !blank && text - end <= indent {
                break;
            }
            end = (self.until(end, |byte| byte == b'\n') + 1).min(self.0.len());
        }
        (start < end).then_some(start..end)
    }

    /// One word. Behind a colon it must be all there is: more words are prose.
    fn bare(&self, from: usize, by: By) -> Option<Range<usize>> {
        let end =
            self.until(from, |byte| byte.is_ascii_whitespace() || b",;&|()<>\"'`{}[]\\".contains(&byte));
        let after = self.blanks(end);
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
            ("a:\n  PrivateKey: |\n    one\n    two\n  Name: x", vec!["    one\n    two\n"]),
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
}
