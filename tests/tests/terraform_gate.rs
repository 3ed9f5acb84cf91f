//! Terraform through the gate: a benign day without a word, the school's day, and the ways round that lead nowhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod gated;
mod tf;

use gated::{DEVELOPMENT, Gated, PROVIDER};
use serde_json::Value;

const MAIN: &str = include_str!("../fixtures/terraform/main.tf");
const SCHOOL: &str = include_str!("../fixtures/school/main.tf");
const STATE: &str = include_str!("../fixtures/school/state.json");
const PRODUCTION: &str = include_str!("../fixtures/school/production.py");

fn said(output: &interlock_tests::Output) -> String {
    format!("{}{}", output.out, output.err)
}

#[test]
fn a_benign_day_in_development_passes_without_a_word() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    gated.file("main.tf", MAIN);
    gated.file("terraform.tfvars", "name = \"dev-app\"\n");
    let step = |what: &str, arguments: &[&str]| {
        let done = gated.terraform(arguments);
        assert_eq!(done.code, 0, "{what}: {}\n{:#?}", said(&done), gated.stopped());
        done.out
    };
    step("first deploy", &["apply", "-auto-approve", "-var=release=1"]);
    step("labels and settings", &["apply", "-auto-approve", "-var=release=2"]);
    gated.file("bucket.tf", "resource \"aws_s3_bucket\" \"more\" {\n  bucket = \"dev-app-more\"\n}\n");
    step("another bucket", &["apply", "-auto-approve", "-var=release=2"]);
    gated.file(
        "bucket.tf",
        "resource \"aws_s3_bucket\" \"renamed\" {\n  bucket = \"dev-app-more\"\n}\nmoved {\n  from = aws_s3_bucket.more\n  \
         to   = aws_s3_bucket.renamed\n}\n",
    );
    step("a new name in the configuration", &["apply", "-auto-approve", "-var=release=2"]);
    assert!(step("the state", &["state", "list"]).contains("aws_s3_bucket.renamed"));
    step("nothing to do", &["plan", "-detailed-exitcode", "-var=release=2"]);
    step("the configuration alone", &["validate"]);
    step("removal", &["destroy", "-auto-approve", "-var=release=2"]);
    assert!(gated.stopped().is_empty(), "{:#?}", gated.stopped());
    let versions = gated.workspaces()[0]["versions"].as_array().unwrap().clone();
    assert!(versions.len() >= 5, "every version is kept: {versions:#?}");
    gated.home.verify();
}

/// Makes what the school has; its state, with the ids that there are now.
fn school(gated: &Gated) -> String {
    let made = gated.emulator.hands(PRODUCTION);
    let made: std::collections::BTreeMap<String, String> =
        serde_json::from_str(made.lines().last().unwrap()).unwrap();
    gated.file("main.tf", SCHOOL);
    made.iter().fold(STATE.to_owned(), |state, (then, now)| state.replace(then, now))
}

#[test]
fn the_school_keeps_its_database() {
    let Some(gated) = Gated::new("") else { return };
    let state = school(&gated);
    let there = gated.emulator.hands(LEFT);
    // A new computer, no state: everything would be made anew, over production.
    let missing = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(missing.code, 11, "{}", said(&missing));
    assert!(said(&missing).contains("the state is missing"), "{}", said(&missing));
    assert!(said(&missing).contains("`course-management-prod` exists in this account"), "{}", said(&missing));
    // The old folder's state is unpacked, and everything is to go.
    gated.file("terraform.tfstate", &state);
    let unpacked = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(unpacked.code, 10, "{}", said(&unpacked));
    assert!(said(&unpacked).contains("nobody has brought in `terraform.tfstate`"), "{}", said(&unpacked));
    std::fs::remove_file(gated.home.work().join("terraform.tfstate")).unwrap();
    // A person brings the state in.
    let file = gated.file("old/state.json", &state);
    let folder = gated.home.work().display().to_string();
    let key = gated.home.private("ana");
    gated.home.cli(&["terraform", "adopt", file.to_str().unwrap(), "--folder", &folder, "--key", &key]).ok();
    // Another state in the folder is not read, and said to be another.
    let other = state.replace("fbb40000", "0ddba110");
    gated.file("terraform.tfstate", &other);
    let swapped = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(swapped.code, 11, "{}", said(&swapped));
    assert!(said(&swapped).contains("another state lies in the work directory"), "{}", said(&swapped));
    std::fs::remove_file(gated.home.work().join("terraform.tfstate")).unwrap();
    // The destruction of production.
    let destroy = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(destroy.code, 11, "{}", said(&destroy));
    for words in
        ["T4", "course-management-prod: 0 recovery points would remain of 1 as planned", "is deleted"]
    {
        assert!(said(&destroy).contains(words), "{words}: {}", said(&destroy));
    }
    gated.home.approve("bo", &destroy.ticket()).ok();
    let one = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!((one.code, one.ticket()), (11, destroy.ticket()), "{}", said(&one));
    // With its state a plan of the same configuration changes nothing, and nothing was ever touched.
    let plan = gated.terraform(&["plan"]);
    assert!(said(&plan).contains("No changes"), "{}", said(&plan));
    assert!(gated.verified(), "what a person brought in was seen to hold: one can go back to it");
    assert_eq!(gated.emulator.hands(LEFT), there);
    gated.home.verify();
}

