//! Names of AWS resources.

use interlock_action::{Action, Kind, TargetId};

use crate::arn::partition;

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    /// `rds`.
    pub(super) service: &'a str,
    /// Twelve digits, or nothing.
    pub(super) account: &'a str,
    /// What follows the fifth colon.
    pub(super) resource: &'a str,
}

/// Takes an ARN apart.
pub(super) fn parse(text: &str) -> Option<Arn<'_>> {
    let mut parts = text.splitn(6, ':');
    (parts.next() == Some("arn")).then_some(())?;
    let _partition = parts.next()?;
    let service = parts.next()?;
    let _region = parts.next()?;
    Some(Arn { service, account: parts.next()?, resource: parts.next()? })
}

/// The ARN of a resource of the action's account and region.
pub(super) fn build(action: &Action, service: &str, resource: &str) -> String {
    let region = action.region.as_deref();
    let partition = partition(region);
    let account = action.account.as_ref().map(|account| account.as_str()).unwrap_or_default();
    match service {
        "s3" => format!("arn:{partition}:s3:::{resource}"),
        "iam" => format!("arn:{partition}:iam::{account}:{resource}"),
        _ => format!("arn:{partition}:{service}:{}:{account}:{resource}", region.unwrap_or_default()),
    }
}

/// The target of the action that is this resource, else the resource's ARN.
pub(super) fn target(action: &Action, kind: Kind, service: &str, resource: &str, name: &str) -> TargetId {
    let built = build(action, service, resource);
    let same = |have: &&interlock_action::Target| {
        have.id.as_str() == built
            || (have.kind == kind
                && (have.name.as_deref() == Some(name)
                    || parse(have.id.as_str()).is_some_and(|arn| arn.resource == resource)))
    };
    action.targets.iter().find(same).map_or_else(|| TargetId::new(built), |have| have.id.clone())
}

/// The last part of an ARN, or the text itself.
pub(super) fn last(text: &str) -> &str {
    parse(text).and_then(|arn| arn.resource.rsplit(['/', ':']).next()).unwrap_or(text)
}
