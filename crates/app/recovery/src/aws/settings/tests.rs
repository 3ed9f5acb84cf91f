use interlock_action::{Answer, Claim, Effect, Next, Reversibility};
use interlock_reader_aws::catalogue::{Catalogue, Kind, Service, ShapeId};
use interlock_reader_aws::judge;

use super::*;
use crate::aws::testing;

fn deed(row: &Setting, arguments: Value) -> Deed {
    testing::deed(row.service, row.operation, arguments)
}

fn rows() -> impl Iterator<Item = &'static Setting> {
    WAYS.iter().flat_map(|rows| rows.iter())
}

fn row(name: &str) -> &'static Setting {
    rows().find(|row| row.name == name).unwrap()
}

/// The shape that a pointer leads to.
fn led(service: &Service, from: ShapeId, pointer: &str) -> Option<ShapeId> {
    pointer.split('/').filter(|part| !part.is_empty()).try_fold(from, |at, part| {
        match &service.shape(at)?.kind {
            Kind::Structure(structure) => Some(structure.member(part)?.shape),
            Kind::List { member, .. } => part.parse::<usize>().ok().map(|_| *member),
            _ => None,
        }
    })
}

/// Every name that a row uses is one of the operation's own.
#[test]
fn rows_speak_the_operations_words() {
    for row in rows() {
        let service = Catalogue::get().service(row.service).unwrap();
        let write = service.operation(row.operation).unwrap_or_else(|| panic!("{}", row.name));
        let input = service.input(write).unwrap();
        for sent in row.ids.iter().chain(row.how).copied().chain(row.members.iter().map(|one| one.sent)) {
            assert!(input.member(sent).is_some(), "{}: no {sent}", row.name);
        }
        let told = service.operation(row.read).unwrap_or_else(|| panic!("{}: no {}", row.name, row.read));
        assert!(told.access.is_read(), "{}", row.name);
        let ids: Map<String, Value> = row.ids.iter().map(|id| ((*id).to_owned(), "x".into())).collect();
        let asked = (row.asks)(&deed(row, Value::Object(ids)));
        for name in asked.as_object().unwrap().keys() {
            assert!(service.input(told).unwrap().member(name).is_some(), "{}: no {name}", row.name);
        }
        let judged = judge(&service, told, Some("us-east-1"), Some("123456789012"), &asked);
        let discloses = |claim: &Claim| matches!(claim.effect, Effect::Read | Effect::SensitiveRead);
        assert!(judged.claims.iter().all(discloses), "{}: {:?}", row.name, judged.claims);
        for one in row.members {
            let pointer = format!("{}{}", row.record, one.told);
            let shape = led(&service, told.output.unwrap(), &pointer);
            assert!(shape.is_some(), "{}: nothing tells {pointer}", row.name);
            let within = |shape, names: &[&str]| {
                for name in names {
                    assert!(led(&service, shape, name).is_some(), "{}: no {name}", row.name);
                }
            };
            let sent = input.member(one.sent).unwrap().shape;
            match one.form {
                Form::Only(names) => within(sent, names),
                Form::Within(list, names) => {
                    within(led(&service, sent, &format!("{list}/0")).unwrap(), names);
                }
                Form::Or(nothing) => assert!(serde_json::from_str::<Value>(nothing).is_ok(), "{}", row.name),
                Form::Merged | Form::Whole | Form::Begins(_) => {}
            }
        }
    }
}

fn state(row: &Setting, deed: &Deed, answer: Value) -> Value {
    let read = row.reads(deed, &Answers::new()).remove(0);
    row.state(deed, &[(read.key, Answer::Found(answer))].into()).unwrap()
}

