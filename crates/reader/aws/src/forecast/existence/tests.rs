use interlock_action::{Bears, Operation};

use super::*;
use crate::forecast::testing::{action, found, target};

fn create_table() -> Action {
    let mut action = action("dynamodb", "CreateTable", json!({"TableName": "courses"}));
    let mut table = target("arn:aws:dynamodb:us-east-1:111122223333:table/courses", Kind::Table, "courses");
    table.relation = Relation::Creates;
    action.targets = vec![table];
    action
}

#[test]
fn a_named_creation_is_looked_up_before_it_is_made() {
    let action = create_table();
    let reads = reads(&action, &Answers::new());
    assert_eq!(reads.len(), 1, "no tags are read of what is not known to exist");
    assert_eq!(reads[0].call.operation, Operation::aws("dynamodb", "DescribeTable"));
    assert_eq!(reads[0].call.arguments, json!({"TableName": "courses"}));

    let mut draft = Draft::new();
    let key = reads[0].key.clone();
    observe(&action, &Answers::from([(key.clone(), Answer::NotFound)]), &mut draft);
    assert_eq!(draft.finish().observed[&action.targets[0].id].exists, Some(false));

    let mut draft = Draft::new();
    observe(&action, &Answers::from([(key, Answer::Unreadable("access denied".into()))]), &mut draft);
    assert_eq!(draft.finish().observed[&action.targets[0].id].exists, None, "a refusal proves nothing");
}

#[test]
fn tags_that_stand_elsewhere_are_read_once_the_thing_is_there() {
    let action = create_table();
    let id = action.targets[0].id.clone();
    let arn = "arn:aws:dynamodb:us-east-1:111122223333:table/courses";
    let mut answers = Answers::from([(
        live_key(&id),
        found(
            json!({"Table": {"TableArn": arn, "TableId": "t-1", "CreationDateTime": "2026-01-01T00:00:00Z"}}),
        ),
    )]);
    let second = reads(&action, &answers);
    assert_eq!(second[1].call.operation, Operation::aws("dynamodb", "ListTagsOfResource"));
    assert_eq!(second[1].call.arguments, json!({ "ResourceArn": arn }));
    answers.insert(tags_key(&id), found(json!({"Tags": [{"Key": "env", "Value": "prod"}]})));
    let mut draft = Draft::new();
    observe(&action, &answers, &mut draft);
    let seen = draft.finish().observed[&id].clone();
    assert_eq!(seen.exists, Some(true));
    assert_eq!(seen.tags.unwrap()["env"], "prod");
    assert_eq!(seen.immutable_id.as_deref(), Some("t-1 2026-01-01T00:00:00Z"));
    assert_eq!(seen.data, Bears::Unknown);
}

#[test]
fn an_empty_list_is_absence_and_a_missing_one_is_not() {
    let mut action = action("ec2", "DeleteVolume", json!({"VolumeId": "vol-1"}));
    action.targets = vec![target("arn:aws:ec2:us-east-1:111122223333:volume/vol-1", Kind::Volume, "vol-1")];
    let id = action.targets[0].id.clone();
    let answers = Answers::from([(live_key(&id), found(json!({"Volumes": []})))]);
    assert_eq!(of(&action, &answers, &id), Live::Absent);
    let answers = Answers::from([(live_key(&id), found(json!({"Other": 1})))]);
    assert!(matches!(of(&action, &answers, &id), Live::Unread(_)));
    let nested = Answers::from([(live_key(&id), found(json!({"Volumes": [{"VolumeId": "vol-1"}]})))]);
    assert!(matches!(of(&action, &nested, &id), Live::Found(_)));
}

