use interlock_action::{Action, Answer, Effect, Kind, Reversibility, TargetId};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:ec2:us-east-1:111122223333:security-group/sg-1";

fn authorize() -> Action {
    let rule = json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let arguments = json!({"GroupId": "sg-1", "IpPermissions": rule});
    let mut action = having(action("ec2", "AuthorizeSecurityGroupIngress", arguments), Effect::Network);
    action.targets = vec![target(ID, Kind::SecurityGroup, "sg-1")];
    action
}

fn answers(used: bool) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeSecurityGroups" if arguments.get("Filters").is_none() => found(json!({"SecurityGroups": [{
            "GroupId": "sg-1", "GroupName": "web", "IpPermissions": [], "IpPermissionsEgress": [], "Tags": [],
        }]})),
        "DescribeSecurityGroups" => found(json!({"SecurityGroups": []})),
        "DescribeNetworkInterfaces" => found(json!({"NetworkInterfaces": if used {
            json!([{"NetworkInterfaceId": "eni-1", "Description": "ELB app/web", "Attachment": {}}])
        } else {
            json!([])
        }})),
        "DescribeInstances" => found(json!({"Reservations": []})),
        "DescribeDBInstances" => found(json!({"DBInstances": [{
            "DBInstanceIdentifier": "school",
            "VpcSecurityGroups": [{"VpcSecurityGroupId": if used { "sg-1" } else { "sg-9" }}],
        }]})),
        "DescribeDBClusters" => found(json!({"DBClusters": []})),
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn a_rule_reaches_what_the_group_is_attached_to() {
    let survey = survey(&authorize(), answers(true));
    assert_eq!(survey.facts.get(facts::EC2_GROUP_IN_USE), Some(&json!(true)));
    let reached: Vec<&str> =
        survey.observed[&TargetId::new(ID)].attached_to.iter().map(TargetId::as_str).collect();
    assert!(reached.contains(&"arn:aws:rds:us-east-1:111122223333:db:school"), "{reached:?}");
    assert!(reached.iter().any(|id| id.ends_with("network-interface/eni-1")));
    assert_eq!(
        survey.forecast.changes[0].what,
        "security group web (sg-1) gets a rule: tcp 5432 with 0.0.0.0/0"
    );
    assert_eq!(survey.forecast.reversibility, Reversibility::Exact);
}

#[test]
fn an_unattached_group_reaches_nothing() {
    let survey = survey(&authorize(), answers(false));
    assert_eq!(survey.facts.get(facts::EC2_GROUP_IN_USE), Some(&json!(false)));
    assert!(survey.observed[&TargetId::new(ID)].attached_to.is_empty());
    assert!(survey.forecast.unknowns.is_empty());
}

#[test]
fn a_group_whose_users_are_unread_is_not_taken_for_unattached() {
    let inner = answers(false);
    let survey = survey(&authorize(), |operation, arguments| match operation {
        "DescribeDBInstances" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!(survey.facts.get(facts::EC2_GROUP_IN_USE), None);
    assert!(!survey.observed[&TargetId::new(ID)].attached_to.is_empty());
}

#[test]
fn a_group_is_known_by_its_name_too() {
    const NAMED: &str = "arn:aws:ec2:us-east-1:111122223333:security-group/web";
    let arguments = json!({"GroupName": "web", "CidrIp": "0.0.0.0/0", "IpProtocol": "-1"});
    let mut named = having(action("ec2", "AuthorizeSecurityGroupIngress", arguments), Effect::Network);
    named.targets = vec![target(NAMED, Kind::SecurityGroup, "web")];
    let inner = answers(true);
    let survey = survey(&named, |operation, arguments| {
        let by_name = arguments.get("GroupNames") == Some(&json!(["web"]));
        assert!(arguments.get("GroupIds").is_none(), "`web` is no id");
        assert!(operation != "DescribeSecurityGroups" || by_name || arguments.get("Filters").is_some());
        inner(operation, arguments)
    });
    assert_eq!(survey.facts.get(facts::EC2_GROUP_IN_USE), Some(&json!(true)));
    assert!(survey.forecast.changes[0].what.starts_with("security group web (sg-1) gets a rule"));
}