#[test]
fn what_is_written_member_by_member_comes_back_member_by_member() {
    let row = row("batch/compute-environment");
    let deed = deed(row, json!({"computeEnvironment": "nightly", "computeResources": {"maxvCpus": 6}}));
    assert!(row.undoes(&deed));
    let told = |most: u64| {
        let resources = json!({"maxvCpus": most, "minvCpus": 1});
        json!({"computeEnvironments": [{"state": "ENABLED", "computeResources": resources}]})
    };
    let (before, now) = (state(row, &deed, told(3)), state(row, &deed, told(6)));
    assert_eq!(before, json!({"computeResources": {"maxvCpus": 3}}));
    assert_eq!(row.terms(&deed, &before).unwrap().class, Reversibility::Exact);
    let steps = row.back(&deed, &before, &now).unwrap();
    let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
    let back = json!({"computeEnvironment": "nightly", "computeResources": {"maxvCpus": 3}});
    assert_eq!(call.arguments, back);
    // Fewer machines lose what ran on the others; what nobody tells has no way back.
    assert_eq!(row.terms(&deed, &state(row, &deed, told(9))).unwrap().class, Reversibility::Lossy);
    assert_eq!(row.terms(&deed, &state(row, &deed, json!({"computeEnvironments": [{}]}))), None);
}

#[test]
fn what_is_replaced_as_a_whole_comes_back_as_a_whole() {
    let row = row("cognito-idp/user-pool");
    let deed = deed(row, json!({"UserPoolId": "p", "MfaConfiguration": "ON"}));
    let told = |mfa: &str, mail: bool| {
        let verified = if mail { json!(["email"]) } else { Value::Null };
        json!({"UserPool": {"Id": "p", "Name": "school", "MfaConfiguration": mfa, "AutoVerifiedAttributes": verified}})
    };
    let (before, now) = (state(row, &deed, told("OFF", true)), state(row, &deed, told("ON", false)));
    assert!(row.terms(&deed, &before).is_some());
    let steps = row.back(&deed, &before, &now).unwrap();
    let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
    let back = json!({"UserPoolId": "p", "AutoVerifiedAttributes": ["email"], "MfaConfiguration": "OFF", "PoolName": "school"});
    assert_eq!(call.arguments, back);
}

#[test]
fn what_no_row_knows_has_no_way() {
    let row = row("redshift/cluster-settings");
    let known = json!({"ClusterIdentifier": "w", "AutomatedSnapshotRetentionPeriod": 35});
    assert!(row.undoes(&deed(row, known)));
    let unknown =
        json!({"ClusterIdentifier": "w", "AutomatedSnapshotRetentionPeriod": 35, "NodeType": "ra3.large"});
    assert!(!row.undoes(&deed(row, unknown)));
    assert!(!row.undoes(&deed(row, json!({"ClusterIdentifier": "w"}))));
}