#[test]
fn names_are_found_in_arns() {
    let name = |id: &str| {
        let target = target(id, Kind::Other, "?");
        known(&target).map(|known| (known.row.describe, known.name))
    };
    let arn = |rest: &str| format!("arn:aws:{rest}");
    assert_eq!(name(&arn("iam::1:role/path/to/worker")), Some(("GetRole", "worker".into())));
    assert_eq!(
        name(&arn("dynamodb:r:1:table/courses/index/by-name")),
        Some(("DescribeTable", "courses".into()))
    );
    assert_eq!(name(&arn("logs:r:1:log-group:/app/web:*")), Some(("DescribeLogGroups", "/app/web".into())));
    assert_eq!(name(&arn("s3:::bucket")), Some(("HeadBucket", "bucket".into())));
    assert_eq!(name(&arn("s3:::bucket/key")), None, "objects are looked up by their own forecaster");
    assert_eq!(name(&arn("ec2:r:1:instance/*")), None);
    assert_eq!(name(&arn("rds:r:1:cluster-snapshot:x")), Some(("DescribeDBClusterSnapshots", "x".into())));
}

#[test]
fn a_security_group_is_looked_up_by_name_and_vpc() {
    let mut action = action("ec2", "CreateSecurityGroup", json!({"GroupName": "web", "VpcId": "vpc-1"}));
    let mut group = target("arn:aws:ec2:us-east-1:111122223333:security-group/*", Kind::SecurityGroup, "web");
    group.relation = Relation::Creates;
    action.targets = vec![group];
    let asked = reads(&action, &Answers::new());
    assert_eq!(asked[0].call.arguments["Filters"][1], json!({"Name": "vpc-id", "Values": ["vpc-1"]}));
    let mut draft = Draft::new();
    observe(
        &action,
        &Answers::from([(asked[0].key.clone(), found(json!({"SecurityGroups": []})))]),
        &mut draft,
    );
    assert_eq!(draft.finish().observed[&action.targets[0].id].exists, Some(false));
}

/// What a survey of this action sees of its one target when it is there.
fn seen(action: &Action, answer: impl Fn(&str) -> Value) -> Observed {
    let survey = crate::forecast::testing::survey(action, |operation, _| match operation {
        "ListTags" | "GetBucketTagging" => Answer::NotFound,
        operation => found(answer(operation)),
    });
    survey.observed[&action.targets[0].id].clone()
}

#[test]
fn a_queue_is_told_from_a_later_one_by_when_it_was_made() {
    let url = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs";
    let mut action = action("sqs", "TagQueue", json!({ "QueueUrl": url }));
    let arn = "arn:aws:sqs:us-east-1:111122223333:jobs";
    action.targets = vec![target(arn, Kind::Queue, "jobs")];
    let asked = reads(&action, &Answers::new());
    assert_eq!(asked[0].call.operation, Operation::aws("sqs", "GetQueueAttributes"));
    assert_eq!(asked[0].call.arguments["QueueUrl"], url);
    let of = |at: &str| json!({"Attributes": {"QueueArn": arn, "CreatedTimestamp": at}});
    let first = seen(&action, |_| of("1700000000")).immutable_id.unwrap();
    assert_eq!(first, format!("{arn} 1700000000"));
    assert_ne!(Some(first), seen(&action, |_| of("1700000060")).immutable_id);
    assert_eq!(seen(&action, |_| json!({"Attributes": {"QueueArn": arn}})).immutable_id, None);
}

#[test]
fn a_bucket_is_told_from_a_later_one_by_when_it_was_made() {
    let mut action = action("s3", "PutBucketAccelerateConfiguration", json!({"Bucket": "site"}));
    action.targets = vec![target("arn:aws:s3:::site", Kind::Bucket, "site")];
    let listed = |buckets: Value| {
        seen(&action, |operation| match operation {
            "ListBuckets" => json!({ "Buckets": buckets }),
            _ => json!({"BucketRegion": "us-east-1"}),
        })
    };
    let other = json!({"Name": "site-2", "CreationDate": "2020-01-01T00:00:00Z"});
    let own = json!({"Name": "site", "CreationDate": "2024-01-01T00:00:00Z"});
    assert_eq!(listed(json!([other, own])).immutable_id.as_deref(), Some("2024-01-01T00:00:00Z"));
    let foreign = listed(json!([other]));
    assert_eq!((foreign.exists, foreign.immutable_id), (Some(true), None), "somebody else's is there");
}

