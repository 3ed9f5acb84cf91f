//! Recovery points in custody: recorded, guarded with what they depend on, and proven by a drill alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

#[path = "recovery/purge.rs"]
mod purge;

use interlock_tests::{Emulator, Home};
use serde_json::Value;

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }

[budget]
destroys_per_hour = 20
destroys_per_day = 20
"#;

const PEOPLE: [&str; 3] = ["ana", "bo", "cy"];

/// One of each that Interlock keeps a recovery point of, made by others than the agent.
const LAND: &str = r#"
s3 = client('s3')
s3.create_bucket(Bucket='dev-files')
s3.put_object(Bucket='dev-files', Key='a b+c', Body=b'all of it', ContentType='text/plain', Metadata={'who': 'ada'})
key = client('kms').create_key(Description='of the database')['KeyMetadata']
client('rds').create_db_instance(DBInstanceIdentifier='dev-school', DBInstanceClass='db.t3.micro', Engine='postgres',
    AllocatedStorage=20, MasterUsername='u', MasterUserPassword='password1!', StorageEncrypted=True, KmsKeyId=key['Arn'])
ddb = client('dynamodb')
ddb.create_table(TableName='dev-orders', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}],
    AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
for n in range(7):
    ddb.put_item(TableName='dev-orders', Item={'k': {'S': str(n)}})
ec2 = client('ec2')
volume = ec2.create_volume(AvailabilityZone='us-east-1a', Size=3)['VolumeId']
print(key['KeyId'], volume)
"#;

/// What the agent deletes, so that four recovery points are made.
fn deletes(home: &Home, volume: &str) {
    home.boto3(&format!(
        "boto3.client('s3').delete_object(Bucket='dev-files', Key='a b+c')\n\
         boto3.client('dynamodb').delete_table(TableName='dev-orders')\n\
         boto3.client('ec2').delete_volume(VolumeId='{volume}')\n"
    ))
    .ok();
    home.aws(&[
        "rds",
        "delete-db-instance",
        "--db-instance-identifier",
        "dev-school",
        "--skip-final-snapshot",
    ])
    .ok();
}

fn points(home: &Home) -> Vec<Value> {
    home.cli(&["--json", "recovery", "list"]).ok().json().as_array().unwrap().clone()
}

/// The points, once Interlock has seen what each depends on.
fn seen(home: &Home) -> Vec<Value> {
    for _ in 0..100 {
        let points = points(home);
        if points.iter().all(|point| point["sight"]["ready"] == true) {
            return points;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("{:?}", points(home));
}

fn of<'a>(points: &'a [Value], service: &str) -> &'a Value {
    let of = |point: &&Value| point["of"].as_str().unwrap().split(':').nth(2) == Some(service);
    points.iter().find(of).unwrap_or_else(|| panic!("nothing of {service}: {points:?}"))
}

/// Nobody removes a point before its time.
fn stays(home: &Home, name: &str) {
    let early = home.cli(&["recovery", "purge", name, "--last"]);
    assert_eq!(early.code, 10, "{}", early.out);
    assert!(early.out.contains("its time is not over (until "), "{}", early.out);
    let (bo, cy) = (home.private("bo"), home.private("cy"));
    let early =
        home.cli(&["recovery", "purge", name, "--last", "--key", &bo, "--key", &cy, "--reason", "now"]);
    assert!(early.code != 0 && early.err.contains("its time is not over"), "{}", early.err);
}

/// Its own bucket is closed, marked, and keeps versions.
fn closed_bucket(emulator: &Emulator) {
    let bucket = "s3 = client('s3')\nname = next(b['Name'] for b in s3.list_buckets()['Buckets'] if b['Name'].startswith('interlock-'))\n\
                  blocked = s3.get_public_access_block(Bucket=name)['PublicAccessBlockConfiguration']\n\
                  print(all(blocked.values()), s3.get_bucket_versioning(Bucket=name)['Status'], \
                  s3.get_bucket_tagging(Bucket=name)['TagSet'][0]['Key'])";
    assert_eq!(emulator.hands(bucket), "True Enabled interlock:recovery-point");
}

