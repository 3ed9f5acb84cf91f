//! KMS keys, secrets, parameters.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let own = |one: &Value| {
        (!text(one, "AliasName").starts_with("alias/aws/")).then(|| text(one, "AliasArn").to_owned())
    };
    // The keys of AWS's own come into being when their aliases are asked for.
    all.list(bed, ("kms", "ListAliases", json!({})), "/Aliases", own);
    for key in entries(&bed.ok("kms", "ListKeys", json!({})), "/Keys") {
        let record = bed.ok("kms", "DescribeKey", json!({"KeyId": key["KeyId"]}))["KeyMetadata"].clone();
        // A key that waits for its deletion opens nothing.
        if text(&record, "KeyState") != "PendingDeletion" {
            all.add(text(&key, "KeyArn"), record);
        }
    }
    // A secret in its recovery window is not listed.
    let secret = |one: &Value| Some(arn("secretsmanager", &format!("secret:{}", text(one, "Name"))));
    all.list(bed, ("secretsmanager", "ListSecrets", json!({})), "/SecretList", secret);
    let parameter = |name: &str| arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')));
    let parameters = ("ssm", "DescribeParameters", json!({}));
    for one in all.list(bed, parameters, "/Parameters", |one| Some(parameter(text(one, "Name")))) {
        let history =
            bed.ok("ssm", "GetParameterHistory", json!({"Name": one["Name"], "WithDecryption": true}));
        for version in entries(&history, "/Parameters") {
            all.add(format!("{}#{}", parameter(text(&one, "Name")), version["Version"]), version);
        }
    }
    all.list(bed, ("rds", "DescribeDBSnapshots", json!({})), "/DBSnapshots", named("DBSnapshotArn"));
    all
}

fn key(bed: &Bed) -> Value {
    let key = bed.ok("kms", "CreateKey", json!({"Description": "d"}))["KeyMetadata"].clone();
    bed.ok("kms", "CreateAlias", json!({"AliasName": "alias/app", "TargetKeyId": key["KeyId"]}));
    key
}

/// A database closed by the key, and its snapshots: points as long as the key opens them.
fn closed(bed: &Bed, key: &Value) {
    bed.ok("rds", "CreateDBInstance", json!({
        "DBInstanceIdentifier": "school", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
        "MasterUsername": "root", "MasterUserPassword": "not-a-real-one", "StorageEncrypted": true,
        "KmsKeyId": key["Arn"], "BackupRetentionPeriod": 0,
    }));
    let snapshot = json!({"DBInstanceIdentifier": "school", "DBSnapshotIdentifier": "mine"});
    bed.ok("rds", "CreateDBSnapshot", snapshot);
}

fn opened_by(key: &Value) -> impl Fn(&Bed) -> Vec<String> + use<> {
    let key = text(key, "Arn").to_owned();
    move |bed| {
        let state = bed.ok("kms", "DescribeKey", json!({ "KeyId": key }));
        if state["KeyMetadata"]["KeyState"] != json!("Enabled") {
            return Vec::new();
        }
        let all = entries(&bed.ok("rds", "DescribeDBSnapshots", json!({})), "/DBSnapshots").into_iter();
        let here = all.filter(|one| one["KmsKeyId"] == json!(key));
        here.map(|one| text(&one, "DBSnapshotArn").to_owned()).collect()
    }
}

fn secret(bed: &Bed) {
    bed.ok("secretsmanager", "CreateSecret", json!({"Name": "db", "SecretString": "not-a-real-one"}));
    bed.ok("secretsmanager", "CreateSecret", json!({"Name": "other", "SecretString": "not-a-real-one"}));
}

fn parameter(bed: &Bed, name: &str) {
    bed.ok("ssm", "PutParameter", json!({"Name": name, "Value": "v", "Type": "String"}));
}

const CASES: &[Case] = &[
    Case {
        name: "a key that closes snapshots is to be deleted",
        forecaster: "kms/key",
        scene: |bed| {
            let key = key(bed);
            closed(bed, &key);
            let schedule = json!({"KeyId": key["KeyId"], "PendingWindowInDays": 7});
            Scene::request("kms", "ScheduleKeyDeletion", schedule).points(opened_by(&key))
        },
    },
    Case {
        name: "a key is disabled",
        forecaster: "kms/key",
        scene: |bed| Scene::request("kms", "DisableKey", json!({"KeyId": key(bed)["KeyId"]})),
    },
    Case {
        name: "an alias is deleted",
        forecaster: "kms/alias",
        scene: |bed| {
            key(bed);
            Scene::request("kms", "DeleteAlias", json!({"AliasName": "alias/app"}))
        },
    },
    Case {
        name: "an alias stands for another key",
        forecaster: "kms/alias",
        scene: |bed| {
            key(bed);
            let other = bed.ok("kms", "CreateKey", json!({}))["KeyMetadata"]["KeyId"].clone();
            Scene::request("kms", "UpdateAlias", json!({"AliasName": "alias/app", "TargetKeyId": other}))
        },
    },
    Case {
        name: "a secret is deleted by force",
        forecaster: "secretsmanager/secret",
        scene: |bed| {
            secret(bed);
            let delete = json!({"SecretId": "db", "ForceDeleteWithoutRecovery": true});
            Scene::request("secretsmanager", "DeleteSecret", delete)
        },
    },
    Case {
        name: "a secret gets another value",
        forecaster: "secretsmanager/secret",
        scene: |bed| {
            secret(bed);
            let put = json!({"SecretId": "db", "SecretString": "another"});
            Scene::request("secretsmanager", "PutSecretValue", put)
        },
    },
    Case {
        name: "a secret's present version is another",
        forecaster: "secretsmanager/secret",
        scene: |bed| {
            secret(bed);
            let old = bed.ok("secretsmanager", "DescribeSecret", json!({"SecretId": "db"}));
            let old = old["VersionIdsToStages"].as_object().unwrap().keys().next().unwrap().clone();
            let put = json!({"SecretId": "db", "SecretString": "another"});
            let new = bed.ok("secretsmanager", "PutSecretValue", put)["VersionId"].clone();
            Scene::request(
                "secretsmanager",
                "UpdateSecretVersionStage",
                json!({
                    "SecretId": "db", "VersionStage": "AWSCURRENT", "MoveToVersionId": old, "RemoveFromVersionId": new,
                }),
            )
        },
    },
    Case {
        name: "parameters are deleted",
        forecaster: "ssm/parameter",
        scene: |bed| {
            ["/app/x", "y", "z"].iter().for_each(|name| parameter(bed, name));
            // A parameter bears data of which there is no recovery point.
            Scene::request("ssm", "DeleteParameters", json!({"Names": ["/app/x", "y"]}))
                .points(|_| Vec::new())
        },
    },
    Case {
        name: "a parameter is overwritten",
        forecaster: "ssm/parameter",
        scene: |bed| {
            parameter(bed, "/app/x");
            let put = json!({"Name": "/app/x", "Value": "w", "Type": "String", "Overwrite": true});
            Scene::request("ssm", "PutParameter", put)
        },
    },
    Case {
        name: "a parameter that is there is not made",
        forecaster: "ssm/parameter",
        scene: |bed| {
            parameter(bed, "/app/x");
            Scene::request("ssm", "PutParameter", json!({"Name": "/app/x", "Value": "w", "Type": "String"}))
        },
    },
    Case {
        name: "a parameter is made",
        forecaster: "ssm/parameter",
        scene: |_| {
            Scene::request("ssm", "PutParameter", json!({"Name": "/app/x", "Value": "w", "Type": "String"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
