//! A domain that is deleted: an empty one is made with its settings.
//!
//! Kept: version, nodes, disks, access policy, network, encryption, logs, endpoint options, tuning, windows, tags. Back: it is
//! created again under its name. Compared: all that is kept, and that its creation has ended. Lost, and first of all: every index
//! and every automated snapshot, which go with the domain (Amazon OpenSearch Service Developer Guide, "Creating index
//! snapshots").
//!
//! Not a way back: a domain with fine-grained access control or one that takes people from IAM Identity Center (its master user
//! and password, or its application, are not told), one that is at work, or that tells what nobody here knows.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    iam::inline_policy::{document, spelled},
    way::{
        Way, at, busy, call, found, if_on, is, list, only, read, said, sends_only, sorted, standing, step,
        tags, tells_only, text, wait, what, with, word,
    },
};

/// The way.
pub(super) struct Domain;

/// What is told of a domain and told by the service alone.
const OWN: &[&str] = &[
    "DomainId",
    "DomainName",
    "ARN",
    "Created",
    "Deleted",
    "Endpoint",
    "EndpointV2",
    "Endpoints",
    "DomainEndpointV2HostedZoneId",
    "Processing",
    "UpgradeProcessing",
    "ServiceSoftwareOptions",
    "ChangeProgressDetails",
    "DomainProcessingStatus",
    "ModifyingProperties",
];
/// What is put back as it is told.
const PLAIN: &[&str] = &[
    "EngineVersion",
    "ClusterConfig",
    "EBSOptions",
    "IPAddressType",
    "SnapshotOptions",
    "NodeToNodeEncryptionOptions",
    "EncryptionAtRestOptions",
    "AdvancedOptions",
    "LogPublishingOptions",
    "DomainEndpointOptions",
    "OffPeakWindowOptions",
    "DeploymentStrategyOptions",
];
/// What is kept in a form of its own.
const FORMED: &[&str] = &[
    "AccessPolicies",
    "VPCOptions",
    "CognitoOptions",
    "AutoTuneOptions",
    "SoftwareUpdateOptions",
    "AdvancedSecurityOptions",
    "IdentityCenterOptions",
    "AIMLOptions",
    "AutomatedSnapshotPauseOptions",
];

const LOST: [&str; 3] = [
    "the data: every index, and every automated snapshot of them; the domain comes back empty",
    "its endpoint: whoever names the old one must name the new one",
    "its packages, VPC endpoints, connections to other domains, data sources and tuning schedules",
];

fn name(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "opensearch", &["DeleteDomain"]) || is(deed, "es", &["DeleteElasticsearchDomain"]);
    text(deed, "/DomainName").filter(|_| ours && sends_only(deed, &[&["DomainName"]]))
}

fn one(deed: &Deed) -> Value {
    json!({"DomainName": name(deed)})
}

fn domain<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "opensearch", "DescribeDomain", &one(deed))?;
    Ok(answer.map(|answer| at(answer, "/DomainStatus")))
}

fn flag(record: &Value, pointer: &str) -> bool {
    at(record, pointer) == &Value::Bool(true)
}

/// What a domain's tuning is asked to be; of a state that nobody knows nothing.
fn tuning(told: &Value) -> Option<Value> {
    let desired = match word(told, "/State") {
        None => return told.is_null().then_some(Value::Null),
        Some("ENABLED" | "ENABLE_IN_PROGRESS") => "ENABLED",
        Some(
            "DISABLED"
            | "DISABLE_IN_PROGRESS"
            | "DISABLED_AND_ROLLBACK_SCHEDULED"
            | "DISABLED_AND_ROLLBACK_IN_PROGRESS"
            | "DISABLED_AND_ROLLBACK_COMPLETE",
        ) => "DISABLED",
        Some(_) => return None,
    };
    Some(with(only(told, &["UseOffPeakWindow"]), json!({"DesiredState": desired})))
}

/// What is kept of a domain, as it is told to the request that makes one.
fn kept(domain: &Value) -> Value {
    let network = at(domain, "/VPCOptions");
    let all = |member: &str| sorted(list(network, &format!("/{member}")).to_vec());
    let software = ["AutoSoftwareUpdateEnabled", "UseLatestServiceSoftwareForBlueGreen"];
    let policy = word(domain, "/AccessPolicies").filter(|policy| !policy.is_empty());
    let more = json!({
        "AccessPolicies": policy.map(|_| document(domain.get("AccessPolicies"))),
        "VPCOptions": said(with(
            only(&if_on(network, "EgressEnabled"), &["EgressEnabled"]),
            json!({"SubnetIds": all("SubnetIds"), "SecurityGroupIds": all("SecurityGroupIds")}),
        )),
        "CognitoOptions": if_on(at(domain, "/CognitoOptions"), "Enabled"),
        "AutoTuneOptions": tuning(at(domain, "/AutoTuneOptions")),
        "SoftwareUpdateOptions": only(at(domain, "/SoftwareUpdateOptions"), &software),
    });
    said(with(only(domain, PLAIN), more))
}

