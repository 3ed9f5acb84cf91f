use interlock_action::{Action, Answer, Bears, Effect, Kind, Method, Relation, Securing, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::{
        forecaster_for,
        testing::{action, found, survey, target},
    },
    rules::facts,
};

const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/school/*";

fn update() -> Action {
    let mut update = action(
        "cloudformation",
        "UpdateStack",
        json!({
            "StackName": "school", "TemplateBody": "Resources: {}", "ClientRequestToken": "once",
            "Parameters": [{"ParameterKey": "Password", "ParameterValue": "hunter2"}],
        }),
    );
    update.secrets = vec!["/Parameters/0/ParameterValue".to_owned()];
    update.targets = vec![target(ID, Kind::Stack, "school")];
    update
}

/// A stack with a table and a topic, whose change set has these changes.
fn world(changes: Answer) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeStacks" => found(json!({"Stacks": [
            {"StackName": "school", "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/school/1",
             "StackStatus": "CREATE_COMPLETE", "Tags": []},
        ]})),
        "ListStackResources" => found(json!({"StackResourceSummaries": [
            {"LogicalResourceId": "Courses", "PhysicalResourceId": "courses",
             "ResourceType": "AWS::DynamoDB::Table", "ResourceStatus": "CREATE_COMPLETE"},
            {"LogicalResourceId": "News", "PhysicalResourceId": "arn:aws:sns:us-east-1:111122223333:news",
             "ResourceType": "AWS::SNS::Topic", "ResourceStatus": "CREATE_COMPLETE"},
        ]})),
        "GetTemplate" => found(json!({"TemplateBody": "{\"Resources\": {\"Courses\": {}, \"News\": {}}}"})),
        "CreateChangeSet" => {
            assert!(arguments["ChangeSetName"].as_str().unwrap().starts_with("interlock-"));
            assert!(arguments.get("ClientRequestToken").is_none());
            found(Value::Null)
        }
        "DescribeChangeSet" => changes.clone(),
        "DescribeTable" => found(json!({"Table": {
            "TableName": "courses", "TableId": "t-1", "CreationDateTime": 1, "ItemCount": 12,
            "TableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/courses", "TableSizeBytes": 4000,
        }})),
        "ListBackups" => found(json!({"BackupSummaries": []})),
        "ListTagsOfResource" => found(json!({"Tags": [{"Key": "env", "Value": "prod"}]})),
        "DescribeContinuousBackups" => found(json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }})),
        other => panic!("{other} was not expected"),
    }
}

fn planned(changes: &[Value]) -> Survey {
    let changes: Vec<Value> =
        changes.iter().map(|one| json!({"Type": "Resource", "ResourceChange": one})).collect();
    survey(&update(), world(found(json!({"Status": "CREATE_COMPLETE", "Changes": changes}))))
}

fn change(action: &str, replacement: Option<&str>, policy: Option<&str>) -> Value {
    let mut change = json!({
        "Action": action, "LogicalResourceId": "Courses", "PhysicalResourceId": "courses",
        "ResourceType": "AWS::DynamoDB::Table",
    });
    for (member, value) in [("Replacement", replacement), ("PolicyAction", policy)] {
        if let Some(value) = value {
            change[member] = json!(value);
        }
    }
    change
}

fn removes(survey: &Survey) -> Option<&Value> {
    survey.facts.get(facts::CLOUDFORMATION_REMOVES)
}

#[test]
fn a_table_that_is_replaced_is_backed_up_first() {
    let replaced = planned(&[change("Modify", Some("True"), None)]);
    assert_eq!(replaced.forecast.method, Method::Planned);
    assert_eq!(removes(&replaced), Some(&json!(true)));
    let first = &replaced.forecast.changes[0];
    assert_eq!(first.effect, Effect::Destroy);
    assert!(first.target.as_str().ends_with("table/courses"), "{first:?}");
    assert!(first.what.contains("a new, empty one takes its place"), "{}", first.what);
    assert!(
        matches!(&replaced.securing, Securing::ByCalls { calls, .. } if calls[0].operation.verb() == "CreateBackup")
    );
    assert_eq!(replaced.discovered[0].kind, Kind::Table);
    assert_eq!(replaced.observed[&replaced.discovered[0].id].tags.as_ref().unwrap()["env"], "prod");
    assert_eq!(replaced.observed[&ID.into()].data, Bears::Yes);
    assert_eq!(replaced.forecast.recovery.before, Some(0));
    // What is only possible counts, and what is not told is possible.
    for perhaps in
        [planned(&[change("Modify", Some("Conditional"), None)]), planned(&[change("Modify", None, None)])]
    {
        assert!(perhaps.forecast.changes[0].what.starts_with("perhaps: "));
        assert_eq!(removes(&perhaps), Some(&json!(true)));
    }
}

/// A group of one machine with a volume, whose desired size goes from one to what is said.
fn resized(size: Option<u32>) -> Survey {
    let mut group = json!({
        "Action": "Modify", "Replacement": "False", "LogicalResourceId": "Web", "PhysicalResourceId": "web",
        "ResourceType": "AWS::AutoScaling::AutoScalingGroup",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "DesiredCapacity"}}],
    });
    if let Some(size) = size {
        let context = |size: u32| json!({"Properties": {"DesiredCapacity": size.to_string()}}).to_string();
        group["BeforeContext"] = json!(context(1));
        group["AfterContext"] = json!(context(size));
    }
    of_group(&group)
}

/// The change of a stack beside that group.
fn of_group(change: &Value) -> Survey {
    with_group(&[change], "")
}

/// Changes of a stack beside that group, by this template.
fn with_group(changes: &[&Value], template: &str) -> Survey {
    let changes: Vec<Value> =
        changes.iter().map(|one| json!({"Type": "Resource", "ResourceChange": one})).collect();
    let rest = world(found(json!({"Status": "CREATE_COMPLETE", "Changes": changes})));
    survey(&update(), |operation, arguments| match operation {
        "GetTemplate" if arguments.get("ChangeSetName").is_some() => {
            found(json!({ "TemplateBody": template }))
        }
        "DescribeAutoScalingGroups" => found(json!({"AutoScalingGroups": [{
            "AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 4, "DesiredCapacity": 1,
            "Tags": [{"Key": "env", "Value": "prod"}], "Instances": [{"InstanceId": "i-1"}],
        }]})),
        "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{
            "InstanceId": "i-1", "InstanceType": "t3.micro",
            "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": true}}],
        }]}]})),
        "DescribeInstanceTypes" => found(json!({"InstanceTypes": [{"InstanceStorageSupported": false}]})),
        "DescribeVolumes" => {
            found(json!({"Volumes": [{"VolumeId": "vol-1", "Size": 8, "Encrypted": false}]}))
        }
        "DescribeSnapshots" => found(json!({"Snapshots": []})),
        "DescribeScheduledActions" => found(json!({"ScheduledUpdateGroupActions": []})),
        _ => rest(operation, arguments),
    })
}

#[test]
fn what_scales_a_group_in_keeps_first_what_the_direct_call_keeps() {
    // What is not told may be none.
    for less in [Some(0), None] {
        let less = resized(less);
        assert_eq!(removes(&less), Some(&json!(true)));
        assert!(
            matches!(&less.securing, Securing::ByCalls { calls, .. } if calls[0].operation.verb() == "CreateSnapshot"),
            "{:?}",
            less.securing
        );
        let volume = less.discovered.iter().find(|target| target.kind == Kind::Volume).unwrap();
        assert_eq!(less.observed[&volume.id].data, Bears::Yes);
        let group = less.discovered.iter().find(|target| target.kind == Kind::Group).unwrap();
        assert_eq!(less.observed[&group.id].tags.as_ref().unwrap()["env"], "prod");
        assert!(!less.forecast.data_loss.is_empty());
    }
    let more = resized(Some(2));
    assert_eq!((removes(&more), &more.securing), (Some(&json!(false)), &Securing::NotNeeded));
    assert_eq!(more.observed[&ID.into()].data, Bears::No);
    assert!(more.discovered.iter().all(|target| target.relation == Relation::Reaches), "it is only changed");
}

#[test]
fn what_a_stack_scales_in_later_cannot_be_kept_first() {
    let night = |size: u32| {
        let context =
            json!({"Properties": {"AutoScalingGroupName": "web", "DesiredCapacity": size.to_string()}});
        of_group(&json!({
            "Action": "Add", "LogicalResourceId": "Night", "ResourceType": "AWS::AutoScaling::ScheduledAction",
            "AfterContext": context.to_string(),
        }))
    };
    let none = night(0);
    assert_eq!(removes(&none), Some(&json!(true)));
    assert!(matches!(none.securing, Securing::Impossible(_)), "{:?}", none.securing);
    assert!(none.discovered.iter().any(|target| target.kind == Kind::Volume));
    let more = night(3);
    assert_eq!((removes(&more), &more.securing), (Some(&json!(false)), &Securing::NotNeeded));
}

#[test]
fn what_scales_a_group_of_the_same_plan_takes_nothing() {
    let group = json!({
        "Action": "Add", "LogicalResourceId": "New", "ResourceType": "AWS::AutoScaling::AutoScalingGroup",
        "AfterContext": r#"{"Properties": {"MinSize": "0", "MaxSize": "2"}}"#,
    });
    let unknown = json!({"Properties": {
        "AutoScalingGroupName": "{{changeSet:KNOWN_AFTER_APPLY}}", "DesiredCapacity": "0",
    }});
    let night = json!({
        "Action": "Add", "LogicalResourceId": "Night", "ResourceType": "AWS::AutoScaling::ScheduledAction",
        "AfterContext": unknown.to_string(),
    });
    let template =
        |group: &str| format!("Resources:\n  Night:\n    Properties:\n      AutoScalingGroupName: {group}\n");
    let new = with_group(&[&group, &night], &template("!Ref New"));
    assert_eq!((removes(&new), &new.securing), (Some(&json!(false)), &Securing::NotNeeded));
    // Of any other group nobody knows what goes.
    for (changes, named) in [
        (vec![&group, &night], "!GetAtt Custom.Name"),
        (vec![&group, &night], "!Ref Other"),
        (vec![&night], "!Ref New"),
    ] {
        let other = with_group(&changes, &template(named));
        assert_eq!(removes(&other), Some(&json!(true)), "{named}");
        assert!(matches!(other.securing, Securing::Impossible(_)), "{named}");
        assert!(other.forecast.changes.iter().any(|change| change.what.contains("may lose what it holds")));
    }
}

#[test]
fn what_stays_is_no_loss() {
    let mut plain = change("Modify", Some("False"), None);
    plain["Details"] = json!([{"Target": {"Attribute": "Properties", "Name": "BillingMode"}}]);
    let within = planned(&[plain]);
    assert_eq!((removes(&within), &within.securing), (Some(&json!(false)), &Securing::NotNeeded));
    assert_eq!(within.observed[&ID.into()].data, Bears::No);
    assert!(within.discovered.is_empty());
    let retained = planned(&[change("Remove", None, Some("Retain"))]);
    assert_eq!(retained.securing, Securing::NotNeeded);
    assert!(retained.forecast.changes.iter().any(|change| change.what.contains("stays, outside the stack")));
    let same = survey(
        &update(),
        world(found(json!({
            "Status": "FAILED", "Changes": [],
            "StatusReason": "The submitted information didn't contain changes. Submit different information to create a change set.",
        }))),
    );
    assert!(same.forecast.changes[0].what.contains("the service will refuse"));
}

#[test]
fn no_plan_counts_as_the_loss_of_everything() {
    for answer in [
        Answer::Unreadable("throttled".to_owned()),
        found(json!({"Status": "FAILED", "StatusReason": "no such role"})),
        found(
            json!({"Status": "FAILED", "StatusReason": "Parameter `No updates are to be performed.` is not known"}),
        ),
    ] {
        let blind = survey(&update(), world(answer));
        assert_eq!(removes(&blind), None);
        assert!(
            blind.forecast.unknowns.iter().any(|one| one.contains("is not known")),
            "{:?}",
            blind.forecast.unknowns
        );
        assert_eq!(blind.observed[&ID.into()].data, Bears::Yes);
        assert!(
            matches!(blind.securing, Securing::ByCalls { .. }),
            "its table can be backed up: {:?}",
            blind.securing
        );
    }
    let nothing = survey(&update(), |_, _| Answer::Unreadable("denied".to_owned()));
    assert!(matches!(nothing.securing, Securing::Impossible(_)));
    assert_eq!((removes(&nothing), nothing.forecast.method), (None, Method::Assumed));
}

#[test]
fn the_change_set_is_named_by_what_is_asked_for() {
    let name = |update: &Action| super::set(update).unwrap()["ChangeSetName"].clone();
    let mut again = update();
    again.arguments["ClientRequestToken"] = json!("twice");
    assert_eq!(name(&update()), name(&again), "a token is no part of it");
    again.arguments["TemplateBody"] = json!("Resources: {A: {}}");
    assert_ne!(name(&update()), name(&again));
    let answers = crate::forecast::testing::gather(&update(), world(Answer::NotFound));
    let prepared = forecaster_for(&update()).prepares(&update(), &answers).unwrap();
    assert_eq!(prepared.secrets, ["/Parameters/0/ParameterValue"]);
    assert_eq!(prepared.make.arguments["Parameters"][0]["ParameterValue"], json!("hunter2"));
}

#[test]
fn nested_stacks_are_read_or_unknown() {
    let stack = |set: Option<&str>| {
        let mut change = json!({
            "Action": "Modify", "LogicalResourceId": "Inner", "ResourceType": "AWS::CloudFormation::Stack",
            "PhysicalResourceId": "arn:aws:cloudformation:us-east-1:111122223333:stack/inner/1",
        });
        if let Some(set) = set {
            change["ChangeSetId"] = json!(set);
        }
        json!({"Status": "CREATE_COMPLETE", "Changes": [{"Type": "Resource", "ResourceChange": change}]})
    };
    let answer = |outer: Value| {
        let base = world(found(outer));
        move |operation: &str, arguments: &Value| match arguments["ChangeSetName"].as_str() {
            Some("arn:inner") => found(json!({"Status": "CREATE_COMPLETE", "Changes": [
                {"Type": "Resource", "ResourceChange": change("Remove", None, None)},
            ]})),
            _ => base(operation, arguments),
        }
    };
    let read = survey(&update(), answer(stack(Some("arn:inner"))));
    assert_eq!(removes(&read), Some(&json!(true)));
    assert!(read.forecast.changes[0].what.contains("[Inner/Courses]"), "{:?}", read.forecast.changes);
    let unread = survey(&update(), answer(stack(None)));
    assert_eq!(removes(&unread), None);
}

/// An update of this request, before a world in which everything could be planned.
fn asked(arguments: Value) -> (Action, Survey) {
    let mut asked = update();
    asked.arguments = arguments;
    asked.secrets = Vec::new();
    let nothing = found(json!({"Status": "CREATE_COMPLETE", "Changes": []}));
    let survey = survey(&asked, move |operation, arguments| {
        assert_ne!((operation, arguments["RoleARN"].is_null()), ("CreateChangeSet", false));
        world(nothing.clone())(operation, arguments)
    });
    (asked, survey)
}

#[test]
fn interlock_runs_no_code_and_takes_no_role_to_make_a_plan() {
    let body = |text: &str| json!({"StackName": "school", "TemplateBody": text});
    let plain = || body("Resources: {}");
    let with = |member: &str, value: Value| {
        let mut arguments = plain();
        arguments[member] = value;
        arguments
    };
    for arguments in [
        with("RoleARN", json!("arn:aws:iam::111122223333:role/admin")),
        with("Capabilities", json!(["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])),
        json!({"StackName": "school", "TemplateURL": "https://s3.amazonaws.com/drop/t.json"}),
        body("Transform: Evil\nResources: {}"),
        body(r#"{"Resources": {"Fn::Tr\u0061nsform": {"Name": "Evil"}}}"#),
    ] {
        let (asked, seen) = asked(arguments);
        let answers = crate::forecast::testing::gather(&asked, world(Answer::NotFound));
        assert!(forecaster_for(&asked).prepares(&asked, &answers).is_none(), "{}", asked.arguments);
        assert!(seen.forecast.unknowns.iter().any(|one| one.contains("is not known")), "{}", asked.arguments);
        assert_eq!(removes(&seen), None);
        assert_eq!(
            seen.observed[&ID.into()].data,
            Bears::Yes,
            "what the stack holds counts: {}",
            asked.arguments
        );
    }
    let (_, seen) = asked(plain());
    assert_eq!((removes(&seen), seen.forecast.unknowns.len()), (Some(&json!(false)), 0));
    let (_, previous) = asked(json!({"StackName": "school", "UsePreviousTemplate": true}));
    assert_eq!(removes(&previous), Some(&json!(false)));
}

#[test]
fn what_is_fetched_again_is_planned_and_said() {
    let mut arguments = json!({"StackName": "school", "TemplateBody":
        "Resources: {Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://a/b'}}}"});
    arguments["Parameters"] = json!([{"ParameterKey": "P", "ParameterValue": "{{resolve:ssm:/a}}"}]);
    let (_, seen) = asked(arguments);
    assert_eq!(removes(&seen), Some(&json!(false)));
    let said = seen.forecast.unknowns.iter().filter(|one| one.contains("fetched again")).count();
    assert_eq!(said, 2, "{:?}", seen.forecast.unknowns);
}

#[test]
fn a_guard_that_an_update_takes_is_a_fact() {
    let fact = |seen: &Survey, name: &str| seen.facts.get(name).and_then(Value::as_bool);
    let mut off = change("Modify", Some("False"), None);
    off["Details"] = json!([{"Target": {"Attribute": "Properties", "Name": "DeletionProtectionEnabled",
        "Path": "/Properties/DeletionProtectionEnabled", "BeforeValue": "true", "AfterValue": "false"}}]);
    let seen = planned(&[off]);
    assert_eq!(fact(&seen, facts::CLOUDFORMATION_UNGUARDS), Some(true));
    assert_eq!(fact(&seen, facts::CLOUDFORMATION_GRANTS), Some(false));
    assert_eq!(removes(&seen), Some(&json!(false)));
    assert!(seen.forecast.changes[0].what.contains("a protection goes"), "{:?}", seen.forecast.changes);
    // The stack's own environment does not say where its table stands.
    let table = &seen.discovered[0];
    assert_eq!((table.kind, table.relation), (Kind::Table, interlock_action::Relation::Reaches));
    assert_eq!(seen.observed[&table.id].tags.as_ref().unwrap()["env"], "prod");
    let mut plain = change("Modify", Some("False"), None);
    plain["Details"] = json!([{"Target": {"Attribute": "Properties", "Name": "BillingMode"}}]);
    let plain = planned(&[plain]);
    assert_eq!(fact(&plain, facts::CLOUDFORMATION_UNGUARDS), Some(false));
    assert!(plain.discovered.is_empty());
    let mut expiring = change("Modify", Some("False"), None);
    expiring["Details"] = json!([{"Target": {"Attribute": "Properties", "Name": "TimeToLiveSpecification"}}]);
    let expiring = planned(&[expiring]);
    assert_eq!(removes(&expiring), Some(&json!(true)));
    assert_eq!(expiring.observed[&ID.into()].data, Bears::Yes);
    let blind = survey(&update(), world(Answer::Unreadable("throttled".to_owned())));
    assert_eq!(fact(&blind, facts::CLOUDFORMATION_UNGUARDS), None, "not known, so it counts");
}

#[test]
fn nothing_is_planned_under_a_role_that_the_stack_keeps() {
    let keeps = |operation: &str, arguments: &Value| match operation {
        "CreateChangeSet" => panic!("a plan was made under the stack's own role"),
        "DescribeStacks" => {
            found(json!({"Stacks": [{"StackName": "school", "StackStatus": "CREATE_COMPLETE",
            "RoleARN": "arn:aws:iam::111122223333:role/admin", "Tags": []}]}))
        }
        _ => world(Answer::NotFound)(operation, arguments),
    };
    let seen = survey(&update(), keeps);
    assert_eq!(removes(&seen), None);
    assert!(
        seen.forecast.unknowns.iter().any(|one| one.contains("keeps a role")),
        "{:?}",
        seen.forecast.unknowns
    );
    assert_eq!(seen.observed[&ID.into()].data, Bears::Yes);
}

#[test]
fn the_template_that_is_taken_again_is_read_as_it_was_given() {
    let macros = |operation: &str, arguments: &Value| match (operation, arguments["TemplateStage"].as_str()) {
        ("CreateChangeSet", _) => panic!("interlock ran a macro"),
        ("GetTemplate", Some("Original")) => {
            found(json!({"TemplateBody": "Transform: Evil\nResources: {Courses: {}, News: {}}"}))
        }
        _ => world(Answer::NotFound)(operation, arguments),
    };
    let mut again = update();
    again.arguments = json!({"StackName": "school", "UsePreviousTemplate": true});
    again.secrets = Vec::new();
    let seen = survey(&again, macros);
    assert_eq!(removes(&seen), None);
    assert!(seen.forecast.unknowns.iter().any(|one| one.contains("macros")), "{:?}", seen.forecast.unknowns);
}
