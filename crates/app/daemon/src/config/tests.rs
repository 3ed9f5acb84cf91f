use std::path::Path;

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("interlock.toml"), text)
}

#[test]
fn the_designs_example_is_taken() {
    let config = parse(
        r#"
        [aws]
        credentials = { profile = "interlock" }
        upstream = "http://127.0.0.1:5000"
        [[environment]]
        name = "production"
        match = { tag = { env = "prod*" } }
        [[environment]]
        name = "development"
        match = { account = ["111122223333"], name = ["dev-*"] }
        [approval]
        cooling_off = "12h"
        [approval.roles]
        database-owner = ["ana", "bo"]
        [egress]
        allow = ["api.anthropic.com"]
        "#,
    )
    .unwrap();
    assert_eq!(config.environments.len(), 2);
    assert_eq!(config.approval.cooling_off, Period::hours(12));
    assert_eq!(config.approval.solo_delay, Period::minutes(10));
}

#[test]
fn an_unknown_field_is_refused_with_its_place() {
    let error = parse("[aws]\nupstraem = \"x\"\n").unwrap_err().to_string();
    assert!(error.contains("upstraem") && error.contains("line 2"), "{error}");
}

#[test]
fn an_unknown_class_and_a_bad_period_are_refused() {
    assert!(
        parse("[class.wizard]\nproduction = \"read-only\"\n").unwrap_err().to_string().contains("wizard")
    );
    assert!(parse("[approval]\nexpires = \"soon\"\n").unwrap_err().to_string().contains("soon"));
}

#[test]
fn every_measure_of_recovery_is_on_unless_it_is_switched_off() {
    let all = parse("").unwrap().recovery.measures();
    assert_eq!(all, interlock_gateway_aws::Measures::default());
    let some = parse("[recovery]\ninactive_keys = false\ncapture_gib = 1\n").unwrap().recovery.measures();
    assert!(!some.inactive_keys && some.stop_first && some.final_snapshots);
    assert_eq!(some.capture_limit, 1 << 30);
    assert!(parse("[recovery]\nfinal_snapshot = false\n").is_err());
}

#[test]
fn a_wait_without_an_end_is_refused() {
    for longest in
        ["cooling_off = \"30d\"", "solo_delay = \"7d\"", "lone_delay = \"90d\"", "expires = \"30d\""]
    {
        parse(&format!("[approval]\n{longest}\n")).unwrap();
        let longer = longest.replace("0d\"", "1d\"").replace("7d", "8d");
        assert!(parse(&format!("[approval]\n{longer}\n")).is_err(), "{longer}");
    }
    assert!(parse("[approval]\nsolo_delay = \"36500d\"\n").is_err());
}

#[test]
fn a_stage_is_another_place_by_whatever_name() {
    let stage = |upstream: &str| {
        parse(&format!(
            "[aws]\nupstream = \"http://127.0.0.1:5000\"\n[terraform.rehearsal]\ncredentials = \"environment\"\nupstream = \
             \"{upstream}\"\n"
        ))
    };
    for itself in
        ["http://127.0.0.1:5000", "http://127.0.0.1:5000/", "http://localhost:5000", "http://[::1]:5000"]
    {
        assert!(stage(itself).unwrap_err().to_string().contains("in earnest"), "{itself}");
    }
    let emulator = |upstream: &str| stage(upstream).unwrap().terraform.rehearsal.unwrap().is_emulator();
    assert!(emulator("http://127.0.0.1:5001"));
    for aws in ["https://{service}.{region}.amazonaws.com", "https://dynamodb.eu-west-1.amazonaws.com"] {
        assert!(!emulator(aws), "{aws}");
    }
}
