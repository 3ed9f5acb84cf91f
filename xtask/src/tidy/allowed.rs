//! The exceptions: each names a rule, a place, a date and a reason, and for sizes how far it goes.

use serde::Deserialize;

use super::{EXCEPTIONS, Finding};
use crate::error::XtaskError;

const STALE: &str = "exceptions";

/// All of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allowed {
    #[serde(default)]
    allow: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    check: String,
    place: String,
    /// The day it was allowed: `2026-11-21`.
    since: String,
    reason: String,
    /// For sizes: how large it may be. It may shrink and not grow.
    max: Option<usize>,
}

impl Allowed {
    pub(super) fn parse(text: &str, checks: &[&str]) -> Result<Self, XtaskError> {
        let form = |why: String| XtaskError::Form { what: EXCEPTIONS.to_owned(), why };
        let allowed: Self = toml::from_str(text).map_err(|error| form(error.to_string()))?;
        for exception in &allowed.allow {
            if !checks.contains(&exception.check.as_str()) {
                return Err(form(format!("`{}` is no check", exception.check)));
            }
            if !is_day(&exception.since) {
                return Err(form(format!("`{}` is no day like 2026-11-21", exception.since)));
            }
            if exception.reason.split_whitespace().count() < 3 {
                return Err(form(format!("the exception for `{}` gives no reason", exception.place)));
            }
        }
        Ok(allowed)
    }

    /// Takes out what is excepted, and adds the exceptions that nothing needs.
    pub(super) fn apply(&self, found: Vec<Finding>) -> Vec<Finding> {
        let excepted = |finding: &Finding| self.allow.iter().any(|exception| exception.covers(finding));
        let unused =
            self.allow.iter().filter(|exception| !found.iter().any(|finding| exception.is_about(finding)));
        let stale = unused.map(|exception| {
            let what = format!(
                "nothing at `{}` needs the exception from {} any more",
                exception.place, exception.check
            );
            Finding::new(STALE, EXCEPTIONS, what)
        });
        let stale: Vec<Finding> = stale.collect();
        found.into_iter().filter(|finding| !excepted(finding)).chain(stale).collect()
    }
}

impl Exception {
    fn is_about(&self, finding: &Finding) -> bool {
        self.check == finding.check && self.place == finding.place
    }

    fn covers(&self, finding: &Finding) -> bool {
        self.is_about(finding) && finding.size.is_none_or(|size| self.max.is_some_and(|max| size <= max))
    }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(place: &str, size: Option<usize>) -> Finding {
        Finding { size, ..Finding::new("file-size", place, "too long") }
    }

    fn parse(text: &str) -> Result<Allowed, XtaskError> {
        Allowed::parse(text, &["file-size"])
    }

    const ONE: &str = "[[allow]]\ncheck = \"file-size\"\nplace = \"a.rs\"\nsince = \"2026-11-21\"\nreason = \"one table of rows\"\nmax = 600\n";

    #[test]
    fn an_exception_covers_its_place_up_to_its_size() {
        let allowed = parse(ONE).unwrap();
        assert_eq!(allowed.apply(vec![finding("a.rs", Some(600))]), []);
        assert_eq!(allowed.apply(vec![finding("a.rs", Some(601))]).len(), 1);
        assert_eq!(
            allowed.apply(vec![finding("a.rs", Some(600)), finding("b.rs", Some(501))]),
            [finding("b.rs", Some(501))]
        );
    }

    #[test]
    fn an_exception_that_nothing_needs_is_found() {
        let found = parse(ONE).unwrap().apply(Vec::new());
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("a.rs"), "{}", found[0]);
    }

    #[test]
    fn an_exception_says_which_check_when_and_why() {
        for (from, to) in [
            ("file-size", "file-length"),
            ("2026-11-21", "soon"),
            ("one table of rows", "legacy"),
            ("max", "most"),
        ] {
            assert!(parse(&ONE.replace(from, to)).is_err(), "{to}");
        }
    }
}
