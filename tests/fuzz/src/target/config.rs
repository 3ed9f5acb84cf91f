//! `interlock.toml`, and what the command line and agents send to the daemon.

use std::path::Path;

use interlock_api::{AddAgent, AddPerson, FreezeRequest, HookNote, LedgerQuery, OpenSession, Signed};
use interlock_daemon::{config::Config, explain::AwsInput};

use crate::{Target, cursor::Cursor, seeds};

const EXAMPLE: &str = r#"
[mode]
enforce = "observe"
[aws]
credentials = { profile = "interlock" }
upstream = "http://127.0.0.1:5000"
[[environment]]
name = "production"
match = { tag = { env = "prod*" } }
[[environment]]
name = "development"
match = { account = ["111122223333"], name = ["dev-*", "[a-z]{1,2}**"] }
[class.builder]
production = "read-only"
[approval]
cooling_off = "12h"
expires = "90m"
[approval.roles]
database-owner = ["ana", "bo"]
[ledger]
reads = "before"
[fail]
reads = "allow"
[egress]
allow = ["api.anthropic.com"]
[run]
lease = "8h"
pass = ["A"]
"#;

pub(super) const TARGET: Target = Target {
    name: "config",
    about: "interlock.toml, its patterns and periods, and the bodies of the daemon's API",
    millis: 1_000,
    run,
    seeds: || {
        let bodies = [
            r#"{"agent":"a","task":"t","scope":["dev-*"],"secrets":[],"prompt":"p","resume":"ses-1","advisory":true,"proof":{"person":"ana","at":1,"nonce":"n","signature":"s"}}"#,
            r#"{"scope":{"service":"rds"},"by":"ana","reason":"r"}"#,
            r#"{"event":"PreToolUse","tool":"Bash","command":"ls"}"#,
            r#"{"method":"POST","url":"https://rds.us-east-1.amazonaws.com/","headers":{},"body_base64":"QWN0aW9uPUE="}"#,
        ];
        let mut seeds = vec![[&[0], EXAMPLE.as_bytes()].concat()];
        seeds.extend(bodies.iter().map(|body| [&[1], body.as_bytes()].concat()));
        for kind in [0, 1] {
            seeds.extend(seeds::hostile_bodies().iter().map(|body| [&[kind], body.as_slice()].concat()));
        }
        for glob in ["*", "**/", "{a,", "[", "?", "{a,b}"] {
            let text = glob.repeat(2_000);
            let text = format!("[[environment]]\nname = \"a\"\nmatch = {{ name = [\"{text}\"] }}\n");
            seeds.push([&[0], text.as_bytes()].concat());
        }
        seeds
    },
};

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.below(2);
    let Ok(text) = std::str::from_utf8(cursor.rest()) else { return };
    if kind == 0 {
        if let Ok(config) = Config::parse(Path::new("interlock.toml"), text) {
            let written = toml::to_string(&config).expect("what was read can be written");
            let again = Config::parse(Path::new("interlock.toml"), &written)
                .unwrap_or_else(|error| panic!("{error}: {written}"));
            assert_eq!(again, config);
        }
        return;
    }
    if let Ok(open) = serde_json::from_str::<OpenSession>(text) {
        let opening = |home: &str| open.opening(home.to_owned(), "ana".into(), 1, "n".to_owned());
        assert_ne!(opening("a"), opening("b"));
    }
    let _ = serde_json::from_str::<Signed>(text);
    let _ = serde_json::from_str::<(AddPerson, AddAgent)>(text);
    let _ = serde_json::from_str::<FreezeRequest>(text);
    let _ = serde_json::from_str::<LedgerQuery>(text);
    let _ = serde_json::from_str::<HookNote>(text);
    if serde_json::from_str::<AwsInput>(text).is_ok() {
        let value = serde_json::from_str(text).unwrap();
        let _ = interlock_daemon::explain::aws(&value, None, super::policy::shipped());
    }
}
