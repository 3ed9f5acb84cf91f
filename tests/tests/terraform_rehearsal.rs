//! What takes two people is played on a twin first, where there is a stage for that.
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

use gated::{Gated, PROVIDER};
use interlock_tests::Emulator;

fn said(output: &interlock_tests::Output) -> String {
    format!("{}{}", output.out, output.err)
}

/// A table of production that says whose bucket it goes with.
const TABLE: &str = r#"
data "aws_s3_bucket" "elsewhere" {
  bucket = "made-by-hand"
}

resource "aws_dynamodb_table" "answers" {
  name         = "answers"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  tags = {
    bucket = data.aws_s3_bucket.elsewhere.id
  }
}
"#;

const TABLES: &str = "print(client('dynamodb').list_tables()['TableNames'])";
const BUCKET: &str = "client('s3').create_bucket(Bucket='made-by-hand')";

#[test]
fn what_takes_two_people_is_played_on_a_twin_first() {
    let stage = Emulator::start();
    let Some(gated) = Gated::on_stage("", &stage) else { return };
    gated.emulator.hands(BUCKET);
    gated.file("main.tf", &format!("{PROVIDER}{TABLE}"));
    let made = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(made.code, 0, "{}", said(&made));
    assert!(gated.verified(), "{}", gated.home.log());
    assert!(!stage.log().contains("POST"), "what nobody is asked about is not rehearsed");
    gated.emulator.hands("client('dynamodb').put_item(TableName='answers', Item={'id': {'S': '1'}})");
    // The stage has nothing of what the configuration looks for: nothing can be shown there.
    let held = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(held.code, 11, "{}", said(&held));
    assert!(said(&held).contains("the rehearsal at staging did NOT go as planned"), "{}", said(&held));
    gated.approve(&held.ticket());
    let still = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!((still.code, still.ticket()), (11, held.ticket()), "{}", said(&still));
    assert!(said(&still).contains("approved, still waiting for rehearsal"), "{}", said(&still));
    let card = gated.home.cli(&["request", "show", &held.ticket()]).ok().out;
    assert!(card.contains("NOT as planned, at staging"), "{card}");
    // Once it has, the same plan is played; nothing of it happens in earnest, and nothing is left of it.
    stage.hands(BUCKET);
    let played = gated.terraform(&["rehearse", "-destroy"]);
    assert_eq!(played.code, 0, "{}", said(&played));
    for words in [
        "the rehearsal at staging went as planned",
        "changes applied there: 1, of which 1 destroy something",
        "nothing left to do",
    ] {
        assert!(said(&played).contains(words), "{words}: {}", said(&played));
    }
    assert_eq!(stage.hands(TABLES), "[]");
    assert_eq!(gated.emulator.hands(TABLES), "['answers']");
    let card = gated.home.cli(&["request", "show", &held.ticket()]).ok().out;
    assert!(card.contains("rehearsed  as planned, at staging"), "{card}");
    let gone = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(gone.code, 0, "{}", said(&gone));
    assert_eq!(gated.emulator.hands(TABLES), "[]");
    assert_eq!(gated.workspaces().len(), 1, "a twin is no workspace of anybody's");
    gated.home.verify();
}

/// A table that guards itself, and is guarded, or not.
fn guarded(guard: bool) -> String {
    format!(
        "{PROVIDER}resource \"aws_dynamodb_table\" \"answers\" {{\n  name = \"answers\"\n  billing_mode = \"PAY_PER_REQUEST\"\n  \
         hash_key = \"id\"\n  deletion_protection_enabled = {guard}\n  attribute {{\n    name = \"id\"\n    type = \"S\"\n  \
         }}\n  lifecycle {{\n    prevent_destroy = true\n  }}\n}}\n"
    )
}

#[test]
fn what_the_stage_does_not_show_is_not_rehearsed() {
    let stage = Emulator::start();
    let Some(gated) = Gated::on_stage("", &stage) else { return };
    gated.file("main.tf", &guarded(true));
    assert_eq!(gated.terraform(&["apply", "-auto-approve"]).code, 0);
    assert!(gated.verified(), "{}", gated.home.log());
    // A guard goes: an update, and nothing is destroyed. The twin goes afterwards, whatever its configuration says.
    gated.file("main.tf", &guarded(false));
    let held = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(held.code, 11, "{}", said(&held));
    assert!(said(&held).contains("the rehearsal at staging went as planned"), "{}", said(&held));
    assert!(
        said(&held).contains("changes applied there: 1, of which 0 destroy something"),
        "{}",
        said(&held)
    );
    assert_eq!(stage.hands(TABLES), "[]");
    // What is only there in earnest cannot be shown: a plan that does something else elsewhere.
    let mut elsewhere = guarded(false);
    elsewhere.push_str("data \"aws_s3_bucket\" \"here\" {\n  bucket = \"made-by-hand\"\n}\nresource \"terraform_data\" \"x\" {\n  \
         count = data.aws_s3_bucket.here.region == \"us-east-1\" ? 1 : 0\n}\n");
    gated.emulator.hands(BUCKET);
    stage.hands(
        "client('s3').create_bucket(Bucket='made-by-hand', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})",
    );
    gated.file("main.tf", &elsewhere);
    let held = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(held.code, 11, "{}", said(&held));
    let words = "terraform_data.x[0] is created in the plan, and not in the rehearsal";
    assert!(said(&held).contains(words) && said(&held).contains("did NOT go as planned"), "{}", said(&held));
    gated.home.verify();
}

#[test]
fn nothing_is_rehearsed_in_earnest() {
    let Some(gated) = Gated::new("") else { return };
    gated.file("main.tf", PROVIDER);
    let nowhere = gated.terraform(&["rehearse"]);
    assert_eq!(nowhere.code, 10, "{}", said(&nowhere));
    assert!(said(&nowhere).contains("there is no place to rehearse in"), "{}", said(&nowhere));
}
