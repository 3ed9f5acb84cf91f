use interlock_action::{ClassifierWrite, Effect};
use serde_json::{Value, json};

use super::{Touch, touch};

const OWN: Option<&str> = Some("111122223333");

/// A change in its place, with these properties before and after.
fn modified(kind: &str, before: &Value, after: &Value) -> Value {
    let names = [before, after].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys());
    let details: Vec<Value> = names
        .map(|name| json!({"Target": {"Attribute": "Properties", "Name": name}, "Evaluation": "Static"}))
        .collect();
    json!({"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "Replacement": "False", "LogicalResourceId": "It", "ResourceType": kind,
        "Details": details,
        "BeforeContext": json!({ "Properties": before }).to_string(),
        "AfterContext": json!({ "Properties": after }).to_string(),
    }})
}

fn effects(touch: &Touch) -> Vec<Effect> {
    let mut all: Vec<Effect> = touch.effects.iter().map(|(effect, _)| *effect).collect();
    all.sort();
    all.dedup();
    all
}

fn of(kind: &str, before: Value, after: Value) -> Vec<Effect> {
    effects(&touch(&modified(kind, &before, &after), OWN))
}

#[test]
fn a_guard_that_goes_in_its_place_is_seen() {
    use Effect::{Destroy, Expose, GuardRemoval, Network, Privilege, RecoveryLoss};
    let db = "AWS::RDS::DBInstance";
    assert_eq!(
        of(db, json!({"DeletionProtection": "true"}), json!({"DeletionProtection": "false"})),
        [GuardRemoval]
    );
    assert_eq!(of(db, json!({"DeletionProtection": "true"}), json!({})), [GuardRemoval]);
    assert_eq!(
        of(db, json!({"BackupRetentionPeriod": "7"}), json!({"BackupRetentionPeriod": "0"})),
        [GuardRemoval, RecoveryLoss]
    );
    assert_eq!(
        of("AWS::Logs::LogGroup", json!({}), json!({"RetentionInDays": "1"})),
        [Destroy, GuardRemoval]
    );
    let block = |on: bool| {
        json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": on, "BlockPublicPolicy": true,
            "IgnorePublicAcls": true, "RestrictPublicBuckets": true}})
    };
    assert_eq!(of("AWS::S3::Bucket", block(true), block(false)), [Expose, GuardRemoval]);
    assert!(of("AWS::S3::Bucket", block(false), block(true)).is_empty());
    let nodes = |many: u32| json!({"ScalingConfig": {"MinSize": 0, "DesiredSize": many, "MaxSize": 5}});
    assert_eq!(of("AWS::EKS::Nodegroup", nodes(2), nodes(0)), [Destroy]);
    assert!(of("AWS::EKS::Nodegroup", nodes(2), nodes(3)).is_empty());
    let group = |many: &str| json!({ "DesiredCapacity": many });
    assert_eq!(of("AWS::AutoScaling::AutoScalingGroup", group("2"), group("0")), [Destroy]);
    assert!(of("AWS::AutoScaling::AutoScalingGroup", group("2"), group("4")).is_empty());
    let rule = |range: &str| json!({"SecurityGroupIngress": [{"CidrIp": range, "IpProtocol": "tcp", "FromPort": 22}]});
    assert_eq!(of("AWS::EC2::SecurityGroup", rule("10.0.0.0/8"), rule("0.0.0.0/0")), [Network, Expose]);
    assert_eq!(of("AWS::EC2::SecurityGroup", rule("10.0.0.0/8"), rule("64.0.0.0/2")), [Network, Expose]);
    assert_eq!(of("AWS::EC2::SecurityGroup", rule("10.0.0.0/8"), rule("10.1.0.0/16")), [Network]);
    let policy = |principal: &str| {
        json!({"PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"}]}})
    };
    let mine = "arn:aws:iam::111122223333:root";
    assert_eq!(of("AWS::S3::BucketPolicy", policy(mine), policy("*")), [Expose, Privilege]);
    assert!(
        of(
            db,
            json!({"DBInstanceClass": "a", "DeletionProtection": "false"}),
            json!({"DBInstanceClass": "b", "DeletionProtection": "true"})
        )
        .is_empty()
    );
}