const LEFT: &str = "
left = [one['DBInstanceIdentifier'] for one in client('rds').describe_db_instances()['DBInstances']]
left += [one['VpcId'] for one in client('ec2').describe_vpcs()['Vpcs']]
left += [one for one in client('ecs').list_clusters()['clusterArns']]
print('\\n'.join(sorted(left)))
";

/// A bucket and an object, in development.
const SMALL: &str = r#"
resource "aws_s3_bucket" "files" {
  bucket = "dev-files"
}

resource "aws_s3_object" "app" {
  bucket = aws_s3_bucket.files.bucket
  key    = "app.txt"
  source = "app.txt"
  etag   = filemd5("app.txt")
}
"#;

#[test]
fn nothing_leads_past_the_gate() {
    let Some(gated) = Gated::new("") else { return };
    gated.file("main.tf", &format!("{PROVIDER}{SMALL}"));
    gated.file("app.txt", "one");
    let before = gated.emulator.hands("print(client('s3').list_buckets()['Buckets'])");
    // What the environment says is not heard: the plan is the same.
    let variables = [
        "TF_CLI_ARGS_plan=-destroy",
        "TF_CLI_ARGS_apply=-auto-approve",
        "TF_WORKSPACE=other",
        "TF_DATA_DIR=elsewhere",
        "TF_CLI_CONFIG_FILE=overrides",
        "TF_REATTACH_PROVIDERS={}",
        "TF_HTTP_ADDRESS=http://127.0.0.1:1/",
        "AWS_PROFILE=production",
    ];
    let plan = gated.terraform_with(&variables, &["plan"]);
    assert_eq!(plan.code, 0, "{}", said(&plan));
    assert!(said(&plan).contains("2 to add, 0 to change, 0 to destroy"), "{}", said(&plan));
    // Command lines that would write the state, or read another: one sentence each.
    for line in [
        "state push -force x",
        "state rm aws_s3_bucket.files",
        "apply -lock=false",
        "apply -state=other.tfstate",
        "init -backend-config=bucket=mine",
        "init -migrate-state",
        "workspace select other",
        "force-unlock 1",
        "import aws_s3_bucket.files dev-files",
        "taint aws_s3_bucket.files",
        "console",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let refused = gated.terraform(&words);
        assert_eq!(refused.code, 10, "{line}: {}", said(&refused));
        assert!(refused.err.contains("Interlock refuses `terraform "), "{line}: {}", said(&refused));
    }
    // Configurations that would keep the state elsewhere, act as somebody else, or run something.
    for (name, text, code, words) in CONFIGURATIONS {
        gated.file(name, text);
        let done = gated.terraform(&["apply", "-auto-approve"]);
        assert_eq!(done.code, *code, "{name} {text}: {}", said(&done));
        assert!(said(&done).contains(words), "{name} {text}: {}", said(&done));
        std::fs::remove_file(gated.home.work().join(name)).unwrap();
    }
    assert_eq!(gated.emulator.hands("print(client('s3').list_buckets()['Buckets'])"), before);
    gated.home.verify();
}

/// A file, its text, the status, and what is said.
const CONFIGURATIONS: &[(&str, &str, i32, &str)] = &[
    (
        "backend.tf",
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n  }\n}\n",
        11,
        "keeps its state in `s3`",
    ),
    ("p_override.tf", "provider \"aws\" {\n  profile = \"production\"\n}\n", 1, "profile"),
    (
        "p_override.tf",
        "provider \"aws\" {\n  shared_config_files = [\"./config\"]\n}\n",
        10,
        "brings its own `shared_config_files`",
    ),
    (
        "p_override.tf",
        "provider \"aws\" {\n  endpoints {\n    s3 = \"http://127.0.0.1:1\"\n  }\n}\n",
        10,
        "brings its own `endpoints`",
    ),
    (
        "\u{7f}_override.tf",
        "terraform {\n  backend \"local\" {}\n}\n",
        10,
        "would override where Interlock keeps the state",
    ),
    (
        "hook.tf",
        "resource \"terraform_data\" \"h\" {\n  provisioner \"local-exec\" {\n    command = \"true\"\n  }\n}\n",
        11,
        "provisioner `local-exec`",
    ),
];