#[test]
fn what_interlock_has_kept_is_guarded_drilled_and_proven() {
    let emulator = Emulator::start();
    let said = emulator.hands(LAND);
    let (key, volume) = said.split_once(' ').unwrap();
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, DEVELOPMENT);
    deletes(&home, volume);
    let kept = seen(&home);
    assert_eq!(kept.len(), 4, "{kept:?}");
    let snapshot = of(&kept, "rds");
    let (name, id) =
        (snapshot["id"].as_str().unwrap(), snapshot["id"].as_str().unwrap().rsplit(':').next().unwrap());
    assert!(snapshot["sight"]["depends"][0].as_str().unwrap().ends_with(key), "{snapshot}");
    assert_eq!(snapshot["operation"], "aws:rds:DeleteDBInstance");

    closed_bucket(&emulator);

    // Interlock's mark is on what the rewritten request made.
    let tags = emulator.hands(&format!(
        "print(json.dumps(client('rds').describe_db_snapshots(DBSnapshotIdentifier='{id}')['DBSnapshots'][0]['TagList']))"
    ));
    assert!(tags.contains("interlock:recovery-point"), "{tags}");

    // No agent takes a point away, and the refusal says what it is.
    let refused = home.aws(&["rds", "delete-db-snapshot", "--db-snapshot-identifier", id]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.err.contains("is the recovery point of") && refused.err.contains("dev-school"),
        "{}",
        refused.err
    );
    let ebs = of(&kept, "ec2")["sight"]["ids"][0].as_str().unwrap();
    let refused = home.aws(&["ec2", "delete-snapshot", "--snapshot-id", ebs]);
    assert!(
        refused.err.contains("is the recovery point of") && refused.err.contains(volume),
        "{}",
        refused.err
    );

    // Nor, without being asked about it, what a point is worth nothing without.
    let held = home.aws(&["kms", "schedule-key-deletion", "--key-id", key]);
    assert!(
        held.err.contains("[ticket ") && held.err.contains("a recovery point depends on it"),
        "{}",
        held.err
    );
    assert!(held.err.contains(id), "{}", held.err);
    let held = home.aws(&["kms", "disable-key", "--key-id", key]);
    assert!(held.err.contains("a recovery point depends on it"), "{}", held.err);

    // Nothing is proven before a drill, and a drill takes a signature.
    assert!(kept.iter().all(|point| point["proven"].is_null()));
    let shown = home.cli(&["recovery", "drill", name]).ok();
    assert!(shown.out.contains("would be restored beside"), "{}", shown.out);
    assert!(points(&home).iter().all(|point| point["proven"].is_null()));
    let drilled =
        home.cli(&["recovery", "drill", "--all", "--key", &home.private("bo"), "--reason", "quarterly"]);
    assert_eq!(drilled.code, 0, "{}\n{}", drilled.out, drilled.err);
    println!("{}", drilled.err);
    let proven = points(&home);
    for point in &proven {
        assert_eq!(point["proven"]["by"][0], "bo", "{point}");
        assert!(!point["proven"]["figures"].as_object().unwrap().is_empty(), "{point}");
    }
    assert_eq!(of(&proven, "dynamodb")["proven"]["figures"]["items"], "7");
    assert_eq!(of(&proven, "rds")["proven"]["figures"]["AllocatedStorage"], "20");

    stays(&home, name);

    // The copies are gone again.
    let left = emulator.hands(
        "left = [d['DBInstanceIdentifier'] for d in client('rds').describe_db_instances()['DBInstances']]\n\
         left += client('dynamodb').list_tables()['TableNames']\n\
         left += [t['Value'] for v in client('ec2').describe_volumes()['Volumes'] for t in v.get('Tags', [])]\n\
         s3 = client('s3')\n\
         for b in s3.list_buckets()['Buckets']:\n    left += [o['Key'] for o in s3.list_objects_v2(Bucket=b['Name']).get('Contents', [])]\n\
         print(json.dumps(left))",
    );
    assert!(!left.contains("drill"), "{left}");
    home.verify();
}