#[test]
fn administrator_rights_are_told_from_others() {
    let role = |action: &str| {
        json!({"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": action, "Resource": "*"}]}}]})
    };
    let kind = "AWS::IAM::Role";
    let small = touch(&modified(kind, &role("s3:GetObject"), &role("s3:PutObject")), OWN);
    assert_eq!((effects(&small), small.administrator), (vec![Effect::Privilege], false));
    assert!(touch(&modified(kind, &role("s3:GetObject"), &role("*")), OWN).administrator);
    let arns = |arn: &str| json!({ "ManagedPolicyArns": [arn] });
    let wide = "arn:aws:iam::aws:policy/AdministratorAccess";
    assert!(
        touch(&modified(kind, &arns("arn:aws:iam::aws:policy/ReadOnlyAccess"), &arns(wide)), OWN)
            .administrator
    );
    assert!(
        !touch(&modified(kind, &arns(wide), &arns("arn:aws:iam::aws:policy/ReadOnlyAccess")), OWN)
            .administrator
    );
    // The policy stays, and somebody else gets it.
    let held = |role: &str| {
        json!({"PolicyName": "p", "Roles": [role], "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]}})
    };
    let mut moved = modified("AWS::IAM::Policy", &held("people"), &held("agent"));
    moved["ResourceChange"]["Details"] =
        json!([{"Target": {"Attribute": "Properties", "Name": "Roles"}, "Evaluation": "Static"}]);
    assert!(touch(&moved, OWN).administrator);
    let set = |arn: &str| json!({ "ManagedPolicies": [arn] });
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    assert!(touch(&modified("AWS::SSO::PermissionSet", &set(read_only), &set(wide)), OWN).administrator);
    assert!(!touch(&modified("AWS::SSO::PermissionSet", &set(wide), &set(read_only)), OWN).administrator);
    let entry = |policy: &str, group: &str| {
        let arn = format!("arn:aws:eks::aws:cluster-access-policy/{policy}");
        json!({"AccessPolicies": [{"PolicyArn": arn, "AccessScope": {"Type": "cluster"}}], "KubernetesGroups": [group]})
    };
    let (view, all) =
        (entry("AmazonEKSViewPolicy", "people"), entry("AmazonEKSClusterAdminPolicy", "people"));
    let kind_of_entry = "AWS::EKS::AccessEntry";
    let given = |before: &Value, after: &Value| touch(&modified(kind_of_entry, before, after), OWN);
    assert_eq!(
        (effects(&given(&all, &view)), given(&all, &view).administrator),
        (vec![Effect::Privilege], false)
    );
    assert!(given(&view, &all).administrator);
    assert!(given(&view, &entry("AmazonEKSViewPolicy", "system:masters")).administrator);
    // What is put together only when it is carried out may be anything.
    assert!(
        touch(
            &modified(kind, &role("s3:GetObject"), &json!({"Policies": "{{changeSet:KNOWN_AFTER_APPLY}}"})),
            OWN
        )
        .administrator
    );
}

#[test]
fn what_the_plan_does_not_tell_is_the_worst() {
    let bare = |details: Value| {
        json!({"ResourceChange": {"Action": "Modify", "Replacement": "False", "LogicalResourceId": "It",
            "ResourceType": "AWS::RDS::DBInstance", "Details": details}})
    };
    for details in [
        json!([]),
        json!([{"Target": {"Attribute": "Properties"}}]),
        json!([{"Target": {"Attribute": "Properties", "Name": "DeletionProtection"}}]),
        json!([{"Target": {"Attribute": "Properties", "Path": "/Properties/DeletionProtection"}}]),
        json!([{"Target": {"Attribute": "Properties", "Name": "NewInThisYear"}}]),
        json!([{"Target": {"Attribute": "DeletionPolicy", "BeforeValue": "Retain", "AfterValue": "Delete"}}]),
        json!([{"Target": {"Attribute": "DeletionPolicy"}}]),
    ] {
        assert!(effects(&touch(&bare(details.clone()), OWN)).contains(&Effect::GuardRemoval), "{details}");
    }
    let mut later = modified(
        "AWS::RDS::DBInstance",
        &json!({"DeletionProtection": "true"}),
        &json!({"DeletionProtection": "true", "Iops": 1}),
    );
    assert!(touch(&later, OWN).effects.is_empty());
    later["ResourceChange"]["Details"][0]["Evaluation"] = json!("Dynamic");
    assert_eq!(effects(&touch(&later, OWN)), [Effect::GuardRemoval], "its value is worked out while it runs");
    for harmless in [
        json!([{"Target": {"Attribute": "Properties", "Name": "DeletionProtection",
            "Path": "/Properties/DeletionProtection", "BeforeValue": "false", "AfterValue": "true"}}]),
        json!([{"Target": {"Attribute": "DeletionPolicy", "BeforeValue": "Delete", "AfterValue": "Retain"}}]),
        json!([{"Target": {"Attribute": "Properties", "Name": "DBInstanceClass"}}]),
        json!([{"Target": {"Attribute": "Metadata"}}]),
    ] {
        assert!(touch(&bare(harmless.clone()), OWN).effects.is_empty(), "{harmless}");
    }
}

#[test]
fn what_is_added_or_removed_beside_data_counts_too() {
    let change = |action: &str, kind: &str| {
        json!({"ResourceChange": {"Action": action, "LogicalResourceId": "It", "ResourceType": kind,
            "PolicyAction": "Delete"}})
    };
    let of = |action: &str, kind: &str| effects(&touch(&change(action, kind), OWN));
    assert_eq!(of("Add", "AWS::EC2::SecurityGroupIngress"), [Effect::Network, Effect::Expose]);
    assert_eq!(of("Add", "AWS::S3::BucketPolicy"), [Effect::Expose, Effect::Privilege]);
    assert_eq!(of("Add", "AWS::SNS::Topic"), []);
    assert_eq!(of("Add", "AWS::S3::Bucket"), []);
    assert_eq!(of("Add", "AWS::DynamoDB::Table"), []);
    for kind in ["AWS::IAM::Policy", "AWS::EKS::AccessEntry"] {
        assert!(touch(&change("Add", kind), OWN).administrator, "nobody told what it gives");
    }
    assert_eq!(of("Remove", "AWS::CloudWatch::Alarm"), [Effect::GuardRemoval]);
    assert_eq!(of("Remove", "AWS::S3::BucketPolicy"), [Effect::Privilege, Effect::GuardRemoval]);
}

#[test]
fn what_goes_to_another_account_or_an_address_leaves() {
    let queue = |account: &str| format!("arn:aws:sqs:us-east-1:{account}:q");
    let topic = |end: String| json!({"Subscription": [{"Protocol": "any", "Endpoint": end}]});
    let of_topic = |end: String| of("AWS::SNS::Topic", json!({}), topic(end));
    assert!(of_topic(queue("111122223333")).is_empty());
    assert_eq!(of_topic(queue("999988887777")), [Effect::Exfiltrate]);
    assert_eq!(of_topic("https://example.org/in".to_owned()), [Effect::Exfiltrate]);
    assert_eq!(of_topic("{{resolve:ssm:where}}".to_owned()), [Effect::Exfiltrate], "it is not told");
    assert!(of("AWS::SNS::Topic", topic(queue("999988887777")), json!({"Subscription": null})).is_empty());
    let told = |account: &str| json!({"NotificationConfiguration": {"QueueConfigurations": [{"Event": "s3:*", "Queue": queue(account)}]}});
    assert!(of("AWS::S3::Bucket", json!({}), told("111122223333")).is_empty());
    assert_eq!(of("AWS::S3::Bucket", json!({}), told("999988887777")), [Effect::Exfiltrate]);
    let add = |after: Option<Value>| {
        let mut add = json!({"ResourceChange": {"Action": "Add", "LogicalResourceId": "It",
            "ResourceType": "AWS::SNS::Subscription"}});
        if let Some(after) = after {
            add["ResourceChange"]["AfterContext"] = json!(json!({ "Properties": after }).to_string());
        }
        effects(&touch(&add, OWN))
    };
    assert_eq!(add(None), [Effect::Exfiltrate]);
    assert!(add(Some(json!({"Protocol": "sqs", "Endpoint": queue("111122223333")}))).is_empty());
}

#[test]
fn tags_are_written_by_their_keys_or_all() {
    let tags = |env: &str| json!({"Tags": [{"Key": "env", "Value": env}, {"Key": "by", "Value": "ana"}]});
    let told = touch(&modified("AWS::DynamoDB::Table", &tags("prod"), &tags("dev")), OWN);
    assert_eq!(told.writes, [ClassifierWrite::Tag { key: "env".to_owned(), value: Some("dev".to_owned()) }]);
    assert!(told.effects.is_empty());
    let gone = touch(&modified("AWS::DynamoDB::Table", &tags("prod"), &json!({})), OWN);
    assert_eq!(gone.writes.len(), 2);
    let untold = json!({"ResourceChange": {"Action": "Modify", "Replacement": "False", "LogicalResourceId": "It",
        "ResourceType": "AWS::DynamoDB::Table", "Scope": ["Tags"], "Details": [{"Target": {"Attribute": "Tags"}}]}});
    assert_eq!(touch(&untold, OWN).writes, [ClassifierWrite::AllTags]);
}
