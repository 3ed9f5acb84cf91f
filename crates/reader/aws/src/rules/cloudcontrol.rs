//! AWS Cloud Control: one API over the resources of every service. What it does is what the service's own would do.

use interlock_action::{Claim, Effect};

use super::{Rule, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudcontrol-underlying",
        finds: "a resource whose own service would call it privilege, network, code or the audit trail",
        operations: &[
            ("cloudcontrol", "CreateResource"),
            ("cloudcontrol", "UpdateResource"),
            ("cloudcontrol", "DeleteResource"),
        ],
        test: underlying,
    },
    Rule {
        id: "cloudcontrol-patch",
        finds: "a patch of a resource, which may take any protection away",
        operations: &[("cloudcontrol", "UpdateResource")],
        test: |subject| {
            let document = subject.text("PatchDocument").unwrap_or_default();
            only_if(
                !only_tags(document),
                claim(Effect::GuardRemoval, "changes settings of another service, perhaps its protections"),
            )
        },
    },
];

/// Beginnings of type names, and what their own services call a change of them.
const TYPES: [(&str, Effect); 20] = [
    ("AWS::IAM::", Effect::Privilege),
    ("AWS::SSO::", Effect::Privilege),
    ("AWS::Organizations::", Effect::Privilege),
    ("AWS::KMS::Key", Effect::Privilege),
    ("AWS::S3::BucketPolicy", Effect::Privilege),
    ("AWS::SecretsManager::ResourcePolicy", Effect::Privilege),
    ("AWS::Lambda::Permission", Effect::Privilege),
    ("AWS::SQS::QueuePolicy", Effect::Privilege),
    ("AWS::SNS::TopicPolicy", Effect::Privilege),
    ("AWS::EC2::SecurityGroup", Effect::Network),
    ("AWS::EC2::Route", Effect::Network),
    ("AWS::EC2::NetworkAcl", Effect::Network),
    ("AWS::EC2::VPC", Effect::Network),
    ("AWS::EC2::TransitGateway", Effect::Network),
    ("AWS::Lambda::Function", Effect::Execute),
    ("AWS::StepFunctions::StateMachine", Effect::Execute),
    ("AWS::CodeBuild::Project", Effect::Execute),
    ("AWS::Scheduler::Schedule", Effect::Execute),
    ("AWS::SSM::Association", Effect::Execute),
    ("AWS::EC2::Instance", Effect::Execute),
];

/// Types that are the record itself: to make one is fine, to change or remove one is not.
const RECORDS: [&str; 4] = [
    "AWS::CloudTrail::",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::GuardDuty::",
];

fn underlying(subject: &Subject<'_>) -> Vec<Claim> {
    let name = subject.text("TypeName").unwrap_or_default();
    let mut claims: Vec<Claim> = TYPES
        .iter()
        .filter(|(start, _)| name.starts_with(start))
        .map(|(_, effect)| claim(*effect, format!("changes a resource of type `{name}`")))
        .collect();
    if subject.operation != "CreateResource" && RECORDS.iter().any(|start| name.starts_with(start)) {
        claims.push(claim(
            Effect::AuditTrail,
            format!("changes or removes the record of what happened: `{name}`"),
        ));
    }
    let points = ["Snapshot", "Backup", "RecoveryPoint"];
    if subject.operation == "DeleteResource" && points.iter().any(|word| name.contains(word)) {
        claims.push(claim(Effect::RecoveryLoss, "deletes something that data could be restored from"));
    }
    claims
}

/// Whether every operation of a JSON Patch (RFC 6902) stays within tags.
fn only_tags(document: &str) -> bool {
    let Ok(serde_json::Value::Array(operations)) = serde_json::from_str(document) else { return false };
    !operations.is_empty()
        && operations.iter().all(|operation| {
            let text = |name: &str| operation.get(name).and_then(serde_json::Value::as_str);
            let within = |path: &str| path == "/Tags" || path.starts_with("/Tags/");
            text("path").is_some_and(within) && text("from").is_none_or(within)
        })
}
