//! What an action reaches by naming it anywhere: passed roles, and things of other accounts.

use serde_json::Value;

use super::arn::Arn;
use crate::effect::{Subject, is_account};

/// Members that take a role or an instance profile by its name alone.
const ROLE_NAMES: [(&str, &str, &str); 9] = [
    ("ec2", "IamInstanceProfile.Name", "iam::{a}:instance-profile/{}"),
    ("ec2", "LaunchTemplateData.IamInstanceProfile.Name", "iam::{a}:instance-profile/{}"),
    ("ec2", "LaunchSpecification.IamInstanceProfile.Name", "iam::{a}:instance-profile/{}"),
    ("autoscaling", "IamInstanceProfile", "iam::{a}:instance-profile/{}"),
    ("emr", "JobFlowRole", "iam::{a}:instance-profile/{}"),
    ("emr", "ServiceRole", "iam::{a}:role/{}"),
    ("glue", "Role", "iam::{a}:role/{}"),
    ("ecs", "taskRoleArn", "iam::{a}:role/{}"),
    ("ecs", "overrides.taskRoleArn", "iam::{a}:role/{}"),
];

/// ARNs of roles and instance profiles anywhere in the parameters, and of anything that is another account's.
pub(super) fn reached(subject: &Subject<'_>) -> Vec<String> {
    let mut found: Vec<String> = ROLE_NAMES
        .iter()
        .filter(|(service, ..)| *service == subject.service)
        .flat_map(|(_, member, template)| {
            subject.texts(member).into_iter().map(|name| super::arn::fill(subject, template, name))
        })
        .collect();
    walk(subject.parameters, &mut |text| {
        let Some(arn) = Arn::parse(text) else { return };
        let role = arn.service == "iam" && ["role", "instance-profile"].contains(&arn.kind());
        let foreign = is_account(arn.account) && subject.account.is_some_and(|own| own != arn.account);
        if role || foreign {
            found.push(text.to_owned());
        }
    });
    found
}

/// Every text in a value, keys of maps left out.
pub(super) fn walk(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(values) => values.iter().for_each(|value| walk(value, take)),
        Value::Object(values) => values.values().for_each(|value| walk(value, take)),
        _ => {}
    }
}
