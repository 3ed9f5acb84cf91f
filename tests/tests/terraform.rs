//! Terraform with the real AWS provider, unchanged: thirty kinds of resources live and die in development without a
//! word, and the same configuration in production loses no data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod checked;
mod tf;

use checked::{Checked, services};
use interlock_tests::{Emulator, Home, Scratch, binary};
use serde_json::Value;
use tf::found;

/// The ledger's entries, oldest first.
fn ledger(home: &Home) -> Vec<Value> {
    let rows = home.cli(&["--json", "ledger", "ls", "--limit", "10000"]).ok().json();
    let mut rows = rows.as_array().unwrap().clone();
    rows.reverse();
    rows
}

/// Every call that was held or refused: the ledger's words.
fn stopped(home: &Home) -> Vec<Value> {
    let stopped = |row: &Value| ["held", "refused"].contains(&row["kind"].as_str().unwrap_or_default());
    ledger(home).into_iter().filter(stopped).collect()
}

fn brief(rows: &[Value]) -> String {
    let line = |row: &Value| {
        let targets = row["private"]["targets"].as_array().into_iter().flatten();
        let targets: Vec<_> =
            targets.map(|target| format!("{}({})", target["id"], target["relation"])).collect();
        let rules = row["private"]["reasons"].as_array().into_iter().flatten();
        let rules: Vec<_> = rules.map(|reason| reason["rule"].to_string()).collect();
        let public = &row["public"];
        format!(
            "{} {} {} {} {targets:?} {rules:?}\n",
            row["kind"], public["operation"], public["tier"], public["ticket"]
        )
    };
    rows.iter().map(line).collect()
}

#[test]
fn thirty_kinds_are_made_changed_and_removed_in_development() {
    let Some(terraform) = found() else { return };
    let checked = Checked::new();
    let home = &checked.home;
    terraform.of_agent(home, "dev-app");
    for arguments in [
        ["apply", "-auto-approve", "-var=release=1"].as_slice(),
        &["apply", "-auto-approve", "-var=release=2"],
        &["destroy", "-auto-approve", "-refresh=false", "-var=release=2"],
    ] {
        let done = terraform.run(home, arguments);
        assert!(done.code == 0, "{arguments:?}: {}\n{}", done.err, brief(&stopped(home)));
        checked.flows(&done, &[]);
    }
    assert!(stopped(home).is_empty(), "{}", brief(&stopped(home)));
    let counted: Vec<_> = ledger(home).into_iter().filter(|row| row["public"]["destroys"].is_u64()).collect();
    // An object that was written over may be counted as somebody else's: stricter than it need be, and within the budget.
    assert!(counted.len() <= 1, "not known to be the agent's own: {}", brief(&counted));
    let operations = checked.operations();
    println!(
        "Terraform: {} operations of {} services: {operations:?}",
        operations.len(),
        services(&operations).len()
    );
    println!("Terraform: {} signatures of Interlock's were checked", checked.checked());
    assert!(operations.len() >= 120 && services(&operations).len() >= 15);
    home.verify();
}

/// Fills what would otherwise be empty, and so worth less.
const FILL: &str = "
client('dynamodb').put_item(TableName='prod-app-answers', Item={'id': {'S': '1'}, 'text': {'S': 'forty-two'}})
url = client('sqs').get_queue_url(QueueName='prod-app-jobs')['QueueUrl']
client('sqs').send_message(QueueUrl=url, MessageBody='a job')
client('logs').create_log_stream(logGroupName='/app/prod-app', logStreamName='one')
client('logs').put_log_events(logGroupName='/app/prod-app', logStreamName='one', logEvents=[{'timestamp': int(time.time() * 1000), 'message': 'a line'}])
client('s3').put_object(Bucket='prod-app-files', Key='report.pdf', Body=b'a report')
client('kinesis').put_record(StreamName='prod-app-clicks', Data=b'a click', PartitionKey='1')
";

/// What is left, one word each.
const LEFT: &str = "
left = []
left += ['table ' + name for name in client('dynamodb').list_tables()['TableNames']]
left += ['database ' + one['DBInstanceIdentifier'] for one in client('rds').describe_db_instances()['DBInstances']]
left += ['volume' for one in client('ec2').describe_volumes()['Volumes']]
left += ['instance ' + one['State']['Name'] for r in client('ec2').describe_instances()['Reservations'] for one in r['Instances']]
for bucket in client('s3').list_buckets()['Buckets']:
    for version in client('s3').list_object_versions(Bucket=bucket['Name']).get('Versions', []):
        left.append(bucket['Name'] + '/' + version['Key'])
left += ['secret ' + one['Name'] for one in client('secretsmanager').list_secrets()['SecretList'] if 'DeletedDate' not in one]
left += ['parameter ' + one['Name'] for one in client('ssm').describe_parameters()['Parameters']]
left += ['stream ' + name for name in client('kinesis').list_streams()['StreamNames']]
left += ['queue' for url in client('sqs').list_queues()['QueueUrls']]
left += ['logs ' + one['logGroupName'] for one in client('logs').describe_log_groups()['logGroups']]
left += ['key ' + client('kms').describe_key(KeyId=one['KeyId'])['KeyMetadata']['KeyState'] for one in client('kms').list_keys()['Keys']]
left += ['zone ' + one['Name'] for one in client('route53').list_hosted_zones()['HostedZones']]
left += ['images ' + one['repositoryName'] for one in client('ecr').describe_repositories()['repositories']]
print('\\n'.join(sorted(left)))
";

