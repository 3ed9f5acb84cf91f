use interlock_action::{Bears, ClassifierWrite, Kind, Relation, Target};
use serde_json::{Value, json};

use super::arn::Arn;
use super::*;
use crate::catalogue::{self, Catalogue};

fn action(service: &str, operation: &str, parameters: &Value) -> interlock_action::Action {
    let service = Catalogue::get().service(service).unwrap();
    let operation = service.operation(operation).unwrap().clone();
    crate::judge(&service, &operation, Some("us-east-1"), Some("111122223333"), parameters)
}

fn targets(service: &str, operation: &str, parameters: &Value) -> Vec<(Relation, String, Kind, Bears)> {
    let parts = |target: Target| (target.relation, target.id.to_string(), target.kind, target.data);
    action(service, operation, parameters).targets.into_iter().map(parts).collect()
}

fn rds(resource: &str) -> String {
    format!("arn:aws:rds:us-east-1:111122223333:{resource}")
}

#[test]
fn every_named_member_stands_in_the_catalogue() {
    let mut missing = Vec::new();
    for (family, member, _) in names::all() {
        let (only, path) = match member.split_once(':') {
            Some((only, path)) => (Some(only), path),
            None => (None, *member),
        };
        let services: &[&str] = match *family {
            "rds" => &["rds", "docdb", "neptune"],
            "opensearch" => &["opensearch", "es"],
            _ => &[family],
        };
        let known = services.iter().filter_map(|name| Catalogue::get().service(name)).any(|service| {
            service
                .operations
                .iter()
                .filter(|operation| only.is_none_or(|only| only == operation.name))
                .any(|operation| operation.input.is_some_and(|input| has(&service, input, path)))
        });
        if !known {
            missing.push(format!("{family} {member}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn has(service: &catalogue::Service, mut shape: catalogue::ShapeId, path: &str) -> bool {
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        let Some(member) = service.structure(shape).and_then(|structure| structure.member(name)) else {
            return false;
        };
        shape = member.shape;
        if step.ends_with("[]") {
            let Some(catalogue::Kind::List { member, .. }) = service.shape(shape).map(|shape| &shape.kind)
            else {
                return false;
            };
            shape = *member;
        }
    }
    true
}

#[test]
fn copies_and_restores_name_their_source() {
    let cases = [
        (
            "RestoreDBInstanceFromDBSnapshot",
            json!({"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": "old"}),
            rds("db:new"),
            rds("snapshot:old"),
        ),
        (
            "RestoreDBInstanceToPointInTime",
            json!({"SourceDBInstanceIdentifier": "old", "TargetDBInstanceIdentifier": "new"}),
            rds("db:new"),
            rds("db:old"),
        ),
        (
            "CopyDBSnapshot",
            json!({"SourceDBSnapshotIdentifier": "old", "TargetDBSnapshotIdentifier": "new"}),
            rds("snapshot:new"),
            rds("snapshot:old"),
        ),
        (
            "CreateDBSnapshot",
            json!({"DBInstanceIdentifier": "old", "DBSnapshotIdentifier": "new"}),
            rds("snapshot:new"),
            rds("db:old"),
        ),
        (
            "CreateDBInstanceReadReplica",
            json!({"DBInstanceIdentifier": "new", "SourceDBInstanceIdentifier": "old"}),
            rds("db:new"),
            rds("db:old"),
        ),
    ];
    for (operation, parameters, made, source) in cases {
        let found = targets("rds", operation, &parameters);
        let part = |relation| {
            found
                .iter()
                .filter(|(have, ..)| *have == relation)
                .map(|(_, id, ..)| id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(part(Relation::Creates), [made], "{operation}");
        assert_eq!(part(Relation::Source), [source], "{operation}");
        assert_eq!(found.len(), 2, "{operation}");
    }
}

#[test]
fn several_ids_are_several_targets() {
    let found = targets("ec2", "TerminateInstances", &json!({"InstanceIds": ["i-11111111", "i-22222222"]}));
    assert_eq!(found.len(), 2);
    assert!(
        found.iter().all(|(relation, _, kind, _)| (*relation, *kind) == (Relation::Acts, Kind::Instance))
    );
    let volume = targets("ec2", "DeleteVolume", &json!({"VolumeId": "vol-0123456789abcdef0"}));
    assert_eq!((volume[0].2, volume[0].3), (Kind::Volume, Bears::Yes));
}

#[test]
fn a_passed_role_is_reached() {
    let found = targets(
        "lambda",
        "CreateFunction",
        &json!({"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/service/x", "Code": {}}),
    );
    assert!(found.iter().any(|(relation, id, kind, _)| {
        *relation == Relation::Reaches && id.ends_with(":role/service/x") && *kind == Kind::Role
    }));
}

#[test]
fn what_belongs_to_another_account_is_not_simply_acted_on() {
    let parameters = json!({"DBInstanceIdentifier": "arn:aws:rds:us-east-1:999988887777:db:prod"});
    let action = action("rds", "DeleteDBInstance", &parameters);
    assert_eq!(action.targets[0].account.as_ref().unwrap().as_str(), "999988887777");
    assert_eq!(action.unknowns.len(), 1, "{:?}", action.unknowns);
    let read = super::tests::action("rds", "DescribeDBInstances", &parameters);
    assert!(read.unknowns.is_empty(), "a read of it is the other account's to refuse");
}

#[test]
fn a_mutation_of_nobody_knows_what_is_held() {
    let found =
        action("ec2", "ModifyReservedInstances", &json!({"TargetConfigurations": [{"InstanceCount": 1}]}));
    assert_eq!(found.unknowns.len(), 1, "{:?}", found.unknowns);
    assert_eq!((found.targets[0].kind, found.targets[0].data), (Kind::Other, Bears::Unknown));
    let setting = action("ec2", "EnableEbsEncryptionByDefault", &json!({}));
    assert!(setting.unknowns.is_empty());
    assert_eq!(setting.targets[0].kind, Kind::Account);
}

#[test]
fn names_are_what_people_call_things() {
    let names = [
        ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*", "/aws/lambda/f"),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db", "prod/db"),
        ("arn:aws:s3:::bucket/key/deep", "bucket"),
        ("arn:aws:dynamodb:us-east-1:111122223333:table/t/backup/01", "t"),
        ("arn:aws:iam::111122223333:role/path/name", "name"),
        ("arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/0123456789abcdef", "web"),
        ("arn:aws:ecr:us-east-1:111122223333:repository/team/app", "team/app"),
        ("arn:aws:rds:us-east-1:111122223333:db:school-prod", "school-prod"),
    ];
    for (arn, name) in names {
        assert_eq!(Arn::parse(arn).unwrap().name(), name);
    }
    assert!(Arn::parse("not:an:arn").is_none());
}

#[test]
fn queues_and_functions_carry_their_account() {
    let queue = targets(
        "sqs",
        "PurgeQueue",
        &json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/999988887777/jobs"}),
    );
    assert_eq!(queue[0].1, "arn:aws:sqs:us-east-1:999988887777:jobs");
    let function = targets("lambda", "Invoke", &json!({"FunctionName": "999988887777:function:f:live"}));
    assert_eq!(function[0].1, "arn:aws:lambda:us-east-1:999988887777:function:f:live");
}

#[test]
fn tags_and_names_are_written() {
    let tag = |key: &str, value: Option<&str>| ClassifierWrite::Tag {
        key: key.to_owned(),
        value: value.map(str::to_owned),
    };
    let cases = [
        (
            "ec2",
            "CreateTags",
            json!({"Resources": ["i-11111111"], "Tags": [{"Key": "env", "Value": "dev"}]}),
            vec![tag("env", Some("dev"))],
        ),
        (
            "ec2",
            "DeleteTags",
            json!({"Resources": ["i-11111111"], "Tags": [{"Key": "env"}]}),
            vec![tag("env", None)],
        ),
        ("ec2", "DeleteTags", json!({"Resources": ["i-11111111"]}), vec![ClassifierWrite::AllTags]),
        (
            "s3",
            "PutBucketTagging",
            json!({"Bucket": "b", "Tagging": {"TagSet": [{"Key": "env", "Value": "dev"}]}}),
            vec![ClassifierWrite::AllTags, tag("env", Some("dev"))],
        ),
        ("s3", "DeleteBucketTagging", json!({"Bucket": "b"}), vec![ClassifierWrite::AllTags]),
        (
            "s3",
            "PutObject",
            json!({"Bucket": "b", "Key": "k", "Tagging": "env=dev&a%20b=c+d"}),
            vec![tag("env", Some("dev")), tag("a b", Some("c d"))],
        ),
        ("iam", "UntagRole", json!({"RoleName": "r", "TagKeys": ["env"]}), vec![tag("env", None)]),
        (
            "lambda",
            "TagResource",
            json!({"Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Tags": {"env": "dev"}}),
            vec![tag("env", Some("dev"))],
        ),
        (
            "rds",
            "ModifyDBInstance",
            json!({"DBInstanceIdentifier": "prod", "NewDBInstanceIdentifier": "dev-x"}),
            vec![ClassifierWrite::Name("dev-x".to_owned())],
        ),
        (
            "kms",
            "TagResource",
            json!({"KeyId": "1", "Tags": [{"TagKey": "env", "TagValue": "dev"}]}),
            vec![tag("env", Some("dev"))],
        ),
        (
            "route53",
            "ChangeTagsForResource",
            json!({"ResourceType": "hostedzone", "ResourceId": "Z1", "RemoveTagKeys": ["env"]}),
            vec![tag("env", None)],
        ),
        (
            "ec2",
            "RunInstances",
            json!({"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "env", "Value": "dev"}]}]}),
            vec![tag("env", Some("dev"))],
        ),
    ];
    for (service, operation, parameters, expected) in cases {
        assert_eq!(
            action(service, operation, &parameters).writes,
            expected,
            "{service}:{operation} {parameters}"
        );
    }
}

#[test]
fn tags_of_what_is_launched_are_written_wherever_they_stand() {
    let marked =
        || json!([{"ResourceType": "volume", "Tags": [{"Key": "interlock:recovery-point", "Value": "x"}]}]);
    let launched = || json!({ "TagSpecifications": marked() });
    for (operation, parameters) in [
        ("CreateLaunchTemplate", json!({"LaunchTemplateName": "t", "LaunchTemplateData": launched()})),
        (
            "CreateLaunchTemplateVersion",
            json!({"LaunchTemplateId": "lt-1", "LaunchTemplateData": launched()}),
        ),
        ("RequestSpotFleet", json!({"SpotFleetRequestConfig": {"LaunchSpecifications": [launched()]}})),
        ("CreateFleet", launched()),
    ] {
        let key = "interlock:recovery-point".to_owned();
        let expected = [ClassifierWrite::Tag { key, value: Some("x".to_owned()) }];
        assert_eq!(action("ec2", operation, &parameters).writes, expected, "{operation}");
    }
}

/// Operations with `tag` in their names that change no tag of any resource, and why.
const NO_TAGS: [(&str, &str, &str); 17] = [
    ("ce", "StartCostAllocationTagBackfill", "works out old bills anew"),
    ("ce", "UpdateCostAllocationTagsStatus", "says which tags bills are told apart by"),
    (
        "cognito-identity",
        "SetPrincipalTagAttributeMap",
        "says which claims of a user become tags of a session",
    ),
    ("ec2", "UpdateCapacityManagerMonitoredTagKeys", "says which tags a report shows"),
    ("ecr", "PutImageTagMutability", "is about tags of images"),
    ("lakeformation", "CreateLFTag", "makes a tag that nothing has yet"),
    ("lakeformation", "UpdateLFTag", "says which values a tag may have"),
    ("lakeformation", "DeleteLFTag", "is about tags of tables, which no rule reads"),
    ("lakeformation", "CreateLFTagExpression", "keeps an expression"),
    ("lakeformation", "UpdateLFTagExpression", "keeps an expression"),
    ("lakeformation", "DeleteLFTagExpression", "drops an expression"),
    ("resource-groups", "CancelTagSyncTask", "leaves the tags as they are"),
    ("servicecatalog", "AssociateTagOptionWithResource", "is about tags of products that are made later"),
    ("servicecatalog", "DisassociateTagOptionFromResource", "is about tags of products that are made later"),
    ("servicecatalog", "CreateTagOption", "is about tags of products that are made later"),
    ("servicecatalog", "UpdateTagOption", "is about tags of products that are made later"),
    ("servicecatalog", "DeleteTagOption", "is about tags of products that are made later"),
];

/// Whether the name speaks of tags.
fn says_tag(operation: &str) -> bool {
    let words = crate::effect::verb::words(operation);
    words.iter().any(|word| ["Tag", "Tags", "Untag", "Tagging"].contains(word))
}

#[test]
fn every_tagging_operation_writes() {
    let (mut silent, mut looked) = (Vec::new(), 0);
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        for operation in service.operations.iter().filter(|operation| {
            operation.access == catalogue::Access::Tagging
                || (says_tag(operation.name) && !operation.access.is_read())
        }) {
            if NO_TAGS.iter().any(|(service, none, _)| *service == name && *none == operation.name) {
                continue;
            }
            looked += 1;
            // One service publishes its list of tags as a tagging operation: judged as an update, it writes nothing.
            if operation.name.starts_with("List") {
                continue;
            }
            let Some(input) = service.input(operation) else { continue };
            let mut parameters = serde_json::Map::new();
            for member in &input.members {
                let lower = member.name.to_lowercase();
                if lower.contains("tag") || lower.ends_with("keys") {
                    parameters.insert(member.name.to_owned(), filled(&service, member.shape));
                }
            }
            let parameters = Value::Object(parameters);
            let action = crate::judge(&service, operation, None, None, &parameters);
            if action.writes.is_empty() && action.claims.iter().any(|claim| claim.effect.mutates()) {
                silent.push(format!("{name}:{} {parameters}", operation.name));
            }
        }
    }
    assert!(silent.is_empty(), "{} of {looked}: {silent:#?}", silent.len());
    assert!(looked > 650, "only {looked} operations were found");
    for (service, operation, why) in NO_TAGS {
        let known =
            Catalogue::get().service(service).is_some_and(|service| service.operation(operation).is_some());
        assert!(known && !why.is_empty(), "{service}:{operation} is no operation");
    }
}

#[test]
fn tags_and_names_are_written_in_roundabout_ways_too() {
    let tag =
        |key: &str, value: &str| ClassifierWrite::Tag { key: key.to_owned(), value: Some(value.to_owned()) };
    let name = |name: &str| ClassifierWrite::Name(name.to_owned());
    let patch =
        |patch: &str| json!({"TypeName": "AWS::SQS::Queue", "Identifier": "q", "PatchDocument": patch});
    let add = r#"[{"op":"add","path":"/Tags/-","value":{"Key":"env","Value":"dev"}}]"#;
    let replace = r#"[{"op":"replace","path":"/Tags/0","value":{"Key":"env","Value":"dev"}}]"#;
    let whole = r#"[{"op":"replace","path":"/Tags","value":[{"Key":"env","Value":"dev"}]}]"#;
    let remove = r#"[{"op":"remove","path":"/Tags/0"}]"#;
    for (service, operation, parameters, expected) in [
        ("cloudcontrol", "UpdateResource", patch(add), vec![tag("env", "dev")]),
        ("cloudcontrol", "UpdateResource", patch(replace), vec![ClassifierWrite::AllTags, tag("env", "dev")]),
        ("cloudcontrol", "UpdateResource", patch(whole), vec![ClassifierWrite::AllTags, tag("env", "dev")]),
        ("cloudcontrol", "UpdateResource", patch(remove), vec![ClassifierWrite::AllTags]),
        (
            "resource-groups",
            "StartTagSyncTask",
            json!({"Group": "g", "TagKey": "env", "TagValue": "dev", "RoleArn": "r"}),
            vec![tag("env", "dev")],
        ),
        (
            "kms",
            "UpdateAlias",
            json!({"AliasName": "alias/prod", "TargetKeyId": "k"}),
            vec![name("alias/prod")],
        ),
        ("kms", "DeleteAlias", json!({"AliasName": "alias/prod"}), vec![name("alias/prod")]),
        ("cognito-idp", "UpdateUserPool", json!({"UserPoolId": "p", "PoolName": "dev"}), vec![name("dev")]),
        ("apigatewayv2", "UpdateApi", json!({"ApiId": "a", "Name": "dev"}), vec![name("dev")]),
        ("appsync", "UpdateGraphqlApi", json!({"apiId": "a", "name": "dev"}), vec![name("dev")]),
        (
            "apigateway",
            "UpdateRestApi",
            json!({"restApiId": "a", "patchOperations": [{"op": "replace", "path": "/name", "value": "dev"}]}),
            vec![name("dev")],
        ),
        (
            "rds",
            "ModifyDBInstance",
            json!({"DBInstanceIdentifier": "prod", "NewDBInstanceIdentifier": "dev"}),
            vec![name("dev")],
        ),
    ] {
        assert_eq!(
            action(service, operation, &parameters).writes,
            expected,
            "{service}:{operation} {parameters}"
        );
    }
}

fn filled(service: &catalogue::Service, id: catalogue::ShapeId) -> Value {
    match &service.shape(id).unwrap().kind {
        catalogue::Kind::Structure(structure) => {
            let pairs = structure
                .members
                .iter()
                .map(|member| (member.name.to_owned(), filled(service, member.shape)));
            Value::Object(pairs.collect())
        }
        catalogue::Kind::List { member, .. } => json!([filled(service, *member)]),
        catalogue::Kind::Map { value, .. } => json!({"env": filled(service, *value)}),
        _ => json!("dev"),
    }
}

#[test]
fn parameters_are_made_unless_they_are_overwritten_and_tagged_as_what_they_are() {
    let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/dev/colour";
    let relation = |overwrite: bool| {
        let parameters = json!({"Name": "/dev/colour", "Value": "blue", "Overwrite": overwrite});
        let targets = targets("ssm", "PutParameter", &parameters);
        assert_eq!(targets[0].1, arn);
        targets[0].0
    };
    assert_eq!((relation(false), relation(true)), (Relation::Creates, Relation::Acts));
    let tags = json!({"ResourceType": "Parameter", "ResourceId": "/dev/colour", "Tags": [{"Key": "a", "Value": "b"}]});
    let tagged = targets("ssm", "AddTagsToResource", &tags);
    assert_eq!(tagged, [(Relation::Acts, arn.to_owned(), Kind::Secret, Bears::Yes)]);
}

/// Found by fuzzing: of two members that name one thing, the one that an agent wrote first said what part it plays.
#[test]
fn the_order_of_members_says_nothing() {
    let sg = "sg-0123456789abcdef0";
    let one = json!({"TrafficMirrorFilterId": sg, "TrafficDirection": sg, "SourceCidrBlock": sg});
    let other = json!({"SourceCidrBlock": sg, "TrafficDirection": sg, "TrafficMirrorFilterId": sg});
    let named = |parameters| targets("ec2", "CreateTrafficMirrorFilterRule", parameters);
    assert_eq!(named(&one), named(&other));
    assert!(named(&one).iter().any(|(relation, id, ..)| *relation == Relation::Acts && id.ends_with(sg)));
}

#[test]
fn an_object_behind_an_access_point_may_bear_data() {
    for point in [
        "arn:aws:s3:us-east-1:111122223333:accesspoint/school",
        "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/school",
        "arn:aws:s3-outposts:us-east-1:111122223333:outpost/op-1/accesspoint/school",
    ] {
        let found = targets("s3", "DeleteObject", &json!({"Bucket": point, "Key": "grades/1.csv"}));
        let object = format!("{point}/object/grades/1.csv");
        assert_eq!(found, [(Relation::Acts, object, Kind::Object, Bears::Unknown)]);
    }
}

#[test]
fn what_stands_nowhere_else_may_be_lost() {
    let cases = [
        ("sesv2", "DeleteContactList", json!({"ContactListName": "parents"}), Bears::Yes),
        (
            "bedrock",
            "DeleteCustomModel",
            json!({"modelIdentifier": "arn:aws:bedrock:us-east-1:111122223333:custom-model/amazon.titan/abcdefghijkl"}),
            Bears::Yes,
        ),
        ("cloudfront", "DeleteKeyValueStore", json!({"Name": "flags", "IfMatch": "e"}), Bears::Yes),
        (
            "codebuild",
            "DeleteReportGroup",
            json!({"arn": "arn:aws:codebuild:us-east-1:111122223333:report-group/tests"}),
            Bears::Yes,
        ),
        (
            "rds",
            "DeleteBlueGreenDeployment",
            json!({"BlueGreenDeploymentIdentifier": "bgd-0123456789abcdef"}),
            Bears::Unknown,
        ),
        ("cloudfront", "DeleteDistribution", json!({"Id": "E1", "IfMatch": "e"}), Bears::No),
    ];
    for (service, operation, parameters, data) in cases {
        let found = targets(service, operation, &parameters);
        assert!(found.iter().all(|(.., have)| *have == data), "{service}:{operation}: {found:?}");
    }
}

#[test]
fn every_parent_and_source_stands_in_the_catalogue() {
    for (service, operation, member) in parents::rows() {
        let service = Catalogue::get().service(service).unwrap();
        let mut shape = service.operation(operation).and_then(|operation| operation.input);
        for step in member.split('.') {
            let (name, list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
            let catalogue::Kind::Structure(structure) = &service.shape(shape.unwrap()).unwrap().kind else {
                panic!("{operation} {member}")
            };
            let found = structure.member(name).map(|member| member.shape);
            shape = match found.and_then(|found| service.shape(found)).map(|found| &found.kind) {
                Some(catalogue::Kind::List { member, .. }) if list => Some(*member),
                Some(_) if !list => found,
                _ => panic!("{operation} has no {member}"),
            };
        }
    }
}

#[test]
fn what_something_is_made_of_is_its_source() {
    let bucket = "arn:aws:s3:::school-books".to_owned();
    let import = json!({"S3BucketSource": {"S3Bucket": "school-books"}, "TableCreationParameters": {"TableName": "t"}});
    let disk = json!({"DiskContainer": {"UserBucket": {"S3Bucket": "school-books", "S3Key": "k"}}});
    for (service, operation, parameters) in
        [("dynamodb", "ImportTable", import), ("ec2", "ImportSnapshot", disk)]
    {
        let found = targets(service, operation, &parameters);
        let source = |(relation, id, ..): &(Relation, String, Kind, Bears)| {
            *relation == Relation::Source && *id == bucket
        };
        assert!(found.iter().any(source), "{operation}: {found:?}");
    }
}
