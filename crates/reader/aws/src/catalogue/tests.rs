use std::collections::BTreeSet;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{Access, Catalogue, Kind, Location, Operation, Protocol, Segment, Service, table};

fn services() -> impl Iterator<Item = std::sync::Arc<Service>> {
    let catalogue = Catalogue::get();
    catalogue.services().map(|name| catalogue.service(name).unwrap_or_else(|| panic!("{name} is damaged")))
}

fn operation(service: &str, name: &str) -> std::sync::Arc<Operation> {
    let service = Catalogue::get().service(service).unwrap();
    std::sync::Arc::clone(service.operation(name).unwrap_or_else(|| panic!("no {name}")))
}

#[test]
fn the_table_is_the_one_that_its_name_says() {
    let hash: String = Sha256::digest(table::BYTES).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, Catalogue::get().content_hash());
    let sources = include_str!("../../data/catalogue.json");
    assert!(sources.contains(&hash));
    assert!(table::BYTES.len() < 1_600_000, "{}", table::BYTES.len());
}

#[test]
fn every_service_and_operation_is_there() {
    let (mut count, mut operations, mut named) = (0, 0, 0);
    for service in services() {
        count += 1;
        operations += service.operations.len();
        assert_eq!(service.operations.len(), service.operation_count, "{}", service.name);
        assert!(!service.protocols.is_empty() && !service.host.is_empty(), "{}", service.name);
        for operation in &service.operations {
            assert_eq!(service.operation(operation.name).map(|found| found.name), Some(operation.name));
            named += usize::from(!operation.iam_actions.is_empty());
        }
    }
    assert_eq!((count, operations), (424, 18_378));
    assert!(named > 18_000, "{named}");
}

#[test]
fn access_levels_cover_what_matters() {
    let mut unknown = BTreeSet::new();
    for service in services() {
        for operation in &service.operations {
            if operation.access == Access::Unknown {
                unknown.insert(format!("{}:{}", service.name, operation.name));
            }
            // The worst kind of error: something that hands out credentials, taken for a read.
            assert!(
                !(operation.credentials_out && operation.access.is_read()),
                "{}:{}",
                service.name,
                operation.name
            );
        }
    }
    assert!(unknown.len() < 300, "{}", unknown.len());
    for core in
        ["s3:", "ec2:", "rds:", "iam:", "sts:", "kms:", "dynamodb:", "lambda:", "route53:", "apigateway"]
    {
        let missing: Vec<_> = unknown
            .iter()
            .filter(|name| name.starts_with(core) && !name.starts_with("apigatewaymanagementapi"))
            .collect();
        assert!(missing.len() <= 1, "{missing:?}");
    }
    for (service, name, access) in [
        ("s3", "GetObject", Access::Read),
        ("s3", "DeleteObjects", Access::Write),
        ("s3", "PutBucketPolicy", Access::Permissions),
        ("s3", "DeletePublicAccessBlock", Access::Permissions),
        ("iam", "CreateRole", Access::Permissions),
        ("iam", "CreateAccessKey", Access::Permissions),
        ("iam", "AddUserToGroup", Access::Permissions),
        ("ec2", "DescribeInstances", Access::List),
        ("ec2", "CreateTags", Access::Tagging),
        ("apigateway", "GetRestApi", Access::Read),
        ("apigateway", "DeleteRestApi", Access::Write),
        ("dynamodb", "ExecuteStatement", Access::Write),
    ] {
        assert_eq!(operation(service, name).access, access, "{service}:{name}");
    }
}

#[test]
fn false_reads_are_no_reads() {
    for (service, name) in [
        ("sts", "GetFederationToken"),
        ("sts", "AssumeRole"),
        ("sts", "GetSessionToken"),
        ("redshift", "GetClusterCredentials"),
        ("emr", "GetClusterSessionCredentials"),
        ("lightsail", "GetRelationalDatabaseMasterUserPassword"),
        ("deadline", "AssumeQueueRoleForRead"),
        ("ecr", "GetAuthorizationToken"),
        ("s3", "CreateSession"),
        ("sso", "GetRoleCredentials"),
    ] {
        let operation = operation(service, name);
        assert!(operation.credentials_out && !operation.access.is_read(), "{service}:{name}");
    }
    assert!(operation("lambda", "GetFunction").presigned_out);
    let count = |test: fn(&Operation) -> bool| {
        services()
            .map(|service| service.operations.iter().filter(|operation| test(operation)).count())
            .sum::<usize>()
    };
    assert!(count(|operation| operation.credentials_out) >= 36);
    assert!(count(|operation| operation.presigned_out) >= 48);
    assert_eq!(count(|operation| operation.no_auth), 46);
    // The published counts of the models: blob payloads, and event streams in.
    assert_eq!(count(|operation| operation.blob_payload), 36);
    assert_eq!(count(|operation| operation.streaming), 13);
    assert_eq!(count(|operation| operation.events_in), 5);
    assert!(count(|operation| !operation.idempotency_tokens.is_empty()) > 1200);
    assert_eq!(count(|operation| operation.host_prefix.is_some()), 634);
}