#[test]
fn what_is_told_only_later_follows_the_id() {
    let mut action = action("rds", "AddTagsToResource", json!({}));
    action.targets = vec![target("arn:aws:rds:us-east-1:111122223333:db:school", Kind::Database, "school")];
    let of = |record: Value| seen(&action, |_| json!({ "DBInstances": [record] })).immutable_id;
    assert_eq!(of(json!({"DbiResourceId": "db-A"})).as_deref(), Some("db-A"));
    let ready = json!({"DbiResourceId": "db-A", "InstanceCreateTime": "2024-01-01T00:00:00Z"});
    assert_eq!(of(ready).as_deref(), Some("db-A 2024-01-01T00:00:00Z"));
    assert_eq!(of(json!({"InstanceCreateTime": "2024-01-01T00:00:00Z"})), None);
}

#[test]
fn an_approval_is_bound_to_the_thing_whatever_its_kind() {
    let mut action = action("ecs", "DeleteCluster", json!({"cluster": "web"}));
    action.targets = vec![target("arn:aws:ecs:us-east-1:111122223333:cluster/web", Kind::Cluster, "web")];
    let fingerprint = |answer: Answer, env: &str| {
        let tags = json!({"tags": [{"key": "env", "value": env}]});
        let survey = crate::forecast::testing::survey(&action, |operation, _| match operation {
            "DescribeClusters" => answer.clone(),
            _ => found(tags.clone()),
        });
        survey.fingerprint
    };
    let there = found(json!({"clusters": [{"clusterName": "web"}]}));
    let before = fingerprint(there.clone(), "dev");
    assert_eq!(before, fingerprint(there.clone(), "dev"));
    assert_ne!(before, fingerprint(there, "prod"), "its tags changed");
    assert_ne!(before, fingerprint(Answer::NotFound, "dev"), "it is gone");
    let mut queue = action.clone();
    queue.operation = Operation::aws("sqs", "AddPermission");
    queue.targets = vec![target("arn:aws:sqs:us-east-1:111122223333:jobs", Kind::Queue, "jobs")];
    let made = |at: &str| {
        let record = json!({"Attributes": {"QueueArn": "q", "CreatedTimestamp": at}});
        crate::forecast::testing::survey(&queue, |_, _| found(record.clone())).fingerprint
    };
    assert_ne!(made("1"), made("2"), "it is another one of the same name");
}