#[test]
fn what_was_approved_is_what_is_applied() {
    let Some(mut gated) = Gated::new("") else { return };
    gated.file("main.tf", &format!("{PROVIDER}{SMALL}{HOOK}"));
    gated.file("app.txt", "one");
    gated.file("hook.sh", "echo one\n");
    let held = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(held.code, 11, "{}", said(&held));
    gated.approve(&held.ticket());
    // What a plan's file does not hold is swapped.
    gated.file("app.txt", "two");
    let swapped = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(swapped.code, 11, "{}", said(&swapped));
    assert_ne!(swapped.ticket(), held.ticket());
    assert_eq!(gated.emulator.hands("print(client('s3').list_buckets()['Buckets'])").trim(), "[]");
    // The approved one passes, once, from the gate's own copy, after a restart, too.
    gated.file("app.txt", "one");
    gated.restart();
    let applied = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(applied.code, 0, "{}", said(&applied));
    let content = "print(client('s3').get_object(Bucket='dev-files', Key='app.txt')['Body'].read().decode())";
    assert_eq!(gated.emulator.hands(content).trim(), "one");
    assert!(gated.verified(), "{}", gated.home.log());
    let again = gated.terraform(&["plan"]);
    assert!(said(&again).contains("No changes"), "{}", said(&again));
    gated.home.verify();
}

#[test]
fn the_last_known_good_comes_back_as_a_plan_of_its_own() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    gated.file("main.tf", &format!("{PROVIDER}{SMALL}"));
    gated.file("app.txt", "one");
    let nothing = gated.terraform(&["rollback"]);
    assert_eq!(nothing.code, 10, "{}", said(&nothing));
    assert_eq!(gated.terraform(&["apply", "-auto-approve"]).code, 0);
    assert!(gated.verified(), "{}", gated.home.log());
    // A change that nobody can verify: it ends in the middle.
    gated.file("app.txt", "two");
    gated.file("more.tf", "resource \"terraform_data\" \"x\" {\n  depends_on = [aws_s3_object.app]\n  provisioner \"local-exec\" {\n    command = \"exit 1\"\n  }\n}\n");
    let half = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(half.code, 1, "{}", said(&half));
    assert!(
        said(&half).contains("applied in part: done: aws_s3_object.app; not done: terraform_data.x"),
        "{}",
        said(&half)
    );
    let back = gated.terraform(&["rollback"]);
    assert_eq!(back.code, 0, "{}", said(&back));
    let content = "print(client('s3').get_object(Bucket='dev-files', Key='app.txt')['Body'].read().decode())";
    assert_eq!(gated.emulator.hands(content).trim(), "one");
    gated.home.verify();
}

/// A table of production, by its key.
fn table(key: &str, guarded: bool) -> String {
    format!(
        "{PROVIDER}resource \"aws_dynamodb_table\" \"answers\" {{\n  name = \"answers\"\n  billing_mode = \"PAY_PER_REQUEST\"\n  \
         hash_key = \"{key}\"\n  deletion_protection_enabled = {guarded}\n  attribute {{\n    name = \"{key}\"\n    type = \
         \"S\"\n  }}\n}}\n"
    )
}

#[test]
fn a_replacement_is_said_to_destroy_and_a_change_in_place_flows() {
    let Some(gated) = Gated::new("") else { return };
    gated.file("main.tf", &table("id", false));
    let made = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(made.code, 0, "{}", said(&made));
    let changed = gated.file("main.tf", &table("id", true));
    let changed = (changed, gated.terraform(&["apply", "-auto-approve"])).1;
    assert_eq!(changed.code, 0, "{}", said(&changed));
    gated.emulator.hands("client('dynamodb').put_item(TableName='answers', Item={'id': {'S': '1'}})");
    gated.file("main.tf", &table("number", false));
    let replaced = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(replaced.code, 11, "{}", said(&replaced));
    for words in ["is destroyed and created again", "forces it", "T4"] {
        assert!(said(&replaced).contains(words), "{words}: {}", said(&replaced));
    }
    let items = "print(client('dynamodb').scan(TableName='answers')['Count'])";
    assert_eq!(gated.emulator.hands(items).trim(), "1");
    gated.home.verify();
}