#[test]
fn what_is_made_is_named_and_nothing_else() {
    for (service, name, paths) in [
        ("ec2", "RunInstances", ["Instances[].InstanceId"].as_slice()),
        ("ec2", "CreateVpc", &["Vpc.VpcId"]),
        ("ec2", "CreateSecurityGroup", &["GroupId", "SecurityGroupArn"]),
        ("rds", "CreateDBSnapshot", &["DBSnapshot.DBSnapshotArn", "DBSnapshot.DBSnapshotIdentifier"]),
        ("iam", "CreateRole", &["Role.Arn", "Role.RoleId"]),
        ("lambda", "CreateFunction", &["FunctionArn"]),
        // They give back what exists, or name what was there before.
        ("sqs", "CreateQueue", &[]),
        ("sns", "CreateTopic", &[]),
        ("elbv2", "CreateTargetGroup", &[]),
        ("stepfunctions", "CreateStateMachine", &[]),
        ("ec2", "RestoreSnapshotFromRecycleBin", &[]),
        ("acm", "ImportCertificate", &[]),
        ("lambda", "CreateFunctionUrlConfig", &[]),
        ("events", "PutRule", &[]),
        ("ec2", "DescribeInstances", &[]),
    ] {
        assert_eq!(operation(service, name).created, paths, "{service}:{name}");
    }
    // Every path leads through the output's shapes to a text.
    for service in services() {
        for operation in &service.operations {
            for path in &operation.created {
                assert!(
                    leads_to_text(&service, operation, path),
                    "{}:{} {path}",
                    service.name,
                    operation.name
                );
            }
        }
    }
}

fn leads_to_text(service: &Service, operation: &Operation, path: &str) -> bool {
    let Some(mut shape) = operation.output else { return false };
    for part in path.split('.') {
        let name = part.trim_end_matches("[]");
        let Some(member) = service.structure(shape).and_then(|structure| structure.member(name)) else {
            return false;
        };
        shape = member.shape;
        if part.ends_with("[]") {
            let Some(Kind::List { member, .. }) = service.shape(shape).map(|shape| &shape.kind) else {
                return false;
            };
            shape = *member;
        }
    }
    service.shape(shape).is_some_and(|shape| shape.kind == Kind::String)
}

#[test]
fn fills_name_members_that_exist() {
    for service in services() {
        for operation in &service.operations {
            let members = service.input(operation).map(|input| input.members.as_slice()).unwrap_or_default();
            for resource in &operation.resources {
                let paths =
                    resource.fills.iter().map(|fill| fill.member).chain(resource.arn_members.iter().copied());
                for path in paths {
                    let top = path.split('.').next().unwrap_or(path).trim_end_matches("[]");
                    // A path of several members is a hand-written one, and holds where the operation has it.
                    let there = members.iter().any(|member| member.name == top) || path.contains('.');
                    assert!(there, "{}:{} {path}", service.name, operation.name);
                }
                for fill in &resource.fills {
                    assert!(resource.variables().any(|variable| variable == fill.variable));
                }
            }
        }
    }
    let delete = operation("rds", "DeleteDBInstance");
    let [db] = delete.resources.as_slice() else { panic!("{:?}", delete.resources) };
    assert_eq!(db.arn, "arn:${Partition}:rds:${Region}:${Account}:db:${DbInstanceName}");
    assert_eq!(db.fill("DbInstanceName").map(|fill| fill.member), Some("DBInstanceIdentifier"));
}