#[test]
fn a_point_that_restores_nothing_is_not_proven() {
    let emulator = Emulator::start();
    emulator.hands("s3 = client('s3')\ns3.create_bucket(Bucket='dev-files')\ns3.put_object(Bucket='dev-files', Key='one', Body=b'x')");
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, DEVELOPMENT);
    home.boto3("boto3.client('s3').delete_object(Bucket='dev-files', Key='one')").ok();
    let kept = seen(&home);
    let name = kept[0]["id"].as_str().unwrap();
    let drill = || home.cli(&["recovery", "drill", name, "--key", &home.private("bo"), "--reason", "look"]);
    drill().ok();
    assert!(points(&home)[0]["proven"].is_object());
    // Somebody with credentials of their own takes it away.
    let (bucket, key) = name.split_once(":::").unwrap().1.split_once('/').unwrap();
    emulator.hands(&format!("client('s3').delete_object(Bucket='{bucket}', Key='{key}')"));
    let failed = drill();
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(failed.err.contains("not proven"), "{}", failed.err);
    let point = &points(&home)[0];
    assert!(point["proven"].is_null() && point["failed"]["why"].is_string(), "{point}");

    // Somebody who is nobody here proves nothing.
    let stranger =
        home.cli(&["recovery", "drill", "no-such-point", "--key", &home.private("bo"), "--reason", "look"]);
    assert!(stranger.err.contains("no recovery point `no-such-point`"), "{}", stranger.err);
}

/// A warehouse and a memory database. The emulator makes no final snapshot of a cache, and never ends its deletion: that kind
/// is tested by its calls alone.
const STORES: &str = r#"
client('redshift').create_cluster(ClusterIdentifier='dev-wh', NodeType='ra3.large', MasterUsername='u',
    MasterUserPassword='Passw0rd1!', DBName='d', Encrypted=True)
client('memorydb').create_cluster(ClusterName='dev-mem', NodeType='db.t4g.small', ACLName='open-access')
"#;

#[test]
fn warehouses_and_memory_databases_are_drilled_and_removed_too() {
    let emulator = Emulator::start();
    emulator.hands(STORES);
    let config = format!("{DEVELOPMENT}\n[recovery]\ngrace_days = 0\n");
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, &config);
    // Asked for without a final snapshot, each is deleted with one: nobody need be asked.
    for call in [
        "boto3.client('redshift').delete_cluster(ClusterIdentifier='dev-wh', SkipFinalClusterSnapshot=True)",
        "boto3.client('memorydb').delete_cluster(ClusterName='dev-mem')",
    ] {
        home.boto3(call).ok();
    }
    assert_eq!(seen(&home).len(), 2);
    let (bo, cy) = (home.private("bo"), home.private("cy"));
    let drilled = home.cli(&["recovery", "drill", "--all", "--key", &bo, "--reason", "quarterly"]);
    assert_eq!(drilled.code, 0, "{}\n{}", drilled.out, drilled.err);
    let proven = points(&home);
    assert_eq!(of(&proven, "redshift")["proven"]["figures"]["NodeType"], "ra3.large");
    assert_eq!(of(&proven, "memorydb")["proven"]["figures"]["ClusterConfiguration/NumShards"], "1");
    let left = "left = [c['ClusterIdentifier'] for c in client('redshift').describe_clusters()['Clusters']]\n\
                left += [c['Name'] for c in client('memorydb').describe_clusters()['Clusters']]\n\
                left += [s['SnapshotIdentifier'] for s in client('redshift').describe_cluster_snapshots()['Snapshots']]\n\
                left += [s['Name'] for s in client('memorydb').describe_snapshots()['Snapshots']]\n\
                print(' '.join(left))";
    let kept = emulator.hands(left);
    assert!(!kept.contains("drill") && kept.split(' ').count() == 2, "only the snapshots are left: {kept}");
    let purge = ["recovery", "purge", "--expired", "--last", "--key", &bo, "--key", &cy, "--reason", "old"];
    home.cli(&purge).ok();
    assert_eq!(emulator.hands(left), "");
    home.verify();
}

/// A machine with a disk of its own, a key in use, a database.
const MACHINES: &str = r#"
ec2 = client('ec2')
image = ec2.describe_images(Owners=['amazon'])['Images'][0]['ImageId']
disk = [{'DeviceName': '/dev/sda1', 'Ebs': {'VolumeSize': 8, 'DeleteOnTermination': True}}]
instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType='t3.micro', BlockDeviceMappings=disk)
iam = client('iam')
iam.create_user(UserName='dev-ci')
key = iam.create_access_key(UserName='dev-ci')['AccessKey']['AccessKeyId']
client('rds').create_db_instance(DBInstanceIdentifier='dev-school', DBInstanceClass='db.t3.micro', Engine='postgres',
    AllocatedStorage=20, MasterUsername='u', MasterUserPassword='password1!')
print(instance['Instances'][0]['InstanceId'], key)
"#;

