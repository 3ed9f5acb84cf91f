use interlock_action::{compared, strays};

use super::*;
use crate::aws::testing::{called, deed, state, words};

const OLD: &str = "fs-0123456789abcdef0";
const NEW: &str = "fs-0fedcba9876543210";

fn deletes() -> Deed {
    let arn = format!("arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/{OLD}");
    deed("efs", "DeleteFileSystem", json!({"FileSystemId": arn}))
}

fn record(id: &str) -> Value {
    json!({
        "FileSystemId": id,
        "CreationToken": "x",
        "LifeCycleState": "available",
        "PerformanceMode": "generalPurpose",
        "ThroughputMode": "provisioned",
        "ProvisionedThroughputInMibps": 8.0,
        "Encrypted": true,
        "SizeInBytes": {"Value": 7},
        "FileSystemProtection": {"ReplicationOverwriteProtection": "ENABLED"},
        "Tags": [{"Key": "Name", "Value": "home"}],
    })
}

/// What is set of a file system: backup, policy, access points.
struct Set(bool, bool, usize);

const ALL: Set = Set(true, true, 2);
const NONE: Set = Set(false, false, 0);

fn told(there: &[Value], set: &Set) -> Result<Value, String> {
    state(&FileSystem, &deletes(), |verb, asked| {
        let by_token = there.iter().find(|one| word(one, "/FileSystemId") == Some(NEW));
        let own = there.iter().find(|one| at(one, "/FileSystemId") == at(asked, "/FileSystemId"));
        let id = word(asked, "/FileSystemId").unwrap_or_default();
        Some(match verb {
            "DescribeFileSystems" if at(asked, "/CreationToken").is_string() => {
                json!({"FileSystems": by_token.into_iter().collect::<Vec<_>>()})
            }
            "DescribeFileSystems" => json!({"FileSystems": [own?]}),
            "DescribeLifecycleConfiguration" => json!({"LifecyclePolicies": []}),
            "DescribeBackupPolicy" => json!({"BackupPolicy": {"Status": set.0.then_some("ENABLED")?}}),
            "DescribeFileSystemPolicy" => {
                let arn = format!("arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/{id}");
                let policy = json!({"Statement": [{"Effect": "Allow", "Resource": arn}]}).to_string();
                json!({"Policy": set.1.then_some(policy)?})
            }
            _ => {
                let point = json!({"AccessPointId": "fsap-1", "RootDirectory": {"Path": "/a"}, "Tags": []});
                json!({"AccessPoints": vec![point; set.2]})
            }
        })
    })
}

fn without(pointer: &str, value: Value) -> Value {
    let mut record = record(OLD);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    record.pointer_mut(parent).unwrap()[name] = value;
    record
}

#[test]
fn it_is_made_again_and_set_up_step_by_step() {
    let before = told(&[record(OLD)], &ALL).unwrap();
    let terms = FileSystem.terms(&deletes(), &before).unwrap();
    assert!(terms.loses[0].starts_with("every file"), "{terms:?}");
    let gone = told(&[without("/LifeCycleState", json!("deleting"))], &ALL).unwrap();
    assert_eq!(what(&gone), &Value::Null);
    let planned = FileSystem.back(&deletes(), &before, &gone).unwrap();
    let create = &called(&planned[0]).arguments;
    assert_eq!((&create["Backup"], &create["ProvisionedThroughputInMibps"]), (&json!(true), &json!(8.0)));
    assert_eq!(planned.len(), 5, "{planned:?}");
    let mut early = record(NEW);
    early["LifeCycleState"] = "creating".into();
    let waits = told(&[early], &NONE).unwrap();
    assert_eq!(words(&FileSystem.back(&deletes(), &before, &waits).unwrap()), words(&planned[1..]));
    // Backups that show late are waited for, and are nobody's doing.
    let late = told(&[record(NEW)], &NONE).unwrap();
    assert_eq!(words(&FileSystem.back(&deletes(), &before, &late).unwrap()), words(&planned[1..]));
    let own = FileSystem.between(&deletes(), &before, &late);
    assert_eq!(strays(&late, &[&before, &gone, &own[0]]), [""; 0]);
    let one = told(&[record(NEW)], &Set(true, false, 1)).unwrap();
    let steps = FileSystem.back(&deletes(), &before, &one).unwrap();
    assert_eq!(words(&steps), words(&planned[3..]));
    let policy = called(&steps[1]).arguments["Policy"].as_str().unwrap();
    assert!(policy.contains(NEW) && !policy.contains(OLD), "{policy}");
    let done = told(&[record(NEW)], &ALL).unwrap();
    assert_eq!(compared(&done), compared(&before));
}

#[test]
fn what_another_set_meanwhile_is_nobodys_own() {
    let before = told(&[record(OLD)], &NONE).unwrap();
    let gone = told(&[], &NONE).unwrap();
    for (set, field) in [(Set(true, false, 0), "/is/backup"), (Set(false, false, 1), "/is/access points")] {
        let now = told(&[record(NEW)], &set).unwrap();
        let own = FileSystem.between(&deletes(), &before, &now);
        assert_eq!(strays(&now, &[&before, &gone, &own[0]]), [field]);
    }
    let mut faster = record(NEW);
    faster["ThroughputMode"] = "elastic".into();
    let now = told(&[faster], &NONE).unwrap();
    assert!(FileSystem.back(&deletes(), &before, &now).is_err());
}

#[test]
fn what_is_not_known_has_no_way() {
    let terms = |record: Value| {
        let before = told(&[record], &ALL).unwrap();
        FileSystem.terms(&deletes(), &before).is_some()
    };
    assert!(terms(record(OLD)));
    assert!(!terms(without("/FileSystemProtection/ReplicationOverwriteProtection", json!("REPLICATING"))));
    assert!(!terms(without("/SomethingNew", json!(1))));
    assert!(FileSystem.terms(&deletes(), &told(&[], &NONE).unwrap()).is_none());
}
