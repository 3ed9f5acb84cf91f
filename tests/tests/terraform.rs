//! Terraform with the real AWS provider, unchanged: thirty kinds of resources live and die in development without a
//! word, and the same configuration in production loses no data.

mod tf;

use interlock_tests::{Emulator, Home};
use serde_json::Value;
use tf::{Configuration, found};

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

/// Every call that was held or refused, with who said why: the ledger's words.
fn stopped(home: &Home) -> Vec<String> {
    let rows = home.cli(&["--json", "ledger", "ls", "--limit", "5000"]).ok().json();
    let rows = rows.as_array().unwrap().clone();
    let stopped =
        rows.iter().filter(|row| ["held", "refused"].contains(&row["kind"].as_str().unwrap_or_default()));
    stopped.map(Value::to_string).collect()
}

#[test]
fn thirty_kinds_are_made_changed_and_removed_in_development() {
    let Some(terraform) = found() else { return };
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], DEVELOPMENT);
    let configuration = Configuration::of_agent(&home, &terraform, "dev-app");
    let made = configuration.run(&home, &["apply", "-auto-approve"]);
    let tickets: Vec<_> = home.requests().iter().map(Value::to_string).collect();
    assert!(made.code == 0, "{}\n{:#?}\n{:#?}", made.err, tickets, stopped(&home));
    let changed = configuration.run(&home, &["apply", "-auto-approve", "-var=release=2"]);
    assert!(changed.code == 0, "{}\n{:#?}", changed.err, stopped(&home));
    let gone = configuration.run(&home, &["destroy", "-auto-approve", "-refresh=false", "-var=release=2"]);
    assert!(gone.code == 0, "{}\n{:#?}", gone.err, stopped(&home));
    assert!(stopped(&home).is_empty(), "{:#?}", stopped(&home));
    home.verify();
}