/// Ends the machine and deletes the key, and the database too, and prints what it was told about each.
fn ends(home: &Home, instance: &str, key: &str, more: &str) -> Vec<String> {
    let said = home.boto3(&format!(
        "def told(answer):\n    print(answer['ResponseMetadata']['HTTPHeaders'].get('x-interlock-notice', '-'))\n\
         told(boto3.client('ec2').terminate_instances(InstanceIds=['{instance}']))\n\
         told(boto3.client('iam').delete_access_key(UserName='dev-ci', AccessKeyId='{key}'))\n{more}"
    ));
    said.ok().out.lines().map(str::to_owned).collect()
}

/// What Interlock itself called, in order.
fn own_calls(home: &Home) -> Vec<String> {
    let rows = home.cli(&["--json", "ledger", "ls", "--limit", "200"]).ok().json();
    let own = |row: &&Value| row["public"]["by"] == "interlock";
    let mut calls: Vec<(u64, String)> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(own)
        .map(|row| (row["index"].as_u64().unwrap(), row["public"]["operation"].as_str().unwrap().to_owned()))
        .collect();
    calls.sort();
    calls.into_iter().map(|(_, operation)| operation).collect()
}

#[test]
fn what_is_made_recoverable_is_told() {
    let emulator = Emulator::start();
    let said = emulator.hands(MACHINES);
    let (instance, key) = said.split_once(' ').unwrap();
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, DEVELOPMENT);
    let database = "told(boto3.client('rds').delete_db_instance(DBInstanceIdentifier='dev-school', SkipFinalSnapshot=True))";
    let told = ends(&home, instance, key, database);
    assert!(told[0].contains("interlock keeps what could be lost as interlock-vol-"), "{told:?}");
    assert!(told[1].contains(&format!("interlock makes access key {key} inactive")), "{told:?}");
    assert!(told[2].contains("SkipFinalSnapshot=false"), "{told:?}");
    let calls = own_calls(&home);
    let at = |name: &str| {
        calls.iter().position(|call| call == name).unwrap_or_else(|| panic!("{name}: {calls:?}"))
    };
    assert!(at("aws:ec2:StopInstances") < at("aws:ec2:CreateSnapshot"), "{calls:?}");
    let status = format!(
        "print(client('iam').list_access_keys(UserName='dev-ci')['AccessKeyMetadata'][0]['Status'],\
         client('ec2').describe_instances(InstanceIds=['{instance}'])['Reservations'][0]['Instances'][0]['State']['Name'])"
    );
    assert_eq!(emulator.hands(&status), "Inactive terminated");
    // The key is deleted once it is inactive.
    home.boto3(&format!("boto3.client('iam').delete_access_key(UserName='dev-ci', AccessKeyId='{key}')"))
        .ok();
    assert_eq!(
        emulator.hands("print(len(client('iam').list_access_keys(UserName='dev-ci')['AccessKeyMetadata']))"),
        "0"
    );
}

#[test]
fn what_is_switched_off_is_not_done() {
    let emulator = Emulator::start();
    let said = emulator.hands(MACHINES);
    let (instance, key) = said.split_once(' ').unwrap();
    let off = "[recovery]\nfinal_snapshots = false\nkeep_automated_backups = false\ninactive_keys = false\n\
               stop_before_terminate = false\n";
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, &format!("{DEVELOPMENT}\n{off}"));
    assert_eq!(ends(&home, instance, key, ""), ["-", "-"]);
    assert_eq!(own_calls(&home), Vec::<String>::new());
    assert!(points(&home).is_empty());
    let left = "print(len(client('iam').list_access_keys(UserName='dev-ci')['AccessKeyMetadata']))";
    assert_eq!(emulator.hands(left), "0");
    // Its automated snapshot would go with the database, and nothing may be made in its place: a person is asked.
    let delete =
        ["rds", "delete-db-instance", "--db-instance-identifier", "dev-school", "--skip-final-snapshot"];
    let held = home.aws(&delete);
    assert!(
        held.err.contains("[ticket ") && held.err.contains("0 recovery points would remain"),
        "{}",
        held.err
    );
    // In production nothing is destroyed that could not be brought back: with nothing allowed, that is refused.
    let emulator = Emulator::start();
    emulator.hands(MACHINES);
    let (home, _daemon) = Home::new(&emulator, &PEOPLE, off);
    let said = home.aws(&delete);
    assert!(said.err.contains("Interlock refuses"), "{}", said.err);
}