/// A name without the word that only says that it is one.
fn bare(name: &str) -> String {
    let name = name.trim_end_matches("[]").to_lowercase();
    let ends = ["identifier", "name", "id"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned()
}

#[test]
fn what_a_thing_lies_in_is_not_called_as_the_thing() {
    let mut doubled = Vec::new();
    for service in services() {
        for operation in &service.operations {
            let Some(input) = service.input(operation) else { continue };
            let texts = input
                .members
                .iter()
                .filter(|member| service.shape(member.shape).is_some_and(|shape| shape.kind == Kind::String));
            let texts: Vec<&str> = texts.map(|member| member.name).collect();
            for resource in &operation.resources {
                let of = |variable: &str| -> Vec<&str> {
                    let own = resource.fills.iter().filter(|fill| fill.variable == variable);
                    own.map(|fill| fill.member).collect()
                };
                let Some(last) = resource.variables().last() else { continue };
                let own = of(last);
                for outer in resource.variables().filter(|outer| *outer != last) {
                    let same = of(outer);
                    // An id is not known from a name.
                    let id = |text: &str| outer.ends_with("Id") && text.to_lowercase().ends_with("name");
                    let fits = |text: &&&str| {
                        bare(text).ends_with(&bare(outer)) && !own.contains(*text) && !id(text)
                    };
                    if !bare(outer).is_empty()
                        && !same.is_empty()
                        && same.iter().all(|member| own.contains(member))
                        && let Some(fits) = texts.iter().find(fits)
                    {
                        doubled.push(format!(
                            "{}:{} {outer}: {same:?} and not {fits}",
                            service.name, operation.name
                        ));
                    }
                }
            }
        }
    }
    assert!(doubled.is_empty(), "{doubled:#?}");
    let index = operation("s3vectors", "DeleteIndex");
    let [index] = index.resources.as_slice() else { panic!("{:?}", index.resources) };
    assert_eq!(index.fill("BucketName").map(|fill| fill.member), Some("vectorBucketName"));
}

#[test]
fn labels_are_members_of_the_input() {
    for service in services().filter(|service| service.protocols.iter().any(|protocol| protocol.is_rest())) {
        for operation in &service.operations {
            for segment in &operation.route.segments {
                let (Segment::Label(label) | Segment::Greedy(label)) = segment else { continue };
                let there = service.input(operation).is_some_and(|input| {
                    let uri = |m: &&super::Member| m.location == Location::Uri;
                    input.members.iter().filter(uri).any(|member| member.location_name == *label)
                });
                assert!(there, "{}:{} {label}", service.name, operation.name);
            }
        }
    }
}

#[test]
fn facts_of_single_services() {
    let catalogue = Catalogue::get();
    let cloudwatch = catalogue.service("cloudwatch").unwrap();
    assert_eq!(cloudwatch.protocols, [Protocol::Cbor, Protocol::Json10, Protocol::Query]);
    assert!(cloudwatch.query_compatible);
    let ec2 = catalogue.service("ec2").unwrap();
    assert_eq!(ec2.older_versions.len(), 7);
    assert_eq!(ec2.host, "ec2.{region}.amazonaws.com");
    assert!(catalogue.service("s3").unwrap().signs_as("s3express"));
    assert_eq!(catalogue.service("iam").unwrap().global.map(|global| global.region), Some("us-east-1"));
    assert!(catalogue.service("sts").unwrap().global.is_none());
    assert_eq!(catalogue.service("geo-maps").unwrap().base_path, "/v2");
    let pages = operation("s3", "ListObjectVersions").pages.clone().unwrap();
    assert_eq!(pages.inputs, ["KeyMarker", "VersionIdMarker"]);
    let rds = catalogue.service("rds").unwrap();
    let create = rds.operation("CreateDBInstance").unwrap();
    let password = rds.input(create).and_then(|input| input.member("MasterUserPassword")).unwrap();
    assert!(rds.shape(password.shape).unwrap().sensitive);
    assert!(catalogue.service("nothing").is_none());
}

/// Reads all of a table that may be damaged; what it says does not matter.
fn read_all(bytes: Vec<u8>) {
    let Ok(catalogue) = Catalogue::from_table(Box::leak(bytes.into_boxed_slice()), "") else { return };
    for at in 0..catalogue.summaries().len().min(3) {
        let _ = catalogue.at(at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), with_magic: bool) {
        let mut table = if with_magic { table::BYTES[..8].to_vec() } else { Vec::new() };
        table.extend(bytes);
        read_all(table);
    }

    #[test]
    fn a_damaged_table_never_panics(changes in prop::collection::vec((0..40_000_usize, any::<u8>()), 1..4), cut in 0..60_000_usize) {
        let mut table = table::BYTES.to_vec();
        for (at, byte) in changes {
            table[at] = byte;
        }
        if cut < 30_000 {
            table.truncate(cut);
        }
        read_all(table);
    }

    /// Damage behind the compression, where the form itself is read.
    #[test]
    fn a_damaged_service_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), name in prop::sample::select(vec!["sqs", "s3", "sts", "lambda"])) {
        super::decode::tests::damage(name, &changes);
    }
}
