//! The clients that people have, unchanged: boto3, the AWS CLI and the SDK for JavaScript. Every call is known, every
//! call is signed anew so that a service that checks signatures takes it, and no answer carries a real credential.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod checked;

use std::path::PathBuf;

use checked::{Checked, services};
use interlock_tests::{Emulator, Home, binary, skip, tool};

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

fn python() -> String {
    interlock_tests::python().display().to_string()
}

/// Says and asserts how much a client has shown.
fn shown(checked: &Checked, client: &str, least: (usize, usize)) {
    let operations = checked.operations();
    let services = services(&operations);
    println!("{client}: {} operations of {} services: {operations:?}", operations.len(), services.len());
    println!("{client}: {} signatures of Interlock's were checked", checked.checked());
    assert!(operations.len() >= least.0 && services.len() >= least.1);
}

#[test]
fn boto3_works_unchanged() {
    let checked = Checked::new();
    checked.home.file("everyday.py", include_str!("../fixtures/clients/everyday.py"));
    let output = checked.home.run(&[&python(), "everyday.py"]);
    let printed = checked.flows(&output, &["Signature Version 2", "SignatureDoesNotMatch"]);
    assert!(printed.contains("DONE"));
    assert_eq!(checked.given(), 2, "a session token and an assumed role");
    shown(&checked, "boto3", (80, 18));
    checked.home.verify();
}

#[test]
fn the_aws_cli_works_unchanged() {
    let Some(aws) = tool("aws") else { return skip("there is no `aws`") };
    let checked = Checked::new();
    checked.home.file("everyday.sh", include_str!("../fixtures/clients/everyday.sh"));
    let output = checked.home.run(&["sh", "everyday.sh", &aws.display().to_string()]);
    let printed = checked.flows(&output, &[]);
    assert!(printed.contains("DONE"));
    assert_eq!(checked.given(), 1);
    shown(&checked, "aws", (48, 17));
}

#[test]
fn the_javascript_sdk_works_unchanged_by_the_endpoint_door() {
    let Some(modules) = javascript() else { return skip("there is no Node, or no SDK in the target folder") };
    let checked = Checked::new();
    checked.home.file("everyday.mjs", include_str!("../fixtures/clients/everyday.mjs"));
    let modules = modules.display().to_string();
    let output = checked.home.run_with(&["--door", "endpoint"], &["node", "everyday.mjs", &modules]);
    let printed = checked.flows(&output, &[]);
    assert!(printed.contains("DONE"));
    assert_eq!(checked.given(), 1);
    shown(&checked, "JavaScript", (30, 12));
}

/// The folder that `cargo xtask` installs the SDK into.
fn javascript() -> Option<PathBuf> {
    tool("node")?;
    let target = binary().parent()?.parent()?.to_owned();
    let modules = target.join("npm/node_modules");
    modules.join("@aws-sdk/client-s3").is_dir().then_some(modules)
}

/// What the script says of each call: everything but why.
fn calls(printed: &str) -> Vec<String> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("CALL "));
    lines.map(|line| line.split(" |").next().unwrap().to_owned()).collect()
}

#[test]
fn a_service_that_checks_signatures_takes_what_it_takes_from_the_client_itself() {
    let (emulator, id, secret) = Emulator::strict();
    let real = [("AWS_ACCESS_KEY_ID", &*id), ("AWS_SECRET_ACCESS_KEY", &*secret)];
    let (home, _daemon) = Home::with(&emulator.url(), &["ana", "bo", "cy"], DEVELOPMENT, &real);
    home.file("signatures.py", include_str!("../fixtures/clients/signatures.py"));
    let script = home.work().join("signatures.py").display().to_string();
    let straight = std::process::Command::new(python())
        .args([&script, &emulator.url(), "straight"])
        .envs(real)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .unwrap();
    let straight = calls(&String::from_utf8(straight.stdout).unwrap());
    let through = home.run(&[&python(), "signatures.py"]).ok().out;
    let not_taken: Vec<_> = straight.iter().filter(|call| call.ends_with("not taken")).collect();
    println!("of {} calls, the emulator takes these from no client: {not_taken:#?}", straight.len());
    assert!(straight.len() >= 65 && not_taken.len() <= 7, "{straight:#?}");
    assert_eq!(calls(&through), straight, "{through}");
    assert!(home.requests().is_empty(), "{:#?}", home.requests());
}
