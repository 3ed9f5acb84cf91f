//! Rules over the whole catalogue: a role that a write passes, and a place outside that a write sends something to.
//!
//! They speak only where no table and no rule of the operation's own has said the same already.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::S3_DESTINATION_FOREIGN;
use super::{Rule, Shape, all, claim, claim_when, yes};
use crate::effect::{Subject, comes_from, is_account, judge, verb};

/// The service or operation of a rule that looks at all of them.
pub(super) const ANY: &str = "*";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "role-passed",
        finds: "a role that the request has a service act under",
        shape: Shape::Delegation { identity: &[] },
        operations: &[(ANY, ANY)],
        test: role,
    },
    Rule {
        id: "data-leaves",
        finds: "an address, bucket or account that the request has data sent to",
        shape: Shape::Setting,
        operations: &[(ANY, ANY)],
        test: leaves,
    },
];

/// Services in which a role is the thing that is changed or taken on, and their own tables say what that is.
const ABOUT_ROLES: [&str; 3] = ["iam", "sts", "sso"];

/// Whether the request makes or changes something, and nothing of its own says that it has this effect.
fn adds(subject: &Subject<'_>, effect: Effect) -> bool {
    let write = !subject.access.is_read() && subject.access != crate::catalogue::Access::Tagging;
    let takes_away = matches!(verb::effect(subject.operation), Effect::Destroy | Effect::Interrupt);
    if !write || takes_away {
        return false;
    }
    let judged = judge(subject).claims;
    if judged.iter().all(|claim| !claim.effect.mutates()) {
        return false;
    }
    !judged
        .into_iter()
        .chain(own(subject))
        .any(|claim| claim.effect == effect && (claim.when.is_empty() || effect == Effect::Exfiltrate))
}

/// What the operation's own rules say.
pub(super) fn own(subject: &Subject<'_>) -> Vec<Claim> {
    all()
        .filter(|rule| rule.operations.iter().any(|(service, operation)| subject.is(service, operation)))
        .flat_map(|rule| (rule.test)(subject))
        .collect()
}

fn role(subject: &Subject<'_>) -> Vec<Claim> {
    if ABOUT_ROLES.contains(&subject.service) {
        return Vec::new();
    }
    match passed(subject.parameters, false) {
        Some(role) if adds(subject, Effect::Execute) => {
            vec![claim(Effect::Execute, format!("has the service act under `{role}`"))]
        }
        _ => Vec::new(),
    }
}

/// Members that take a role by its name alone, lower-case.
const BY_NAME: [&str; 14] = [
    "servicerole",
    "serviceaccessrole",
    "executionrole",
    "taskrole",
    "jobrole",
    "jobflowrole",
    "autoscalingrole",
    "instancerole",
    "iamrole",
    "iamfleetrole",
    "iaminstanceprofile",
    "instanceprofile",
    "instanceprofilename",
    "instanceprofilearn",
];

/// The first role that a member passes. `within`: a member above is about roles.
fn passed(value: &Value, within: bool) -> Option<&str> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let about = name.contains("role") || name.contains("instanceprofile");
            let sure = ["rolearn", "rolearns", "roleiamarn"].iter().any(|end| name.ends_with(end))
                || BY_NAME.contains(&name.as_str());
            if sure && let Some(text) = first_text(value) {
                return Some(text);
            }
            passed(value, within || about)
        }),
        Value::Array(values) => values.iter().find_map(|value| passed(value, within)),
        Value::String(text) => (within && is_role(text)).then_some(text),
        _ => None,
    }
}

fn first_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Array(values) => values.iter().find_map(first_text),
        Value::Object(members) => members.values().find_map(first_text),
        _ => None,
    }
}

fn is_role(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.nth(1) == Some("iam")
        && parts
            .nth(2)
            .is_some_and(|rest| ["role/", "instance-profile/"].iter().any(|start| rest.starts_with(start)))
}