/// What is not put back: it must be off.
const OFF: [&str; 4] =
    ["AdvancedSecurityOptions", "IdentityCenterOptions", "AIMLOptions", "AutomatedSnapshotPauseOptions"];

/// Whether nothing in it says that something is on.
fn is_off(told: &Value) -> bool {
    match told {
        Value::Object(members) => members.values().all(is_off),
        Value::Bool(on) => !on,
        other => other.as_str() != Some("ENABLED"),
    }
}

/// Whether all that a domain tells can be told to the request that makes one.
fn is_known(domain: &Value) -> bool {
    let off = OFF.iter().all(|member| domain.get(*member).is_none_or(is_off));
    off && tells_only(domain, &[OWN, PLAIN, FORMED]) && tuning(at(domain, "/AutoTuneOptions")).is_some()
}

impl Way for Domain {
    fn name(&self) -> &'static str {
        "opensearch/domain"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "opensearch", "DescribeDomain", one(deed))];
        if let Ok(Some(domain)) = domain(deed, so_far) {
            reads.push(read(deed, "opensearch", "ListTags", json!({"ARN": at(domain, "/ARN")})));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let domain = domain(deed, answers)?;
        let leaves = domain.is_some_and(|domain| flag(domain, "/Deleted"));
        let Some(domain) = domain.filter(|_| !leaves) else {
            return Ok(standing(Value::Null, json!({"busy": leaves})));
        };
        let told = found(answers, "opensearch", "ListTags", &json!({"ARN": at(domain, "/ARN")}))?;
        let told = at(told.ok_or("ListTags found nothing")?, "/TagList");
        let working = flag(domain, "/Processing")
            || flag(domain, "/UpgradeProcessing")
            || at(domain, "/Created") == &Value::Bool(false);
        let settled = word(domain, "/DomainProcessingStatus").is_none_or(|status| status == "Active");
        let is = json!({"domain": kept(domain), "tags": tags(told), "whole": !working && settled});
        Ok(standing(is, json!({"busy": working, "known": is_known(domain)})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (flag(before, "/is/whole") && flag(before, "/handle/known")).then(|| Terms::lossy(30, &LOST))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the domain is not named")?;
        let waits = || wait(format!("wait for the domain {name}"));
        if !what(now).is_null() {
            return match busy(now) {
                true => Ok(vec![waits()]),
                false => Err(format!("the domain {name} that stands in its place is another, or isolated")),
            };
        }
        let mut steps =
            if busy(now) { vec![wait(format!("wait until the domain {name} is gone"))] } else { Vec::new() };
        let policy = at(before, "/is/domain/AccessPolicies");
        let more = json!({
            "DomainName": name,
            "AccessPolicies": if policy.is_null() { Value::Null } else { spelled(policy) },
            "TagList": at(before, "/is/tags"),
        });
        let make = said(with(at(before, "/is/domain").clone(), more));
        let create = call(deed, "opensearch", "CreateDomain", make);
        steps.push(step(format!("make an empty domain {name} with the settings that it had"), create));
        steps.push(waits());
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, Operation, Reversibility, compared};

    use super::*;
    use crate::aws::testing;

    fn deed() -> Deed {
        testing::deed("opensearch", "DeleteDomain", json!({"DomainName": "search"}))
    }

    /// A domain as it is told, with these members otherwise.
    fn told(more: Value) -> Value {
        let domain = json!({
            "DomainId": "123456789012/search", "DomainName": "search", "Created": true, "Deleted": false,
            "ARN": "arn:aws:es:us-east-1:123456789012:domain/search", "Processing": false,
            "Endpoint": "search-a.example", "EngineVersion": "OpenSearch_2.11",
            "ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 3},
            "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3", "VolumeSize": 100},
            "AccessPolicies": "{\"Statement\": []}",
            "VPCOptions": {"VPCId": "vpc-1", "AvailabilityZones": ["a"], "SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
            "CognitoOptions": {"Enabled": false}, "AdvancedSecurityOptions": {"Enabled": false},
            "AutoTuneOptions": {"State": "ENABLE_IN_PROGRESS", "UseOffPeakWindow": false},
            "DomainProcessingStatus": "Active",
        });
        with(domain, more)
    }

    fn state(domain: Option<Value>) -> Value {
        let mut answers = Answers::new();
        for _ in 0..2 {
            for read in Domain.reads(&deed(), &answers) {
                let tags =
                    json!({"TagList": [{"Key": "env", "Value": "dev"}, {"Key": "aws:x", "Value": "1"}]});
                let answer = match (read.call.operation.verb(), &domain) {
                    ("ListTags", _) => Answer::Found(tags),
                    (_, Some(domain)) => Answer::Found(json!({"DomainStatus": domain})),
                    (_, None) => Answer::NotFound,
                };
                answers.insert(read.key, answer);
            }
        }
        Domain.state(&deed(), &answers).unwrap()
    }

    fn names(before: &Value, now: &Value) -> Vec<String> {
        Domain.back(&deed(), before, now).unwrap().into_iter().map(|step| step.name).collect()
    }

    #[test]
    fn an_empty_domain_is_made_with_the_settings_that_it_had_once_the_old_one_is_gone() {
        let before = state(Some(told(json!({}))));
        let terms = Domain.terms(&deed(), &before).unwrap();
        assert_eq!(terms.class, Reversibility::Lossy);
        assert!(terms.loses[0].starts_with("the data: every index"), "{terms:?}");
        let leaving = names(&before, &state(Some(told(json!({"Deleted": true, "Processing": true})))));
        assert_eq!(leaving.len(), 3);
        let gone = state(None);
        assert_eq!(names(&before, &gone), leaving[1..]);
        let making = json!({"Processing": true, "DomainProcessingStatus": "Creating", "Endpoint": null});
        assert_eq!(names(&before, &state(Some(told(making)))), leaving[2..]);
        let other = json!({"Endpoint": "search-b.example", "AutoTuneOptions": {"State": "ENABLED", "UseOffPeakWindow": false}});
        assert_eq!(compared(&state(Some(told(other)))), compared(&before));
        let steps = Domain.back(&deed(), &before, &gone).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        let asked = json!({
            "DomainName": "search", "EngineVersion": "OpenSearch_2.11",
            "ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 3},
            "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3", "VolumeSize": 100},
            "AccessPolicies": "{\"Statement\":[]}", "VPCOptions": {"SubnetIds": ["subnet-1"]},
            "AutoTuneOptions": {"DesiredState": "ENABLED", "UseOffPeakWindow": false},
            "TagList": [{"Key": "env", "Value": "dev"}],
        });
        assert_eq!(call.arguments, asked);
    }

    #[test]
    fn what_stands_in_its_place_is_never_written_over() {
        let before = state(Some(told(json!({}))));
        for more in
            [json!({"EngineVersion": "OpenSearch_2.5"}), json!({"DomainProcessingStatus": "Isolated"})]
        {
            assert!(Domain.back(&deed(), &before, &state(Some(told(more)))).is_err());
        }
    }

    #[test]
    fn what_is_not_told_or_at_work_has_no_way() {
        let off = json!({
            "AIMLOptions": {"S3VectorsEngine": {"Enabled": false},
                "NaturalLanguageQueryGenerationOptions": {"DesiredState": "DISABLED", "CurrentState": "NOT_ENABLED"}},
            "AutomatedSnapshotPauseOptions": {"Enabled": false, "State": "Disabled"},
        });
        assert!(Domain.terms(&deed(), &state(Some(told(off)))).is_some());
        for more in [
            json!({"AdvancedSecurityOptions": {"Enabled": true, "InternalUserDatabaseEnabled": true}}),
            json!({"IdentityCenterOptions": {"EnabledAPIAccess": true}}),
            json!({"AutoTuneOptions": {"State": "ERROR"}}),
            json!({"AutomatedSnapshotPauseOptions": {"Enabled": true}}),
            json!({"AIMLOptions": {"NaturalLanguageQueryGenerationOptions": {"DesiredState": "ENABLED"}}}),
            json!({"SomethingNew": {"Enabled": true}}),
            json!({"Processing": true}),
            json!({"UpgradeProcessing": true}),
            json!({"DomainProcessingStatus": "Isolated"}),
            json!({"Deleted": true}),
        ] {
            assert_eq!(Domain.terms(&deed(), &state(Some(told(more.clone())))), None, "{more}");
        }
    }

    #[test]
    fn the_older_name_of_the_service_is_the_same() {
        let mut older = deed();
        older.operation = Operation::aws("es", "DeleteElasticsearchDomain");
        assert!(Domain.undoes(&older));
        older.operation = Operation::aws("es", "UpdateElasticsearchDomainConfig");
        assert!(!Domain.undoes(&older));
    }
}
