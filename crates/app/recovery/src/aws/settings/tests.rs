use interlock_action::{AccountId, Answer, Claim, Effect, Next, Operation, Reversibility, Surface};
use interlock_reader_aws::catalogue::{Catalogue, Kind, Service, ShapeId};
use interlock_reader_aws::judge;

use super::*;

fn deed(row: &Setting, arguments: Value) -> Deed {
    Deed {
        surface: Surface::Aws,
        operation: Operation::aws(row.service, row.operation),
        account: Some(AccountId::new("123456789012")),
        region: Some("us-east-1".to_owned()),
        arguments,
        targets: Vec::new(),
        points: Vec::new(),
    }
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