/// A place that a member says something is sent to.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// An address outside AWS.
    Address(&'a str),
    /// A bucket, by its name.
    Bucket(&'a str),
    /// Another account.
    Account(&'a str),
}

fn leaves(subject: &Subject<'_>) -> Vec<Claim> {
    let places = places(subject);
    if places.is_empty() || !adds(subject, Effect::Exfiltrate) {
        return Vec::new();
    }
    let claims = places.into_iter().map(|place| match place {
        Place::Address(url) => claim(Effect::Exfiltrate, format!("sends data out of AWS, to `{url}`")),
        Place::Account(account) => claim(Effect::Exfiltrate, format!("sends data to account {account}")),
        Place::Bucket(bucket) => claim_when(
            Effect::Exfiltrate,
            format!("sends data to the bucket `{bucket}`, whose owner the request does not name"),
            vec![yes(S3_DESTINATION_FOREIGN)],
        ),
    });
    claims.collect()
}

/// The buckets that a write sends something to.
pub(crate) fn buckets<'a>(subject: &Subject<'a>) -> Vec<&'a str> {
    let places = places(subject).into_iter();
    places.filter_map(|place| if let Place::Bucket(bucket) = place { Some(bucket) } else { None }).collect()
}

fn places<'a>(subject: &Subject<'a>) -> Vec<Place<'a>> {
    let mut found = Vec::new();
    walk(subject, subject.parameters, "", &mut found);
    found
}

/// Words in a member's path that say that something goes there.
const GOES: [&str; 11] = [
    "destination",
    "output",
    "export",
    "deliver",
    "sink",
    "subscriber",
    "webhook",
    "firehose",
    "logging",
    "replica",
    "endpoint",
];

/// Words in a member's path that say that something comes from there.
const COMES: [&str; 5] = ["source", "input", "template", "import", "restore"];

fn walk<'a>(subject: &Subject<'_>, value: &'a Value, path: &str, found: &mut Vec<Place<'a>>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                walk(subject, value, &format!("{path}.{}", name.to_ascii_lowercase()), found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| walk(subject, value, path, found)),
        Value::String(text) => {
            found.extend(place(subject, path, text).filter(|place| !found.contains(place)))
        }
        _ => {}
    }
}

fn place<'a>(subject: &Subject<'_>, path: &str, text: &'a str) -> Option<Place<'a>> {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let integration = subject.service.starts_with("apigateway") && ["uri", "integrationuri"].contains(&leaf);
    let trail = subject.is("cloudtrail", "CreateTrail") && leaf == "s3bucketname";
    let goes = GOES.iter().any(|word| path.contains(word)) || integration || trail;
    if !goes || comes_from(path, &COMES) {
        return None;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            // S3's own rules say what its own requests do with buckets.
            "s3" | "s3a" | "s3n" if subject.service == "s3" => None,
            "s3" | "s3a" | "s3n" => rest.split('/').next().map(Place::Bucket),
            "https" if is_api(rest) => {
                // A queue or a function stands in the path with its account.
                let numbers = rest.split(|letter: char| !letter.is_ascii_digit());
                numbers.into_iter().find(|number| subject.foreign(number)).map(Place::Account)
            }
            _ => Some(Place::Address(text)),
        };
    }
    let arn: Vec<&str> = text.splitn(6, ':').collect();
    if let ["arn", _, service, _, account, resource] = arn.as_slice() {
        if subject.foreign(account) {
            return Some(Place::Account(account));
        }
        let bucket = resource.split('/').next().filter(|_| *service == "s3" && account.is_empty());
        return bucket.filter(|_| subject.service != "s3").map(Place::Bucket);
    }
    if is_account(text) && leaf.contains("account") && subject.foreign(text) {
        return Some(Place::Account(text));
    }
    // S3's own rules say what its own requests do with buckets.
    if subject.service == "s3" {
        return None;
    }
    let name = text.split(['.', '/']).next().filter(|name| !name.is_empty());
    name.filter(|_| {
        leaf.contains("bucket") && !["prefix", "owner", "key", "region"].iter().any(|end| leaf.ends_with(end))
    })
    .map(Place::Bucket)
}

/// Whether what follows `https://` is an endpoint of AWS's own API, `SERVICE.REGION`, at which nobody else answers. What
/// has more before the region is somebody's: an API, a bucket, a cluster, a machine.
fn is_api(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority.strip_suffix(":443").unwrap_or(authority).to_ascii_lowercase();
    let inner = [".amazonaws.com", ".amazonaws.com.cn"].iter().find_map(|end| host.strip_suffix(end));
    let plain = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !label.is_empty()
    };
    let Some((service, region)) = inner.and_then(|inner| inner.split_once('.')) else { return false };
    // In S3's endpoint the path says whose bucket it is.
    plain(service) && !service.starts_with("s3") && crate::wire::is_region(region)
}
