//! Recovery points that people remove: who may, when, and what is left.

use interlock_action::digest_of;
use interlock_approval::{Statement, sign};
use interlock_tests::{Emulator, Home, Output};
use serde_json::{Value, json};

use super::{DEVELOPMENT, LAND, PEOPLE, deletes, of, points, seen};

fn purge(home: &Home, what: &[&str], by: &[&str]) -> Output {
    let mut all = vec!["recovery", "purge", "--reason", "no longer wanted"];
    all.extend(what);
    let keys: Vec<String> = by.iter().map(|name| home.private(name)).collect();
    all.extend(keys.iter().flat_map(|key| ["--key", key.as_str()]));
    home.cli(&all)
}

fn refused(output: &Output, words: &str) {
    assert_ne!(output.code, 0, "{}", output.out);
    assert!(format!("{}{}", output.out, output.err).contains(words), "{}\n{}", output.out, output.err);
}

/// What somebody who reaches the control socket sends, with a signature of this person's over `signed`.
fn sends(home: &Home, person: &str, body: &Value, signed: &Value) -> Value {
    let (_, given) = home.post("/v1/nonce", &Value::Null);
    let nonce = given["nonce"].as_str().unwrap().to_owned();
    let statement = Statement {
        verb: "purge".to_owned(),
        subject: body["digest"].as_str().unwrap_or_default().to_owned(),
        digest: digest_of("interlock admin v1", signed).unwrap(),
        person: person.into(),
        reason: "mine".to_owned(),
        nonce: nonce.clone(),
    };
    let signature = sign(&statement, &std::fs::read_to_string(home.private(person)).unwrap(), None).unwrap();
    json!({"body": body, "signed": {"person": person, "reason": "mine", "nonce": nonce, "signature": signature}})
}

fn message(home: &Home, request: &Value) -> (u16, String) {
    let (status, answer) = home.post("/v1/recovery/purge", request);
    (status, answer["message"].as_str().unwrap_or_default().to_owned())
}

/// What is kept in Interlock's own bucket, every version of it, and the snapshots and backups that are there.
fn left(emulator: &Emulator) -> String {
    emulator.hands(
        "left = [s['DBSnapshotIdentifier'] for s in client('rds').describe_db_snapshots(SnapshotType='manual')['DBSnapshots']]\n\
         left += [b['BackupName'] for b in client('dynamodb').list_backups()['BackupSummaries']]\n\
         left += [s['SnapshotId'] for s in client('ec2').describe_snapshots(OwnerIds=['self'])['Snapshots'] \
             if any(t['Key'] == 'interlock:recovery-point' for t in s.get('Tags', []))]\n\
         s3 = client('s3')\n\
         for b in s3.list_buckets()['Buckets']:\n    \
             if b['Name'].startswith('interlock-'):\n        \
                 seen = s3.list_object_versions(Bucket=b['Name'])\n        \
                 left += [v['Key'] for v in seen.get('Versions', []) + seen.get('DeleteMarkers', [])]\n\
         print(json.dumps(left))",
    )
}