#[test]
fn a_daemon_that_dies_in_an_apply_loses_no_state() {
    let Some(mut gated) = Gated::new(DEVELOPMENT) else { return };
    gated.file("main.tf", &format!("{PROVIDER}{SMALL}{HOOK}"));
    gated.file("app.txt", "one");
    gated.file("hook.sh", "exit 0\n");
    assert_eq!(gated.terraform(&["apply", "-auto-approve"]).code, 0);
    let serial = |gated: &Gated| {
        gated.workspaces()[0]["versions"].as_array().unwrap().last().unwrap()["serial"].clone()
    };
    let before = serial(&gated);
    gated.file("hook.sh", "sleep 60\n");
    let mut running = gated.home.start(&["terraform", "apply", "-replace=terraform_data.hook"]);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while gated.rows("allowed", "terraform:apply") < 2 {
        assert!(std::time::Instant::now() < until, "it never came to the apply");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    std::thread::sleep(std::time::Duration::from_secs(5));
    gated.restart();
    let _ = running.kill();
    let _ = running.wait();
    assert!(serial(&gated).as_u64() >= before.as_u64());
    // Nobody holds a lock, and what was begun is known to be unknown.
    gated.file("hook.sh", "exit 0\n");
    let again = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(again.code, 0, "{}", said(&again));
    assert!(gated.rows("outcome-unknown", "terraform:apply") > 0);
    gated.home.verify();
}

const HOOK: &str = r#"
resource "terraform_data" "hook" {
  provisioner "local-exec" {
    command = "sh hook.sh"
  }
}
"#;

#[test]
fn what_runs_beside_a_plan_does_nothing_of_its_own() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    gated.emulator.hands("client('s3').create_bucket(Bucket='precious')");
    gated.file("main.tf", &format!("{PROVIDER}{SMALL}{HOOK}"));
    gated.file("app.txt", "one");
    // Of the operations of the plan one, on another target; and one that the plan does not have.
    for (script, code) in [
        (call("PUT", "precious/app.txt"), 1),
        (call("DELETE", "precious"), 1),
        ("curl -s -m 5 https://example.org > /dev/null\n".to_owned(), 1),
        ("env | grep -c AKIA\n".to_owned(), 1),
        // The provider has a stand-in, which tells only the types that are named.
        ("printenv TF_REATTACH_PROVIDERS | grep -q hashicorp/aws\n".to_owned(), 0),
        ("cat /etc/passwd ~/.aws/credentials 2>/dev/null\n".to_owned(), 1),
    ] {
        gated.file("hook.sh", &script);
        let done = gated.terraform(&["apply", "-auto-approve", "-replace=terraform_data.hook"]);
        assert_eq!(done.code, code, "{script}: {}", said(&done));
    }
    let kept = "print([b['Name'] for b in client('s3').list_buckets()['Buckets']])\n\
        print(client('s3').list_objects_v2(Bucket='precious').get('KeyCount'))";
    assert_eq!(
        gated.emulator.hands(kept).split_whitespace().last(),
        Some("0"),
        "{}",
        gated.emulator.hands(kept)
    );
    let operations: Vec<Value> =
        gated.stopped().iter().map(|row| row["public"]["operation"].clone()).collect();
    assert!(operations.contains(&"aws:s3:PutObject".into()), "{operations:?}");
    assert!(operations.contains(&"aws:s3:DeleteBucket".into()), "{operations:?}");
    // While a plan is made nothing may change, whoever asks.
    gated.file("hook.sh", "exit 0\n");
    let script = call("DELETE", "precious").replace('"', "\\\"");
    gated.file(
        "data.tf",
        &format!("data \"external\" \"x\" {{\n  program = [\"sh\", \"-c\", \"{}\"]\n}}\n", script.trim()),
    );
    let planned = gated.terraform(&["plan"]);
    assert_ne!(planned.code, 0, "{}", said(&planned));
    assert!(gated.emulator.hands(kept).contains("precious"));
    gated.home.verify();
}

/// A call of S3's, signed with the key that is there.
fn call(method: &str, path: &str) -> String {
    format!(
        "curl -sS --fail-with-body -X {method} --aws-sigv4 aws:amz:us-east-1:s3 -u \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \
         https://s3.us-east-1.amazonaws.com/{path}\n"
    )
}