/// Of a row that no scene runs: what is asked, what is told before and after, what is sent to take it back, how well.
struct Trip {
    row: &'static str,
    asked: Value,
    told: Value,
    /// Where the answer differs afterwards, and how.
    then: (&'static str, Value),
    back: Value,
    class: Reversibility,
}

fn trip(
    row: &'static str,
    asked: Value,
    told: Value,
    then: (&'static str, Value),
    back: Value,
    class: Reversibility,
) -> Trip {
    Trip { row, asked, told, then, back, class }
}

/// How recovery points are made and kept.
fn kept_trips() -> Vec<Trip> {
    let lossy = Reversibility::Lossy;
    let rule = |days: u64| json!({"RuleName": "daily", "TargetBackupVaultName": "v", "Lifecycle": {"DeleteAfterDays": days}});
    let told_rule = || {
        let mut told = rule(35);
        told["RuleId"] = json!("chosen by the service");
        told
    };
    vec![
        trip(
            "elasticache/group-settings",
            json!({"ReplicationGroupId": "sessions", "SnapshotRetentionLimit": 1, "ApplyImmediately": true}),
            json!({"ReplicationGroups": [{"SnapshotRetentionLimit": 7, "AutomaticFailover": "enabled"}]}),
            ("/ReplicationGroups/0/SnapshotRetentionLimit", json!(1)),
            json!({"ReplicationGroupId": "sessions", "SnapshotRetentionLimit": 7, "ApplyImmediately": true}),
            lossy,
        ),
        trip(
            "efs/backup-policy",
            json!({"FileSystemId": "fs-1", "BackupPolicy": {"Status": "DISABLED"}}),
            json!({"BackupPolicy": {"Status": "ENABLED"}}),
            ("/BackupPolicy/Status", json!("DISABLED")),
            json!({"FileSystemId": "fs-1", "BackupPolicy": {"Status": "ENABLED"}}),
            lossy,
        ),
        trip(
            "backup/recovery-point-lifecycle",
            json!({"BackupVaultName": "v", "RecoveryPointArn": "p", "Lifecycle": {"DeleteAfterDays": 1}}),
            json!({"BackupVaultName": "v"}),
            ("/Lifecycle", json!({"DeleteAfterDays": 1})),
            json!({"BackupVaultName": "v", "RecoveryPointArn": "p", "Lifecycle": {"DeleteAfterDays": -1}}),
            lossy,
        ),
        trip(
            "backup/plan",
            json!({"BackupPlanId": "i", "BackupPlan": {"BackupPlanName": "p", "Rules": [rule(7)]}}),
            json!({"BackupPlan": {"BackupPlanName": "p", "Rules": [told_rule()]}}),
            ("/BackupPlan/Rules/0/Lifecycle/DeleteAfterDays", json!(7)),
            json!({"BackupPlanId": "i", "BackupPlan": {"BackupPlanName": "p", "Rules": [rule(35)]}}),
            lossy,
        ),
    ]
}

/// How things run.
fn trips() -> Vec<Trip> {
    let (exact, lossy) = (Reversibility::Exact, Reversibility::Lossy);
    vec![
        trip(
            "ec2/spot-fleet",
            json!({"SpotFleetRequestId": "sfr-1", "TargetCapacity": 2}),
            json!({"SpotFleetRequestConfigs": [{"SpotFleetRequestConfig": {"TargetCapacity": 5}}]}),
            ("/SpotFleetRequestConfigs/0/SpotFleetRequestConfig/TargetCapacity", json!(2)),
            json!({"SpotFleetRequestId": "sfr-1", "TargetCapacity": 5}),
            lossy,
        ),
        trip(
            "ec2/fleet",
            json!({"FleetId": "fleet-1", "TargetCapacitySpecification": {"TotalTargetCapacity": 9}}),
            json!({"Fleets": [{"TargetCapacitySpecification": {"TotalTargetCapacity": 4, "OnDemandTargetCapacity": 1}}]}),
            ("/Fleets/0/TargetCapacitySpecification/TotalTargetCapacity", json!(9)),
            json!({"FleetId": "fleet-1", "TargetCapacitySpecification": {"TotalTargetCapacity": 4}}),
            exact,
        ),
        trip(
            "dms/task",
            json!({"ReplicationTaskArn": "arn:aws:dms:r:a:task:t", "TableMappings": "{}"}),
            json!({"ReplicationTasks": [{"TableMappings": "{\"rules\":[]}", "MigrationType": "cdc"}]}),
            ("/ReplicationTasks/0/TableMappings", json!("{}")),
            json!({"ReplicationTaskArn": "arn:aws:dms:r:a:task:t", "TableMappings": "{\"rules\":[]}"}),
            exact,
        ),
        trip(
            "acm/certificate-options",
            json!({"CertificateArn": "c", "Options": {"CertificateTransparencyLoggingPreference": "ENABLED"}}),
            json!({"Certificate": {"Options": {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"}}}),
            ("/Certificate/Options/CertificateTransparencyLoggingPreference", json!("ENABLED")),
            json!({"CertificateArn": "c", "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"}}),
            lossy,
        ),
        trip(
            "cloudformation/termination-protection",
            json!({"StackName": "site", "EnableTerminationProtection": true}),
            json!({"Stacks": [{"StackName": "site"}]}),
            ("/Stacks/0/EnableTerminationProtection", json!(true)),
            json!({"StackName": "site", "EnableTerminationProtection": false}),
            exact,
        ),
        trip(
            "globalaccelerator/accelerator",
            json!({"AcceleratorArn": "a", "Enabled": false}),
            json!({"Accelerator": {"Name": "front", "Enabled": true}}),
            ("/Accelerator/Enabled", json!(false)),
            json!({"AcceleratorArn": "a", "Enabled": true}),
            exact,
        ),
        trip(
            "apigatewayv2/stage",
            json!({"ApiId": "a", "StageName": "live", "Description": "new", "DefaultRouteSettings": {"ThrottlingRateLimit": 9}}),
            json!({"StageName": "live", "DefaultRouteSettings": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 8}}),
            ("/DefaultRouteSettings/ThrottlingRateLimit", json!(9)),
            json!({"ApiId": "a", "StageName": "live", "DefaultRouteSettings": {"ThrottlingRateLimit": 5}}),
            exact,
        ),
        trip(
            "ec2/image-description",
            json!({"ImageId": "ami-1", "Description": {"Value": "new"}}),
            json!({"ImageId": "ami-1"}),
            ("/Description", json!({"Value": "new"})),
            json!({"ImageId": "ami-1", "Description": {"Value": ""}}),
            exact,
        ),
    ]
}

/// Rows that the emulator cannot run: the answers are written here, what is sent back follows from them.
#[test]
fn what_no_scene_runs_is_sent_back_as_it_was() {
    for Trip { row: name, asked, told, then: (pointer, value), back, class } in
        kept_trips().into_iter().chain(trips())
    {
        let row = row(name);
        let deed = deed(row, asked);
        assert!(row.undoes(&deed), "{name}");
        let before = state(row, &deed, told.clone());
        let mut after = told;
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        after.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(member.to_owned(), value);
        let now = state(row, &deed, after);
        let terms = row.terms(&deed, &before).unwrap_or_else(|| panic!("{name}: no terms"));
        assert_eq!((terms.class, terms.loses.is_empty()), (class, class == Reversibility::Exact), "{name}");
        let steps = row.back(&deed, &before, &now).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{name}: {steps:?}") };
        assert_eq!((call.operation.verb(), &call.arguments), (row.operation, &back), "{name}");
    }
}

#[test]
fn what_ends_records_or_lets_them_expire_is_not_exact() {
    let class = |name: &str, asked: Value, before: Value| {
        let row = row(name);
        row.terms(&deed(row, asked), &before).unwrap().class
    };
    let (exact, lossy) = (Reversibility::Exact, Reversibility::Lossy);
    let retries = |most: i64| json!({"UUID": "u", "MaximumRetryAttempts": most});
    // A negative number is no limit.
    assert_eq!(class("lambda/event-source", retries(3), json!({"MaximumRetryAttempts": -1})), lossy);
    assert_eq!(class("lambda/event-source", retries(-1), json!({"MaximumRetryAttempts": 3})), exact);
    let logs =
        |on: bool| json!({"name": "c", "logging": {"clusterLogging": [{"types": ["audit"], "enabled": on}]}});
    let had = json!({"logging": {"clusterLogging": []}});
    assert_eq!(class("eks/cluster-config", logs(false), had.clone()), lossy);
    assert_eq!(class("eks/cluster-config", logs(true), had), exact);
    let detector = |on: bool| json!({"DetectorId": "d", "Enable": on});
    assert_eq!(class("guardduty/detector", detector(false), json!({"Enable": true})), lossy);
    assert_eq!(class("guardduty/detector", detector(true), json!({"Enable": false})), exact);
}