#[test]
fn a_point_is_removed_by_people_who_did_not_cause_it() {
    let emulator = Emulator::start();
    let said = emulator.hands(LAND);
    let (_, volume) = said.split_once(' ').unwrap();
    let config = format!("{DEVELOPMENT}\n[recovery]\ngrace_days = 0\n");
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, &config);
    deletes(&home, volume);
    let kept = seen(&home);
    let name = |service: &str| of(&kept, service)["id"].as_str().unwrap().to_owned();
    let (database, object) = (name("rds"), name("s3"));

    // The database is gone, and this is its last point: two people say so, and ana, who caused it, is none of them.
    let shown = home.cli(&["recovery", "purge", &database, "--dry-run"]);
    assert_eq!(shown.code, 10, "{}", shown.out);
    assert!(shown.out.contains("leaves  NOTHING") && shown.out.contains("not by  ana"), "{}", shown.out);
    assert!(shown.out.contains("closes  the way back of act-"), "{}", shown.out);
    refused(&purge(&home, &[&database], &["bo", "cy"]), "the last point of something that is gone");
    refused(&purge(&home, &[&database, "--last"], &["ana"]), "2 more must sign");
    refused(&purge(&home, &[&database, "--last"], &["bo"]), "1 more must sign");
    refused(&purge(&home, &[&database, "--last"], &["ana", "bo"]), "1 more must sign");
    refused(&purge(&home, &["no-such-point"], &["bo"]), "nothing of that name is in custody");

    // Of an object that is there again one person may remove the copy; with a signature over that very thing, used once.
    emulator.hands("client('s3').put_object(Bucket='dev-files', Key='a b+c', Body=b'all of it')");
    let order = json!({"points": [object], "last": false});
    let (_, preview) = home.post("/v1/recovery/purge/preview", &order);
    assert_eq!(
        (&preview["signatures"], &preview["points"][0]["stands"]),
        (&json!(1), &json!(true)),
        "{preview}"
    );
    let order = json!({"points": [object], "last": false, "digest": preview["digest"]});
    let (status, _) = home.post("/v1/recovery/purge", &json!({"body": order}));
    assert!((400..500).contains(&status), "unsigned: {status}");
    let other = json!({"points": [database], "last": true, "digest": preview["digest"]});
    let (status, why) = message(&home, &sends(&home, "bo", &other, &order));
    assert_eq!(status, 403, "signed for another: {why}");
    let (status, why) = message(&home, &sends(&home, "ana", &order, &order));
    assert!(status == 403 && why.contains("1 more must sign"), "the owner: {why}");
    let request = sends(&home, "bo", &order, &order);
    assert_eq!(message(&home, &request).0, 200);
    let (status, why) = message(&home, &request);
    assert!(status == 403 && why.contains("nonce"), "replayed: {why}");
    for _ in 0..50 {
        if of(&points(&home), "s3")["purged"].is_object() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(of(&points(&home), "s3")["purged"]["by"], json!(["bo"]));
    assert!(!left(&emulator).contains("a b+c"), "no version of it is left: {}", left(&emulator));

    purge(&home, &[&database, "--last"], &["bo", "cy"]).ok();
    let id = database.rsplit(':').next().unwrap();
    assert!(!left(&emulator).contains(id), "{}", left(&emulator));
    purge(&home, &["--expired", "--last"], &["bo", "cy"]).ok();
    assert_eq!(left(&emulator), "[]");
    assert!(points(&home).iter().all(|point| point["purged"]["by"].is_array()));
    let listed = home.cli(&["recovery", "list"]).ok();
    assert_eq!(listed.out.matches("removed").count(), 4, "{}", listed.out);
    refused(&purge(&home, &["--expired"], &["bo"]), "no recovery point that could be removed");

    // Its name stays out of agents' reach, and every step stands in the ledger.
    assert_ne!(home.aws(&["rds", "delete-db-snapshot", "--db-snapshot-identifier", id]).code, 0);
    let rows = home.cli(&["--json", "ledger", "ls", "--limit", "500"]).ok().json();
    let rows = rows.as_array().unwrap();
    let point =
        |row: &&Value| row["public"]["points"][0] == database.as_str() && row["public"]["purge"].is_string();
    let states: Vec<&str> =
        rows.iter().filter(point).filter_map(|row| row["public"]["purge"].as_str()).collect();
    assert_eq!(states, ["removed", "begun", "signed"], "newest first");
    let sent =
        |row: &&Value| row["public"]["operation"] == "aws:rds:DeleteDBSnapshot" && row["kind"] == "allowed";
    let sent = rows.iter().find(sent).unwrap();
    assert_eq!((&sent["public"]["by"], &sent["public"]["purge"]), (&json!(["bo", "cy"]), &json!(database)));
    let outcome =
        |row: &&Value| row["public"]["action"] == sent["public"]["action"] && row["kind"] == "outcome";
    assert!(rows.iter().any(|row| outcome(&row)));
    home.verify();
}

/// A table of two items, and an object in a bucket that keeps no versions.
const REAL: &str = r#"
ddb = client('dynamodb')
ddb.create_table(TableName='dev-real', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}],
    AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
for k in 'one', 'two':
    ddb.put_item(TableName='dev-real', Item={'k': {'S': k}})
