//! Ways round and ways back: what a configuration says of its state, plans that failed, and an apply that is taken back.
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

fn said(output: &interlock_tests::Output) -> String {
    format!("{}{}", output.out, output.err)
}

/// A table of production, under this address, of this name, and with more said of it.
fn table(address: &str, name: &str, more: &str) -> String {
    format!(
        "resource \"aws_dynamodb_table\" \"{address}\" {{\n  name = \"{name}\"\n  billing_mode = \"PAY_PER_REQUEST\"\n  \
         hash_key = \"id\"\n  attribute {{\n    name = \"id\"\n    type = \"S\"\n  }}\n{more}}}\n"
    )
}

const TABLES: &str = "print(client('dynamodb').list_tables()['TableNames'])";

#[test]
fn what_a_configuration_says_of_its_state_is_said_to_people() {
    let Some(gated) = Gated::new("") else { return };
    let guard = "  lifecycle {\n    prevent_destroy = true\n  }\n";
    gated.file("main.tf", &format!("{PROVIDER}{}", table("answers", "answers", guard)));
    let made = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(made.code, 0, "{}", said(&made));
    assert!(gated.verified(), "{}", gated.home.log());
    // A plan that failed is none, whatever file it left.
    let failed = gated.terraform(&["plan", "-destroy", "-out=failed"]);
    assert_eq!(failed.code, 1, "{}", said(&failed));
    assert!(said(&failed).contains("prevent_destroy"), "{}", said(&failed));
    let applied = gated.terraform(&["apply", "failed"]);
    assert_eq!(applied.code, 10, "{}", said(&applied));
    assert!(said(&applied).contains("it is no plan that Interlock made"), "{}", said(&applied));
    let step = |what: &str, text: &str, options: &[&str], words: &[&str]| {
        gated.file("main.tf", &format!("{PROVIDER}{text}"));
        let command: Vec<&str> = ["apply", "-auto-approve"].iter().chain(options).copied().collect();
        let held = gated.terraform(&command);
        assert_eq!(held.code, 11, "{what}: {}", said(&held));
        let card = gated.home.cli(&["request", "show", &held.ticket()]).ok().out;
        for words in words {
            assert!(card.contains(words), "{what}: {words}: {card}");
        }
    };
    // Its block goes: so does its guard.
    let all = "the task says nothing of taking anything away, and this plan destroys 1 of the 1 in the state";
    let guarded = "`prevent_destroy` guarded it in the last configuration that was good";
    step("no block", "", &[], &["table answers (0 items, 0 bytes) is deleted", guarded, all]);
    // It is left behind, and nobody manages it any more.
    let removed =
        "removed {\n  from = aws_dynamodb_table.answers\n  lifecycle {\n    destroy = false\n  }\n}\n";
    step("removed", removed, &[], &["Terraform forgets it", guarded]);
    // It is said to be another one, which has to be made anew for that.
    let moved = format!(
        "{}moved {{\n  from = aws_dynamodb_table.answers\n  to   = aws_dynamodb_table.papers\n}}\n",
        table("papers", "papers", "")
    );
    step(
        "moved",
        &moved,
        &[],
        &[
            "(was aws_dynamodb_table.answers) is destroyed and created again: `name` forces it",
            "-> \"papers\" (forces it)",
            "T4",
        ],
    );
    // A part of a plan says nothing of the rest.
    let two = format!("{}{}", table("answers", "answers", guard), table("more", "more", ""));
    step(
        "target",
        &two,
        &["-target=aws_dynamodb_table.more"],
        &["it is a part of what the configuration asks for (`-target`"],
    );
    assert_eq!(gated.emulator.hands(TABLES), "['answers']");
    gated.home.verify();
}

/// A setting of this value.
fn setting(value: u32) -> String {
    format!(
        "{PROVIDER}resource \"aws_ssm_parameter\" \"papers\" {{\n  name = \"dev-papers\"\n  type = \"String\"\n  value = \
         \"{value}\"\n}}\n"
    )
}

const VALUE: &str = "print(client('ssm').get_parameter(Name='dev-papers')['Parameter']['Value'])";

#[test]
fn an_apply_is_taken_back_by_its_calls() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    for value in [30, 60] {
        gated.file("main.tf", &setting(value));
        let done = gated.terraform(&["apply", "-auto-approve"]);
        assert_eq!(done.code, 0, "{}", said(&done));
    }
    assert_eq!(gated.emulator.hands(VALUE), "60");
    let rows = gated.home.cli(&["--json", "ledger", "ls", "--limit", "10000"]).ok().json();
    let apply = |row: &&serde_json::Value| {
        row["kind"] == "allowed" && row["public"]["operation"] == "terraform:apply"
    };
    let mut applies: Vec<&serde_json::Value> = rows.as_array().unwrap().iter().filter(apply).collect();
    applies.sort_by_key(|row| row["at"].as_u64());
    let last = applies.last().unwrap()["public"]["action"].as_str().unwrap();
    let preview = gated.home.cli(&["undo", last]).ok();
    assert!(preview.out.contains("dev-papers"), "{}", said(&preview));
    let key = gated.home.private("ana");
    let back = gated.home.cli(&["undo", last, "--key", &key, "--reason", "too long"]).ok();
    assert!(back.out.contains("everything is as it was"), "{}", said(&back));
    assert_eq!(gated.emulator.hands(VALUE), "30");
    // The next plan sees what is there, and not what the state says.
    let plan = gated.terraform(&["plan", "-detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{}", said(&plan));
    assert!(said(&plan).contains("aws_ssm_parameter.papers"), "{}", said(&plan));
    gated.home.verify();
}