#[test]
fn only_known_codes_say_that_nothing_is_there() {
    let says =
        |service, operation, status, code| says_absent(&Operation::aws(service, operation), status, code, "");
    assert!(says("rds", "DescribeDBInstances", 404, "DBInstanceNotFound"));
    assert!(says("docdb", "DescribeDBInstances", 404, "DBInstanceNotFoundFault"));
    assert!(says(
        "dynamodb",
        "DescribeTable",
        400,
        "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    ));
    assert!(says("s3", "HeadObject", 404, ""));
    assert!(!says("s3", "HeadObject", 403, ""), "a refusal is not an absence");
    assert!(!says("rds", "DescribeDBInstances", 400, "AccessDenied"));
    assert!(!says("ec2", "DescribeInstances", 400, "InvalidInstanceID.Malformed"));
    let stacks = Operation::aws("cloudformation", "DescribeStacks");
    assert!(says_absent(&stacks, 400, "ValidationError", "Stack with id x does not exist"));
    assert!(!says_absent(&stacks, 400, "ValidationError", "1 validation error detected"));
}

#[test]
fn every_row_is_a_read_that_the_catalogue_writes() {
    for row in all() {
        let name = if row.by == By::Parts("clusterName", "nodegroupName") || row.arn == "ecs" {
            "outer/inner"
        } else {
            "name"
        };
        let id = format!("arn:aws:{}:us-east-1:111122223333:{}{name}", row.arn, row.prefix);
        let mut action = action("sts", "AssumeRole", json!({}));
        action.targets = vec![target(&id, row.kind, name)];
        // The longest prefix wins: each row is the one of its own ARNs.
        let known = known(&action.targets[0]).unwrap_or_else(|| panic!("{id} is not known"));
        assert_eq!((known.row.describe, known.row.prefix), (row.describe, row.prefix), "{id}");
        let first = reads(&action, &Answers::new());
        let listed = usize::from(row.listing.is_some());
        let called = usize::from(matches!(row.called, Called::Listed(..)));
        assert_eq!(first.len(), 1 + listed + called, "{id}: {first:?}");
        first.iter().for_each(|read| crate::forecast::testing::writable(&read.call, true));
        let answers = Answers::from([(first[0].key.clone(), found(record_at(row, name)))]);
        assert!(matches!(of(&action, &answers, &action.targets[0].id), Live::Found(_)), "{id}");
        for read in reads(&action, &answers) {
            crate::forecast::testing::writable(&read.call, true);
        }
    }
}

/// An answer with an empty record where the row looks for it.
fn record_at(row: &Row, name: &str) -> Value {
    if let Some(member) = row.exact {
        return json!({ row.record.trim_start_matches('/'): [{ member: name }] });
    }
    row.record.split('/').skip(1).collect::<Vec<_>>().into_iter().rev().fold(json!({}), |inner, part| {
        match part {
            "0" => json!([inner]),
            part => json!({ part: inner }),
        }
    })
}

#[test]
fn what_has_only_an_id_is_called_what_people_call_it() {
    let of = |service: &str, operation: &str, arguments: Value| {
        let catalogue = crate::catalogue::Catalogue::get().service(service).unwrap();
        let operation = catalogue.operation(operation).unwrap();
        crate::judge(&catalogue, operation, Some("us-east-1"), Some("111122223333"), &arguments)
    };
    let called = |action: &Action, answer: &dyn Fn(&str) -> Answer| {
        let survey = crate::forecast::testing::survey(action, |operation, _| answer(operation));
        let names: Vec<String> = survey.observed.values().flat_map(|seen| seen.names.clone()).collect();
        (names, survey.observed.values().any(|seen| seen.names_unread))
    };
    let cases = [
        ("apigateway", "DeleteRestApi", json!({"restApiId": "a1"}), json!({"id": "a1", "name": "prod-api"})),
        (
            "apigateway",
            "DeleteStage",
            json!({"restApiId": "a1", "stageName": "s"}),
            json!({"id": "a1", "name": "prod-api"}),
        ),
        ("apigatewayv2", "DeleteApi", json!({"ApiId": "a2"}), json!({"ApiId": "a2", "Name": "prod-api"})),
        (
            "appsync",
            "DeleteGraphqlApi",
            json!({"apiId": "a3"}),
            json!({"graphqlApi": {"apiId": "a3", "name": "prod-api"}}),
        ),
        (
            "route53",
            "DeleteHostedZone",
            json!({"Id": "Z1"}),
            json!({"HostedZone": {"Id": "/hostedzone/Z1", "Name": "prod-api."}}),
        ),
        (
            "cognito-idp",
            "DeleteUserPool",
            json!({"UserPoolId": "us-east-1_x"}),
            json!({"UserPool": {"Id": "us-east-1_x", "Name": "prod-api"}}),
        ),
    ];
    for (service, operation, arguments, answer) in cases {
        let action = of(service, operation, arguments);
        let there = called(&action, &|operation| match operation {
            list if list.starts_with("ListTags") => found(json!({})),
            _ => found(answer.clone()),
        });
        assert_eq!(there, (vec!["prod-api".to_owned()], false), "{service}: {:?}", action.targets);
        let refused = called(&action, &|_| Answer::Unreadable("access denied".into()));
        assert_eq!(refused, (Vec::new(), true), "{service}");
        let unread = service == "appsync";
        assert_eq!(called(&action, &|_| Answer::NotFound), (Vec::new(), unread), "{service}");
    }
    let key = of("kms", "DisableKey", json!({"KeyId": "0d4d8c2e-aa"}));
    let aliases = |listed: Answer| {
        called(&key, &|operation| match operation {
            "ListAliases" => listed.clone(),
            "DescribeKey" => found(json!({"KeyMetadata": {"KeyId": "0d4d8c2e-aa"}})),
            _ => found(json!({"Tags": []})),
        })
    };
    let two = json!({"Aliases": [{"AliasName": "alias/prod-key"}, {"AliasName": "alias/app"}]});
    assert_eq!(aliases(found(two)), (vec!["prod-key".to_owned(), "app".to_owned()], false));
    assert_eq!(aliases(found(json!({"Aliases": []}))), (Vec::new(), false));
    assert_eq!(aliases(Answer::Unreadable("access denied".into())), (Vec::new(), true));
}

#[test]
fn a_sibling_without_the_call_does_not_make_it() {
    let id = "arn:aws:rds:us-east-1:111122223333:snapshot:s";
    let mut action = action("docdb", "AddTagsToResource", json!({"ResourceName": id}));
    action.targets = vec![target(id, Kind::DatabaseSnapshot, "s")];
    let asked: Vec<Operation> =
        reads(&action, &Answers::new()).into_iter().map(|read| read.call.operation).collect();
    assert_eq!(asked, [Operation::aws("rds", "DescribeDBSnapshots")]);
    let id = "arn:aws:rds:us-east-1:111122223333:cluster:c";
    action.targets = vec![target(id, Kind::DatabaseCluster, "c")];
    let asked = reads(&action, &Answers::new());
    assert_eq!(asked[0].call.operation, Operation::aws("docdb", "DescribeDBClusters"));
}

#[test]
fn an_alarm_of_either_kind_is_found() {
    let mut action = action("cloudwatch", "DeleteAlarms", json!({"AlarmNames": ["prod"]}));
    let id = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:prod";
    action.targets = vec![target(id, Kind::Alarm, "prod")];
    let asked = reads(&action, &Answers::new());
    assert_eq!(asked[0].call.arguments["AlarmTypes"], json!(["MetricAlarm", "CompositeAlarm"]));
    let of_id = |answer: Value| {
        let answers = Answers::from([(live_key(&id.into()), found(answer))]);
        match of(&action, &answers, &id.into()) {
            Live::Found(_) => Some(true),
            Live::Absent => Some(false),
            Live::Unread(_) => None,
        }
    };
    let one = json!([{"AlarmName": "prod"}]);
    assert_eq!(of_id(json!({"MetricAlarms": one, "CompositeAlarms": []})), Some(true));
    assert_eq!(of_id(json!({"MetricAlarms": [], "CompositeAlarms": one})), Some(true));
    assert_eq!(of_id(json!({"MetricAlarms": [], "CompositeAlarms": []})), Some(false));
}

#[test]
fn a_rule_is_looked_up_on_its_own_bus() {
    let lookup = |arguments: Value| {
        let mut action = action("events", "DeleteRule", arguments);
        action.targets = vec![target("arn:aws:events:us-east-1:111122223333:rule/r", Kind::Schedule, "r")];
        reads(&action, &Answers::new())[0].call.arguments.clone()
    };
    let own = json!({"Name": "r", "EventBusName": "mine"});
    assert_eq!(lookup(own.clone()), own);
    assert_eq!(lookup(json!({"Name": "r"})), json!({"Name": "r"}));
}
