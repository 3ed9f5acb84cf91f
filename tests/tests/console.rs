//! The console, in a real browser with a virtual authenticator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use browsed::{Browsed, DEVELOPMENT};

#[test]
fn two_people_read_and_approve_with_passkeys_and_another_denies() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    browsed.database("prod-school");
    browsed.database("prod-other");
    let (ticket, other) = (browsed.wipe("prod-school").ticket(), browsed.wipe("prod-other").ticket());
    browsed.drive("decide", &[("ticket", &ticket), ("other", &other)]);
    browsed.wipe("prod-school").ok();
    let denied = browsed.wipe("prod-other");
    assert!(denied.err.contains("take a snapshot first"), "the agent is told why: {denied:?}");
    browsed.home.verify();
}

#[test]
fn what_an_agent_writes_is_shown_and_does_nothing() {
    let browsed = Browsed::new(&["ana"], DEVELOPMENT);
    browsed.emulator.hands(
        "client('iam').create_role(RoleName='prod-ops', AssumeRolePolicyDocument='{\"Statement\":[]}')",
    );
    let name =
        "<img src=/pwned onerror=alert(1)>\u{202e}txt.\u{1b}[31m<p hx-get=/pwned hx-trigger=load>pr\u{43e}d";
    let task = "</blockquote><script>alert(1)</script><p hx-get=/pwned hx-trigger=load>\u{2066}\u{200b}safe";
    let small = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let put = |name: &str, policy: &str| {
        let words = [
            "aws",
            "iam",
            "put-role-policy",
            "--role-name",
            "prod-ops",
            "--policy-name",
            name,
            "--policy-document",
            policy,
        ];
        browsed.agent(&["--task", task], &words)
    };
    let statements: Vec<String> =
        (0..12_000).map(|n| format!(r#"{{"Effect":"Allow","Action":"s3:{n}","Resource":"*"}}"#)).collect();
    browsed.home.file("policy.json", &format!("{{\"Statement\":[\n{}\n]}}", statements.join(",\n")));
    let (ticket, long) = (put(name, small).ticket(), put("all", "file://policy.json").ticket());
    browsed.drive("hostile", &[("ticket", &ticket), ("long", &long)]);
}

#[test]
fn without_scripts_a_person_decides_all_the_same() {
    let browsed = Browsed::new(&["ana", "bo"], DEVELOPMENT);
    browsed.emulator.hands("[client('sns').create_topic(Name=n) for n in ('prod-a', 'prod-b')]");
    let delete = |name: &str| {
        let arn = format!("arn:aws:sns:us-east-1:123456789012:{name}");
        browsed.home.aws(&["sns", "delete-topic", "--topic-arn", &arn])
    };
    let (ticket, other) = (delete("prod-a").ticket(), delete("prod-b").ticket());
    browsed.drive("plain", &[("ticket", &ticket), ("other", &other)]);
    let told = delete("prod-b");
    assert!(told.err.contains("I've looked"), "{told:?}");
}

#[test]
fn what_nobody_decides_is_a_no() {
    let browsed = Browsed::new(
        &["ana", "bo", "cy"],
        &DEVELOPMENT.replace("[approval]", "[approval]\nexpires = \"8s\""),
    );
    browsed.database("prod-school");
    let ticket = browsed.wipe("prod-school").ticket();
    browsed.drive("expire", &[("ticket", &ticket)]);
}

#[test]
fn in_an_incident_one_person_stands_in_for_people_and_for_nothing_else() {
    let rules = DEVELOPMENT.replace("[approval]", "[approval]\nbreak_glass = [\"bo\"]");
    let browsed = Browsed::new(&["ana", "bo", "cy"], &rules);
    let asked = ["prod-school", "prod-other", "prod-school-late"].map(|name| {
        browsed.database(name);
        browsed.wipe(name).ticket()
    });
    let [ticket, other, late] = asked;
    let held = browsed.drive("glass", &[("ticket", &ticket), ("other", &other), ("late", &late)]);
    browsed.wipe("prod-school").ok();
    browsed.drive("glass_over", &[("held", &held.to_string())]);
    // What the glass let through was not used in time: it is asked for anew, of as many as ever.
    let anew = browsed.wipe("prod-school-late");
    assert!(anew.code != 0 && anew.ticket() != late, "{anew:?}");
    let snapshots = "print([s['DBInstanceIdentifier'] for s in client('rds').describe_db_snapshots(SnapshotType='manual')['DBSnapshots']])";
    assert_eq!(browsed.emulator.hands(snapshots), "['prod-school']", "a recovery point is made all the same");
    assert_ne!(browsed.wipe("prod-other").code, 0);
    let broken = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "glass-broken"]).ok().json();
    assert_eq!(broken[1]["public"]["incident"], "INC-7", "{broken}");
    browsed.home.verify();
}

/// What the browser's own authenticator is certified by. Its key is the same in every Chromium.
const CHROMIUM: &str = "\
-----BEGIN CERTIFICATE-----
MIIB1TCCAXqgAwIBAgIBATAKBggqhkjOPQQDAjBgMQswCQYDVQQGEwJVUzERMA8G
A1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRp
b24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMB4XDTE3MDcxNDAyNDAwMFoX
DTQ2MTExODAxNTAxOVowYDELMAkGA1UEBhMCVVMxETAPBgNVBAoMCENocm9taXVt
MSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0dGVzdGF0aW9uMRowGAYDVQQDDBFC
YXRjaCBDZXJ0aWZpY2F0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI1hfmXJ
UI5kvMVnOsgqZ5naPBRGaCwljEY//99Y39L6Pmw3i1PXlcSk3/tBme3Xhi8jq68C
A7S4kRugVpmU4QGjJTAjMAwGA1UdEwEB/wQCMAAwEwYLKwYBBAGC5RwCAQEEBAMC
AwgwCgYIKoZIzj0EAwIDSQAwRgIhAOBKh6QkLmb6lNEVT2f+UGCh5lJFRPNmTxYG
i5I3CgviAiEAwvU680Jqj99psp/3mm42xEAQgmZnqiC7ELUNPa9hD7A=
-----END CERTIFICATE-----
";

fn asks_makers(roots: &str, models: &[&str]) -> String {
    format!("{DEVELOPMENT}[approval.attestation]\nroots = \"\"\"{roots}\"\"\"\nmodels = {models:?}\n")
}

#[test]
fn where_makers_are_asked_only_theirs_are_taken() {
    let model = "01020304-0506-0708-0102-030405060708";
    let browsed = Browsed::new(&["ana", "bo", "cy"], &asks_makers(CHROMIUM, &[model]));
    let id = browsed.drive("attested", &[("taken", "yes")])["id"].as_str().unwrap().to_owned();
    let asked = browsed.home.cli(&["request", "show", &id]).ok();
    let shown = asked.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in
        ["device-bound passkey SHA256:", "vouched for by `CN=Batch Certificate", &model.replace('-', "")]
    {
        assert!(shown.contains(words), "`{words}`: {}", asked.out);
    }

    let browsed = Browsed::new(&["ana", "bo"], &asks_makers(CHROMIUM, &[&model.replace('8', "9")]));
    browsed.drive("attested", &[("why", "is not among those that are taken")]);
}
