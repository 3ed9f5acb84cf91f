//! What an IAM policy document allows, and whom. Looks only; whatever it cannot read it reports as unreadable.

use serde_json::Value;

use crate::arn;
use crate::effect::is_account;

/// Whom a resource or trust policy lets in from outside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Opens {
    /// Anyone.
    pub(super) public: bool,
    /// Accounts that are not known to be the session's own, or principals that no account can be told of.
    pub(super) foreign: Vec<String>,
    /// Denies everything to everyone, with no condition: locks its owner out.
    pub(super) lockout: bool,
    /// Is no policy document that can be read.
    pub(super) unreadable: bool,
}

/// Whom the document lets in from outside the account.
pub(super) fn opens(document: &str, own: Option<&str>) -> Opens {
    let mut opens = Opens::default();
    let Some(statements) = statements(document) else {
        return Opens { unreadable: true, ..opens };
    };
    for statement in &statements {
        let principals = principals(statement);
        let conditioned =
            statement.get("Condition").and_then(Value::as_object).is_some_and(|map| !map.is_empty());
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => {
                let limit = limit(statement, own);
                let not_principal = statement.get("NotPrincipal").is_some();
                for principal in principals.iter().map(String::as_str).chain(not_principal.then_some("*")) {
                    admit(principal, &limit, own, &mut opens);
                }
            }
            Some("Deny") => {
                let everyone = principals.iter().any(|principal| principal == "*");
                let everything = texts(statement, "Action")
                    .iter()
                    .any(|action| action.ends_with('*') && action.len() <= 5);
                opens.lockout |= everyone && everything && !conditioned;
            }
            _ => opens.unreadable = true,
        }
    }
    opens.foreign.sort();
    opens.foreign.dedup();
    opens
}

/// Whether the document lets anybody in from outside the account, or cannot be read.
pub(crate) fn lets_others_in(document: &str, own: Option<&str>) -> bool {
    let opens = opens(document, own);
    opens.public || opens.unreadable || !opens.foreign.is_empty()
}

/// What a condition leaves of `*`.
enum Limit {
    /// Nothing is limited, as far as can be told.
    None,
    /// Only the session's own account.
    Inside,
    /// Only these accounts, organisations or networks, none of them known to be the session's own.
    Others(Vec<String>),
}

fn admit(principal: &str, limit: &Limit, own: Option<&str>, opens: &mut Opens) {
    let foreign = |account: &str| own != Some(account);
    match (principal, limit) {
        ("*", Limit::None) => opens.public = true,
        ("*", Limit::Inside) => {}
        ("*", Limit::Others(others)) => opens.foreign.extend(others.iter().cloned()),
        (principal, _) => {
            let account = match principal.strip_prefix("arn:") {
                Some(rest) => rest.split(':').nth(3).unwrap_or_default(),
                None => principal,
            };
            if is_account(account) {
                if foreign(account) {
                    opens.foreign.push(account.to_owned());
                }
            } else if account != "cloudfront" {
                // Sign-in by another company, an id of a principal that is gone, a bucket's owner: whose, nobody can tell.
                opens.foreign.push(principal.to_owned());
            }
        }
    }
}

/// Reads the limiting condition keys: `aws:PrincipalOrgID`, `aws:SourceAccount` and their like. Keys are ANDed, so one
/// that names only the own account is enough.
fn limit(statement: &Value, own: Option<&str>) -> Limit {
    let mut others = Vec::new();
    let operators = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in operators.into_iter().flatten() {
        let operator = operator.to_ascii_lowercase();
        // `…IfExists` lets in whoever sends no such key, `Not…` whoever sends another value.
        let limits = ["stringequals", "stringlike", "arnequals", "arnlike"].contains(&operator.as_str());
        let Some(keys) = keys.as_object().filter(|_| limits) else { continue };
        for (key, value) in keys {
            let values = values(value);
            let named: Vec<String> = match key.to_ascii_lowercase().as_str() {
                "aws:principalaccount"
                | "aws:sourceaccount"
                | "kms:calleraccount"
                | "aws:sourceowner"
                | "s3:dataaccesspointaccount" => values,
                "aws:principalarn" | "aws:sourcearn" => {
                    values.iter().map(|arn| arn::account(arn).unwrap_or_default().to_owned()).collect()
                }
                // An organisation or a network may be anybody's: what limits to it is judged as another's.
                "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourcevpc" | "aws:sourcevpce" => {
                    others.extend(values.into_iter().filter(|value| !value.contains(['*', '?'])));
                    continue;
                }
                _ => continue,
            };
            if named.is_empty() || named.iter().any(|account| !is_account(account)) {
                continue;
            }
            if named.iter().all(|account| own == Some(account)) {
                return Limit::Inside;
            }
            others.extend(named.into_iter().filter(|account| own != Some(account)));
        }
    }
    if others.is_empty() { Limit::None } else { Limit::Others(others) }
}

