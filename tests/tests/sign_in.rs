//! Signing in by a provider: a certified OpenID Connect server, and the console in a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
};

use browsed::{Browsed, DEVELOPMENT, modules};
use serde_json::json;

/// A provider; ended with its test.
struct Provider {
    child: Child,
    /// It goes on writing there.
    _out: BufReader<ChildStdout>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Provider {
    fn start(browsed: &Browsed, issuer: &str, secret: Option<&str>, algorithm: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/provider.cjs");
        let back = format!("{}/sign-in/oidc/back", browsed.console());
        let given = json!({"issuer": issuer, "back": back, "secret": secret, "algorithm": algorithm});
        let mut child = Command::new("node")
            .args([script, &given.to_string()])
            .env("NODE_PATH", modules())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is no `node`: run `cargo xtask setup`");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let ready = out.by_ref().lines().map_while(Result::ok).any(|line| line == "ready");
        assert!(ready, "the provider does not start");
        Self { child, _out: out }
    }
}

fn issuer() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://localhost:{port}")
}

fn browsed(issuer: &str, more: &str) -> Browsed {
    let oidc = format!(
        "[console.oidc]\nissuer = \"{issuer}\"\nname = \"Example\"\nclient_id = \"interlock\"\n{more}"
    );
    Browsed::new(&["ana", "bo", "cy"], &format!("{DEVELOPMENT}{oidc}"))
}

#[test]
fn people_come_in_by_an_address_that_their_provider_has_verified() {
    let issuer = issuer();
    let more = "client_secret_file = \"oidc\"\nclaim = \"email\"\n\
                people = { bo = \"bo@example.com\", cy = \"cy@example.com\", ana = \"unsure@example.com\" }\n";
    let browsed = browsed(&issuer, more);
    let secret = "s3cret & more: +like %20 others";
    std::fs::write(browsed.home.root().join("oidc"), secret).unwrap();
    browsed.database("prod-school");
    let ticket = browsed.wipe("prod-school").ticket();
    let _provider = Provider::start(&browsed, &issuer, Some(secret), "RS256");
    browsed.drive("sign_in", &[("ticket", &ticket), ("unsure", "has not verified")]);

    let entries = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "signed-in"]).ok().json();
    let entries = entries.as_array().unwrap();
    let came = entries.iter().filter(|entry| entry["public"]["provider"] == issuer.as_str());
    let came: Vec<_> = came.map(|entry| entry["public"]["person"].as_str().unwrap()).collect();
    assert_eq!(came, ["cy", "cy", "bo"], "{entries:?}");
    let tried = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "attempt"]).ok().json();
    let tried = tried.as_array().unwrap().iter().filter(|entry| entry["public"]["what"] == "sign-in").count();
    assert_eq!(tried, 7, "each that did not hold is written down");
    browsed.home.verify();
}

#[test]
fn people_come_in_by_the_providers_own_name_and_go_with_their_keys() {
    let issuer = issuer();
    let mut browsed = browsed(&issuer, "people = { bo = \"bo\", cy = \"cy\" }\n");
    browsed.database("prod-school");
    let ticket = browsed.wipe("prod-school").ticket();
    let mut provider = Provider::start(&browsed, &issuer, None, "ES256");
    browsed.drive("sign_in", &[("ticket", &ticket)]);
    browsed.drive("sign_in_over", &[]);
    provider.child.kill().unwrap();
    provider.child.wait().unwrap();
    // What it said of itself a moment ago is not known to a daemon that was not there.
    browsed.stopped(|_| ());
    browsed.drive("sign_in_down", &[]);
    browsed.home.verify();
}
