use std::collections::BTreeSet;

use interlock_action::Effect;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::Catalogue;

mod creations;

fn effects(service: &str, operation: &str, parameters: &Value) -> Vec<Effect> {
    let service = Catalogue::get().service(service).unwrap();
    let operation = service.operation(operation).unwrap();
    let action = crate::judge(&service, operation, Some("us-east-1"), Some("111122223333"), parameters);
    action.claims.iter().map(|claim| claim.effect).collect()
}

#[test]
fn every_row_names_an_operation_of_the_catalogue() {
    let mut missing = Vec::new();
    for (family, pattern) in table::rows() {
        // Families stand for the services that speak their API.
        let services = match family {
            "opensearch" => vec!["opensearch", "es"],
            family => vec![family],
        };
        let known = services.iter().filter_map(|name| Catalogue::get().service(name)).any(|service| {
            match pattern.strip_suffix('*') {
                Some(start) => service.operations.iter().any(|operation| operation.name.starts_with(start)),
                None => service.operation(pattern).is_some(),
            }
        });
        if !known {
            missing.push(format!("{family}:{pattern}"));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_write_is_a_plain_read_only_where_a_table_says_so() {
    let mut found = Vec::new();
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        for operation in &service.operations {
            let action = crate::judge(&service, operation, None, None, &json!({}));
            assert!(!action.claims.is_empty(), "{name}:{} has no claim", operation.name);
            assert!(!action.targets.is_empty(), "{name}:{} has no target", operation.name);
            let read = action.claims.iter().all(|claim| claim.effect == Effect::Read);
            if read && !operation.access.is_read() {
                found.push(format!("{name}:{}", operation.name));
            }
            if read {
                assert!(
                    !operation.credentials_out || table_says(name, operation.name),
                    "{name}:{}",
                    operation.name
                );
            }
        }
    }
    // Each was looked at: what they do changes nothing, or what they are given decides.
    let unexpected: Vec<_> = found
        .iter()
        .filter(|name| {
            let (service, operation) = name.split_once(':').unwrap();
            !table_says(service, operation)
                && !["athena:StartQueryExecution", "timestream-query:Query"].contains(&name.as_str())
                && !name.starts_with("dynamodb:")
        })
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert!(found.len() < 60, "{} writes are judged as reads: {found:?}", found.len());
}

fn table_says(service: &str, operation: &str) -> bool {
    table::rows().any(|(family, pattern)| {
        family == service
            && pattern.strip_suffix('*').map_or(pattern == operation, |start| operation.starts_with(start))
    })
}

#[test]
fn secrets_are_not_plain_reads() {
    let sensitive = [
        ("secretsmanager", "GetSecretValue"),
        ("secretsmanager", "BatchGetSecretValue"),
        ("acm", "ExportCertificate"),
        ("ecr", "GetAuthorizationToken"),
        ("lambda", "GetFunction"),
        ("sqs", "ReceiveMessage"),
        ("ec2", "GetPasswordData"),
        ("kms", "Decrypt"),
        ("kms", "GenerateDataKey"),
        ("redshift", "GetClusterCredentials"),
        ("sts", "AssumeRole"),
        ("sts", "GetSessionToken"),
        ("sts", "GetFederationToken"),
        ("emr", "GetClusterSessionCredentials"),
        ("lightsail", "GetRelationalDatabaseMasterUserPassword"),
        ("sso", "GetRoleCredentials"),
        ("cognito-identity", "GetCredentialsForIdentity"),
        ("s3", "CreateSession"),
        ("lambda", "GetFunctionConfiguration"),
        ("cognito-idp", "DescribeIdentityProvider"),
        ("cognito-idp", "GetIdentityProviderByIdentifier"),
        ("cognito-idp", "DescribeUserPoolClient"),
        ("glue", "GetConnection"),
        ("glue", "GetConnections"),
        ("ec2", "DescribeVpnConnections"),
        ("ssm", "GetCommandInvocation"),
        ("appconfigdata", "GetLatestConfiguration"),
        ("appconfig", "GetConfiguration"),
    ];
    for (service, operation) in sensitive {
        let effects = effects(service, operation, &json!({}));
        assert!(effects.contains(&Effect::SensitiveRead), "{service}:{operation} is {effects:?}");
    }
    let all: BTreeSet<&str> = table::rows().map(|(_, operation)| operation).collect();
    assert!(all.len() > 400);
}

#[test]
fn what_an_operation_does_whatever_it_is_told_stands_in_a_table() {
    use Effect::{Create, Destroy, Execute, GuardRemoval, Interrupt, Network, Privilege, Update};
    let all: [(&str, &str, &[Effect]); 13] = [
        ("lambda", "InvokeAsync", &[Execute]),
        ("stepfunctions", "StartExecution", &[Execute]),
        ("ecs", "ExecuteCommand", &[Execute]),
        ("servicecatalog", "ProvisionProduct", &[Privilege, Execute, Create]),
        ("servicecatalog", "UpdateProvisionedProduct", &[Privilege, Execute, Update]),
        ("kms", "DisableKey", &[Interrupt]),
        ("rds", "FailoverDBCluster", &[Interrupt]),
        ("iam", "SetDefaultPolicyVersion", &[Privilege]),
        ("iam", "DeleteRolePermissionsBoundary", &[GuardRemoval, Privilege]),
        ("route53domains", "DisableDomainTransferLock", &[GuardRemoval]),
        ("route53domains", "UpdateDomainNameservers", &[Network, Interrupt]),
        ("ec2", "DisassociateRouteTable", &[Network, Interrupt]),
        ("ecr", "PutLifecyclePolicy", &[Destroy, Update]),
    ];
    for (service, operation, expected) in all {
        assert_eq!(effects(service, operation, &json!({})), expected, "{service}:{operation}");
    }
}

#[test]
fn decryption_makes_a_parameter_secret() {
    let read = effects("ssm", "GetParameter", &json!({"Name": "/a"}));
    assert_eq!(read, [Effect::Read]);
    let secret = effects("ssm", "GetParameter", &json!({"Name": "/a", "WithDecryption": true}));
    assert_eq!(secret, [Effect::SensitiveRead, Effect::Read]);
    let path = effects("ssm", "GetParametersByPath", &json!({"Path": "/a", "WithDecryption": true}));
    assert_eq!(path, [Effect::SensitiveRead]);
    let service = Catalogue::get().service("ssm").unwrap();
    let get = service.operation("GetParameter").unwrap();
    let action = crate::judge(&service, get, None, None, &json!({"Name": "/a", "WithDecryption": true}));
    assert!(!action.is_plain_read(), "a live fact decides");
    assert_eq!(action.claims[0].when.len(), 1);
}

#[test]
fn parameters_decide_whether_an_answer_is_a_secret() {
    let cases = [
        ("ec2", "DescribeInstanceAttribute", json!({"Attribute": "userData"}), true),
        ("ec2", "DescribeInstanceAttribute", json!({"Attribute": "disableApiTermination"}), false),
        ("glue", "GetConnection", json!({"Name": "db"}), true),
        ("glue", "GetConnection", json!({"Name": "db", "HidePassword": true}), false),
        ("glue", "GetConnections", json!({"HidePassword": false}), true),
        ("ssm", "ListCommandInvocations", json!({"Details": true}), true),
        ("ssm", "ListCommandInvocations", json!({}), false),
        ("cloudcontrol", "GetResource", json!({"TypeName": "AWS::Lambda::Function"}), true),
        ("cloudcontrol", "GetResource", json!({"TypeName": "aws::lambda::function"}), true),
        ("cloudcontrol", "GetResource", json!({"TypeName": "AWS::SNS::Topic"}), false),
        ("cloudcontrol", "ListResources", json!({"TypeName": "AWS::Glue::Connection"}), true),
        // What clients ask all day, and whose secrets stand there by accident.
        ("lambda", "ListFunctions", json!({}), false),
        ("ecs", "DescribeTaskDefinition", json!({"taskDefinition": "web"}), false),
        ("ec2", "DescribeLaunchTemplateVersions", json!({}), false),
        ("codebuild", "BatchGetProjects", json!({"names": ["x"]}), false),
    ];
    for (service, operation, parameters, secret) in cases {
        let expected = if secret { Effect::SensitiveRead } else { Effect::Read };
        let found = effects(service, operation, &parameters);
        assert_eq!(found, [expected], "{service}:{operation} {parameters}");
    }
}

#[test]
fn everyday_work_is_what_it_says() {
    let cases: [(&str, &str, Value, &[Effect]); 18] = [
        ("ec2", "DescribeInstances", json!({}), &[Effect::Read]),
        ("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}), &[Effect::Create]),
        ("ec2", "CreateSecurityGroup", json!({"GroupName": "web", "Description": "web"}), &[Effect::Create]),
        (
            "ec2",
            "CreateTags",
            json!({"Resources": ["i-0123456789abcdef0"], "Tags": [{"Key": "Name"}]}),
            &[Effect::Update],
        ),
        ("s3", "CreateBucket", json!({"Bucket": "b"}), &[Effect::Create]),
        ("s3", "GetObject", json!({"Bucket": "b", "Key": "k"}), &[Effect::Read]),
        ("s3", "PutBucketTagging", json!({"Bucket": "b", "Tagging": {"TagSet": []}}), &[Effect::Update]),
        ("dynamodb", "CreateTable", json!({"TableName": "t"}), &[Effect::Create]),
        ("dynamodb", "Query", json!({"TableName": "t"}), &[Effect::Read]),
        ("rds", "CreateDBInstance", json!({"DBInstanceIdentifier": "d"}), &[Effect::Create]),
        ("rds", "StartDBInstance", json!({"DBInstanceIdentifier": "d"}), &[Effect::Update]),
        ("logs", "CreateLogGroup", json!({"logGroupName": "l"}), &[Effect::Create]),
        ("logs", "StartQuery", json!({"queryString": "fields @message"}), &[Effect::Read]),
        ("sqs", "CreateQueue", json!({"QueueName": "q"}), &[Effect::Create]),
        ("sns", "CreateTopic", json!({"Name": "t"}), &[Effect::Create]),
        ("cloudwatch", "PutMetricData", json!({"Namespace": "n"}), &[Effect::Create]),
        ("cloudformation", "ValidateTemplate", json!({"TemplateBody": "{}"}), &[Effect::Read]),
        ("kms", "CreateKey", json!({}), &[Effect::Create]),
    ];
    for (service, operation, parameters, expected) in cases {
        assert_eq!(effects(service, operation, &parameters), expected, "{service}:{operation}");
    }
}

#[test]
fn the_audit_trail_is_only_its_removal() {
    for (service, operation) in [
        ("cloudtrail", "StopLogging"),
        ("cloudtrail", "DeleteTrail"),
        ("config", "StopConfigurationRecorder"),
        ("config", "DeleteDeliveryChannel"),
        ("guardduty", "DeleteDetector"),
    ] {
        assert_eq!(effects(service, operation, &json!({}))[0], Effect::AuditTrail, "{service}:{operation}");
    }
    for (service, operation) in [
        ("cloudtrail", "CreateTrail"),
        ("cloudtrail", "StartLogging"),
        ("config", "StartConfigurationRecorder"),
    ] {
        let effects = effects(service, operation, &json!({}));
        assert!(!effects.contains(&Effect::AuditTrail), "{service}:{operation} is {effects:?}");
    }
}

#[test]
fn a_dry_run_does_nothing() {
    let wet = effects("ec2", "TerminateInstances", &json!({"InstanceIds": ["i-11111111"], "DryRun": false}));
    assert!(wet.contains(&Effect::Destroy));
    let dry = effects("ec2", "TerminateInstances", &json!({"InstanceIds": ["i-11111111"], "DryRun": true}));
    assert_eq!(dry, [Effect::Read]);
    // OpenSearch's dry run of a change is no promise that nothing is done.
    let other = effects("opensearch", "UpdateDomainConfig", &json!({"DomainName": "d", "DryRun": true}));
    assert_eq!(other, [Effect::Update]);
}

#[test]
fn an_operation_that_no_source_knows_is_held() {
    let parameters = json!({});
    let subject = Subject {
        service: "rds",
        operation: "DescribeSomethingNew",
        access: Access::Unknown,
        resources: &[],
        credentials_out: false,
        presigned_out: false,
        region: None,
        account: None,
        parameters: &parameters,
    };
    let judged = judge(&subject);
    assert_eq!(judged.claims.iter().map(|claim| claim.effect).collect::<Vec<_>>(), [Effect::Update]);
    assert_eq!(judged.unknowns.len(), 1);
}

#[test]
fn names_come_apart() {
    assert_eq!(verb::words("DeleteDBInstance"), ["Delete", "DB", "Instance"]);
    assert_eq!(verb::words("GetIPSet"), ["Get", "IP", "Set"]);
    assert_eq!(verb::verb("BatchDeleteImage"), "Delete");
    assert_eq!(verb::noun("BatchDeleteImage"), "image");
}

#[test]
fn only_a_proven_read_is_a_read() {
    for read in [
        "SELECT 1",
        "  -- look\n select * from t",
        "/* a */ SHOW TABLES",
        "EXPLAIN SELECT 1",
        "WITH a AS (SELECT 1) SELECT * FROM a;",
    ] {
        assert!(sql::reads_only(read), "{read}");
    }
    for write in [
        "",
        "DROP TABLE t",
        "SELECT 1; DROP TABLE t",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "EXPLAIN ANALYZE DELETE FROM t",
        "UNLOAD (SELECT 1) TO 's3://x'",
        "/* never ends SELECT 1",
        "USING EXTERNAL FUNCTION f() RETURNS int LAMBDA 'x' SELECT f()",
    ] {
        assert!(!sql::reads_only(write), "{write}");
    }
    assert!(!sql::is_select("-- x\nSELECT"), "PartiQL has no comments");
    assert_eq!(sql::partiql_table("delete from \"my-table\".\"idx\" where a=1").as_deref(), Some("my-table"));
}

#[test]
fn a_call_is_seen_however_its_name_is_spelt() {
    for read in [
        "SELECT count(*) FROM t WHERE (a = 1) AND (b IN (1, 2))",
        "select sum (x) from t where a = 'é' and (b)",
        "SELECT -(1)",
    ] {
        assert!(sql::reads("rds-data", read), "{read}");
    }
    for runs in [
        "SELECT wipe(1)",
        "SELECT wipe$count(1)",
        "SELECT $count(1)",
        "SELECT é(1)",
        "SELECT écount(1)",
        "SELECT count\u{a0}(1)",
        "SELECT count\u{3000}(1)",
        "SELECT audit.count(1)",
        "SELECT audit . count(1)",
        "SELECT \"wipe\" (1)",
        "SELECT wipe\t(1)",
        "SELECT wipe\u{1}(1)",
        "SELECT *, 1INTO copy FROM t",
        "SELECT $1INTO copy FROM t",
    ] {
        assert!(!sql::reads("rds-data", runs), "{runs}");
        assert!(!sql::reads("redshift-data", runs), "{runs}");
    }
    let through = "SELECT * FROM TABLE(c.system.query(query => 'DELETE FROM t'))";
    assert!(!sql::reads("athena", through));
    assert!(sql::reads("athena", "SELECT count(*) FROM grades"));
}

/// `docs/threat-model.md` names, under "Known limits", the reads in which secrets stand by accident, and then those whose
/// point is the secret.
#[test]
fn the_limits_that_are_written_down_are_the_limits() {
    const PAGE: &str = include_str!("../../../../../docs/threat-model.md");
    let (_, limits) = PAGE.split_once("- Some reads answer with secrets").unwrap();
    let (limits, _) = limits.split_once("\n- ").unwrap();
    let (by_accident, on_purpose) = limits.split_once("Reads\n  whose point is the secret").unwrap();
    for (list, effect, least) in [(by_accident, Effect::Read, 14), (on_purpose, Effect::SensitiveRead, 9)] {
        let (mut service, mut looked) = (None, 0);
        for word in list.split('`').skip(1).step_by(2) {
            let name = match word.split_once(':') {
                Some((of, name)) => {
                    service = Some(Catalogue::get().service(of).unwrap());
                    name
                }
                None => word,
            };
            // Members and kinds are in the same letters.
            let Some(operation) = service.as_ref().and_then(|service| service.operation(name)) else {
                continue;
            };
            let found = effects(service.as_ref().unwrap().name, operation.name, &json!({}));
            assert_eq!(found, [effect], "{name}");
            looked += 1;
        }
        assert!(looked >= least, "{looked} in {list}");
    }
}

#[test]
fn what_is_put_into_a_thing_that_is_there_changes_it() {
    for (operation, effect) in [
        ("RestoreVolumeFromSnapshot", Effect::Update),
        ("RegisterScalableTarget", Effect::Update),
        ("RegisterInstance", Effect::Update),
        ("PublishSchema", Effect::Update),
        ("RestoreDBInstanceFromDBSnapshot", Effect::Create),
        ("RestoreTableFromBackup", Effect::Create),
        ("RegisterTaskDefinition", Effect::Create),
        ("PublishLayerVersion", Effect::Create),
    ] {
        assert_eq!(verb::effect(operation), effect, "{operation}");
    }
}