/// Steps on the way to what holds data, which people let pass so that Terraform gets there.
const ON_THE_WAY: [&str; 7] = [
    "aws:ec2:DisassociateRouteTable",
    "aws:kms:DeleteAlias",
    "aws:route53:ChangeResourceRecordSets",
    "aws:s3:DeletePublicAccessBlock",
    "aws:s3:PutBucketVersioning",
    "aws:secretsmanager:GetSecretValue",
    "aws:sns:Unsubscribe",
];

#[test]
fn what_holds_data_stays_in_production() {
    let Some(terraform) = found() else { return };
    let emulator = Emulator::start();
    let state = terraform.by_hand(&emulator, "prod-app");
    emulator.hands(&format!("import time\n{FILL}"));
    let before = emulator.hands(LEFT);
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy", "di"], "");
    terraform.hand_over(&home, "prod-app", &state);
    let destroy = ["destroy", "-auto-approve", "-refresh=false"];
    assert_ne!(terraform.run(&home, &destroy).code, 0);
    let mut approved = 0;
    for request in home.requests() {
        if ON_THE_WAY.contains(&request["operation"].as_str().unwrap()) {
            let ticket = request["id"].as_str().unwrap();
            home.approve("bo", ticket).ok();
            if request["tier"] == "T4" {
                home.approve("cy", ticket).ok();
            }
            approved += 1;
        }
    }
    assert_eq!(approved, ON_THE_WAY.len(), "{}", brief(&stopped(&home)));
    assert_ne!(terraform.run(&home, &destroy).code, 0);
    let requests = home.requests();
    let spent = requests.iter().filter(|request| request["state"] == "consumed").count();
    assert_eq!(spent, ON_THE_WAY.len(), "what people let pass passed: {requests:#?}");
    let stopped = stopped(&home);
    let named = |row: &Value, end: &str| {
        let targets = row["private"]["targets"].as_array().unwrap();
        targets.iter().any(|target| target["id"].as_str().unwrap().contains(end))
    };
    for (operation, end) in HOLDS_DATA {
        let row = stopped.iter().find(|row| row["public"]["operation"] == *operation && named(row, end));
        let row = row.unwrap_or_else(|| panic!("{operation} on {end} was not stopped:\n{}", brief(&stopped)));
        // What nothing could bring back is refused for good; everything else waits for two people.
        match row["public"]["ticket"].as_str() {
            Some(ticket) => {
                let shown = home.cli(&["request", "show", ticket]).ok().out;
                assert!(shown.contains(end) && row["public"]["tier"] == "T4", "{end}: {row}\n{shown}");
            }
            None => {
                let rule = row["private"]["reasons"][0]["rule"].as_str().unwrap();
                assert_eq!(
                    (row["kind"].as_str().unwrap(), rule),
                    ("refused", "destroy-data-production-unrecoverable")
                );
            }
        }
    }
    assert_eq!(emulator.hands(LEFT), before, "{}", brief(&stopped));
    home.verify();
}

#[test]
fn a_plan_is_explained_before_anything_happens() {
    let Some(terraform) = found() else { return };
    let emulator = Emulator::start();
    let (first, last) = terraform.plans(&emulator, "prod-app");
    let home = Scratch::new("plans");
    let explain = |plan: &str, environment: &str| {
        let file = home.file("plan.json", plan);
        let mut command = std::process::Command::new(binary());
        command.args(["--json", "explain", "terraform", "--environment", environment]).arg(file);
        serde_json::from_slice::<Value>(&command.output().unwrap().stdout).unwrap()
    };
    let deploy = explain(&first, "development");
    assert_eq!(deploy["decision"], "allow", "{deploy:#}");
    assert!(deploy["actions"].as_array().unwrap().len() > 30 && deploy["unknowns"] == serde_json::json!([]));
    assert!(!deploy.to_string().contains("a-password-of-the-test"));
    let destroy = explain(&last, "production");
    assert_eq!((&destroy["decision"], &destroy["tier"]), (&"hold".into(), &"T4".into()));
    let actions = destroy["actions"].as_array().unwrap();
    for (operation, end) in
        HOLDS_DATA.iter().filter(|(_, end)| !end.contains("volume/") && !end.contains("db:"))
    {
        let falls = |action: &&Value| {
            let targets = action["targets"].as_array().unwrap();
            targets
                .iter()
                .any(|target| target["id"].as_str().unwrap().contains(end) && target["data"] == "yes")
        };
        let action = actions.iter().find(falls).unwrap_or_else(|| panic!("{operation} {end}: {destroy:#}"));
        assert_eq!(action["tier"], "T4", "{action:#}");
        assert!(action["what"].as_str().unwrap().ends_with("is destroyed"), "{action:#}");
    }
}

/// What destroys data, and what it would have destroyed.
const HOLDS_DATA: &[(&str, &str)] = &[
    ("aws:dynamodb:DeleteTable", "table/prod-app-answers"),
    ("aws:ec2:DeleteVolume", "volume/vol-"),
    ("aws:ec2:TerminateInstances", "volume/vol-"),
    ("aws:kinesis:DeleteStream", "stream/prod-app-clicks"),
    ("aws:kms:ScheduleKeyDeletion", "key/"),
    ("aws:logs:DeleteLogGroup", "log-group:/app/prod-app"),
    ("aws:rds:DeleteDBInstance", "db:prod-app-school"),
    ("aws:s3:DeleteBucket", "prod-app-files"),
    ("aws:s3:DeleteObject", "prod-app-site/pages/index.html"),
    ("aws:secretsmanager:DeleteSecret", "secret:prod-app/login"),
    ("aws:sqs:DeleteQueue", "prod-app-jobs"),
    ("aws:ssm:DeleteParameter", "parameter/prod-app/colour"),
];