fn principals(statement: &Value) -> Vec<String> {
    match statement.get("Principal") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Object(map)) => map
            .iter()
            .filter(|(kind, _)| matches!(kind.as_str(), "AWS" | "CanonicalUser" | "Federated"))
            .flat_map(|(kind, value)| {
                let prefix = if kind == "CanonicalUser" { "canonical:" } else { "" };
                values(value).into_iter().map(move |value| format!("{prefix}{value}"))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Actions that let their holder make itself an administrator.
const ESCALATING: [&str; 15] = [
    "iam:createpolicyversion",
    "iam:setdefaultpolicyversion",
    "iam:attachuserpolicy",
    "iam:attachrolepolicy",
    "iam:attachgrouppolicy",
    "iam:putuserpolicy",
    "iam:putrolepolicy",
    "iam:putgrouppolicy",
    "iam:updateassumerolepolicy",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:updateloginprofile",
    "iam:addusertogroup",
    "iam:passrole",
    "sts:assumerole",
];

/// What over all of a kind is over everything: an identity of each kind that can be given rights.
const EVERYTHING: [&str; 4] = [
    "arn:aws:iam::000000000000:role/any",
    "arn:aws:iam::000000000000:user/any",
    "arn:aws:iam::000000000000:group/any",
    "arn:aws:iam::000000000000:policy/any",
];

/// Whether an identity policy gives administrator rights, or the means to take them, over everything.
pub(crate) fn administrator(document: &str) -> bool {
    let Some(statements) = statements(document) else { return true };
    statements.iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) != Some("Deny");
        let actions = texts(statement, "Action");
        let escalates = statement.get("NotAction").is_some()
            || ESCALATING
                .iter()
                .any(|action| actions.iter().any(|pattern| fits(&pattern.to_lowercase(), action)));
        let everything = statement.get("NotResource").is_some()
            || texts(statement, "Resource").iter().any(|pattern| {
                let pattern = anywhere(pattern);
                EVERYTHING.iter().any(|identity| fits(&pattern, identity))
            });
        allows && escalates && everything
    })
}

/// A pattern of ARNs with whatever account and partition it names made those of [`EVERYTHING`]: a policy speaks of its own
/// account, spelt out or not. A variable may stand for anything, but for those that stand for the one who asks.
fn anywhere(pattern: &str) -> String {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        plain.push_str(before);
        let own = ["aws:username", "aws:userid"].iter().any(|own| variable.eq_ignore_ascii_case(own));
        plain.push(if own { '$' } else { '*' });
        rest = after;
    }
    plain.push_str(rest);
    let segment = |(at, segment): (usize, &str)| {
        let account = segment.chars().all(|letter| letter.is_ascii_digit() || "*?".contains(letter));
        match at {
            1 if segment.starts_with("aws") => "aws".to_owned(),
            _ if account => {
                segment.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
            }
            _ => segment.to_owned(),
        }
    };
    plain.split(':').enumerate().map(segment).collect::<Vec<_>>().join(":")
}

fn statements(document: &str) -> Option<Vec<Value>> {
    let document: Value = serde_json::from_str(document).ok()?;
    match document.get("Statement")? {
        Value::Array(list) => Some(list.clone()),
        one @ Value::Object(_) => Some(vec![one.clone()]),
        _ => None,
    }
}

fn texts(statement: &Value, member: &str) -> Vec<String> {
    statement.get(member).map(values).unwrap_or_default()
}

fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern with `*` and `?` covers the text.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(have) if have == letter || *have == '?' => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some(at) => {
                    p = at + 1;
                    mark += 1;
                    t = mark;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == '*')
}
