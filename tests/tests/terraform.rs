//! Terraform with the real AWS provider, unchanged: thirty kinds of resources live and die in development without a
//! word, and the same configuration in production loses no data.

mod tf;

use interlock_tests::{Emulator, Home};
use serde_json::Value;
use tf::found;

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

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
        let targets: Vec<_> = targets.map(|target| format!("{}({})", target["id"], target["relation"])).collect();
        let rules = row["private"]["reasons"].as_array().into_iter().flatten();
        let rules: Vec<_> = rules.map(|reason| reason["rule"].to_string()).collect();
        let public = &row["public"];
        format!("{} {} {} {} {targets:?} {rules:?}\n", row["kind"], public["operation"], public["tier"], public["ticket"])
    };
    rows.iter().map(line).collect()
}

#[test]
fn thirty_kinds_are_made_changed_and_removed_in_development() {
    let Some(terraform) = found() else { return };
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], DEVELOPMENT);
    terraform.of_agent(&home, "dev-app");
    for arguments in [
        ["apply", "-auto-approve", "-var=release=1"].as_slice(),
        &["apply", "-auto-approve", "-var=release=2"],
        &["destroy", "-auto-approve", "-refresh=false", "-var=release=2"],
    ] {
        let done = terraform.run(&home, arguments);
        assert!(done.code == 0, "{arguments:?}: {}\n{}", done.err, brief(&stopped(&home)));
    }
    assert!(stopped(&home).is_empty(), "{}", brief(&stopped(&home)));
    let counted: Vec<_> = ledger(&home).into_iter().filter(|row| row["public"]["destroys"].is_u64()).collect();
    assert!(counted.is_empty(), "not known to be the agent's own: {}", brief(&counted));
    home.verify();
}

#[test]
fn what_holds_data_stays_in_production() {
    let Some(terraform) = found() else { return };
    let emulator = Emulator::start();
    let state = terraform.by_hand(&emulator, "prod-app");
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], "");
    terraform.hand_over(&home, "prod-app", &state);
    let destroy = ["destroy", "-auto-approve", "-refresh=false"];
    let done = terraform.run(&home, &destroy);
    panic!("{}\n{}\n{}", done.out, done.err, brief(&stopped(&home)));
}