client('s3').create_bucket(Bucket='dev-files')
client('s3').put_object(Bucket='dev-files', Key='one', Body=b'all of it')
"#;

/// The agent makes both again, and fills them with anything.
const DECOY: &str = r#"
ddb = boto3.client('dynamodb')
ddb.create_table(TableName='dev-real', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}],
    AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
ddb.put_item(TableName='dev-real', Item={'k': {'S': 'anything'}})
boto3.client('s3').put_object(Bucket='dev-files', Key='one', Body=b'anything')
"#;

/// And deletes them, in another session than it made them in.
const DELETES: &str = "boto3.client('dynamodb').delete_table(TableName='dev-real')\n\
                       boto3.client('s3').delete_object(Bucket='dev-files', Key='one')";

#[test]
fn a_decoy_of_the_same_name_is_no_other_point() {
    let emulator = Emulator::start();
    emulator.hands(REAL);
    let config = format!("{DEVELOPMENT}\n[recovery]\ngrace_days = 0\n");
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, &config);
    // Before an item goes and before all do: two points of the one table.
    home.boto3("boto3.client('dynamodb').delete_item(TableName='dev-real', Key={'k': {'S': 'two'}})").ok();
    home.boto3(DELETES).ok();
    let names = |points: &[Value], service: &str| -> Vec<String> {
        let of =
            points.iter().filter(|point| point["of"].as_str().unwrap().split(':').nth(2) == Some(service));
        of.map(|point| point["id"].as_str().unwrap().to_owned()).collect()
    };
    let real = seen(&home);
    let (tables, objects) = (names(&real, "dynamodb"), names(&real, "s3"));
    assert_eq!((tables.len(), objects.len()), (2, 1), "{real:?}");
    home.boto3(DECOY).ok();
    home.boto3(DELETES).ok();
    let all = seen(&home);
    assert_eq!(all.len(), 5, "{all:?}");

    let shown = home.cli(&["recovery", "purge", &objects[0], "--dry-run"]);
    assert!(shown.out.contains("leaves  NOTHING"), "{}", shown.out);
    refused(&purge(&home, &[&objects[0]], &["bo"]), "the last point of something that is gone");
    let shown = home.cli(&["recovery", "purge", &tables[0], "--dry-run"]);
    assert!(shown.out.contains("leaves  1 more"), "{}", shown.out);
    purge(&home, &[&tables[0]], &["bo"]).ok();
    refused(&purge(&home, &[&tables[1]], &["bo"]), "the last point of something that is gone");
    purge(&home, &[&tables[1], "--last"], &["bo", "cy"]).ok();
    home.verify();
}

#[test]
fn who_works_alone_waits_before_a_point_goes() {
    let emulator = Emulator::start();
    emulator.hands("s3 = client('s3')\ns3.create_bucket(Bucket='dev-files')\ns3.put_object(Bucket='dev-files', Key='one', Body=b'x')");
    let config = format!("{DEVELOPMENT}\n[recovery]\ngrace_days = 0\n[approval]\nsolo_delay = \"1s\"\n");
    let (home, _daemon) = Home::new(&emulator, &["ana"], &config);
    home.boto3("boto3.client('s3').delete_object(Bucket='dev-files', Key='one')").ok();
    let name = seen(&home)[0]["id"].as_str().unwrap().to_owned();
    let stopped = purge(&home, &[&name, "--last"], &["ana"]);
    assert_eq!(stopped.code, 11, "{}\n{}", stopped.out, stopped.err);
    let ticket = stopped.out.split("deny ").nth(1).unwrap().split('`').next().unwrap();
    home.cli(&["request", "deny", ticket, "--key", &home.private("ana"), "--reason", "no"]).ok();
    assert_eq!(purge(&home, &[&name, "--last"], &["ana"]).code, 11);
    for _ in 0..150 {
        if points(&home)[0]["purged"].is_object() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(points(&home)[0]["purged"]["by"], json!(["ana"]));
    let rows = home.cli(&["--json", "ledger", "ls", "--limit", "100"]).ok().json();
    let removed = |row: &&Value| row["public"]["purge"] == "removed";
    assert_eq!(rows.as_array().unwrap().iter().find(removed).unwrap()["public"]["solo"], true);
    home.verify();
}
