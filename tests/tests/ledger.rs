//! What leaves the house, in the hands of strangers: they have the folder, a key, and programs of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use interlock_tests::{Emulator, Home, Scratch};
use serde_json::Value;

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

fn fixture(name: &str) -> Command {
    let mut command = Command::new(interlock_tests::python());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ledger").join(name));
    command
}

/// Runs `interlock …` where there is no home: its status and what it wrote to standard output and error.
fn stranger(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(interlock_tests::binary());
    let output = command.args(arguments).env("INTERLOCK_HOME", "/nowhere/at/all").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn verdict(arguments: &[&str]) -> (i32, Value) {
    let mut all = vec!["--json", "ledger", "verify"];
    all.extend(arguments);
    let (code, out, err) = stranger(&all);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
}

/// The verifier in Python on the same folder.
fn python(folder: &str, key: &str, held: &[&str]) -> Value {
    let output = fixture("verify.py").args([folder, key]).args(held).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let there = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(there.parent().unwrap()).unwrap();
        fs::copy(path, there).unwrap();
    }
}

#[test]
fn a_stranger_verifies_what_was_exported_and_what_was_proved() {
    let (home, _daemon) = Home::before("http://127.0.0.1:9", &["ana"], RULES);
    let scratch = Scratch::new("strangers");
    let (out, older) = (scratch.path().join("out"), scratch.path().join("older"));
    let exported = home.cli(&["--json", "ledger", "export", text(&out)]).ok().json();
    let key = exported["verifier"].as_str().unwrap();
    let entries = exported["entries"].as_u64().unwrap();
    let (code, verified) = verdict(&[text(&out), "--key", key, "--require-bodies"]);
    assert_eq!((code, &verified["verdict"], &verified["entries"]), (0, &"verifies".into(), &entries.into()));
    assert_eq!(python(text(&out), key, &[]), serde_json::json!(["verifies", entries]));
    // Without a key nobody is trusted, least of all the folder's own word.
    let (code, _, err) = stranger(&["ledger", "verify", text(&out)]);
    assert!(code == 2 && err.contains(&format!("--key {key}")), "{err}");

    copy(&out, &older);
    let kept = older.join("checkpoint");
    for name in ["one", "two", "three"] {
        let add = ["agent", "add", name, "--owner", "ana", "--key", &home.private("ana")];
        home.cli(&add).ok();
    }
    let again = home.cli(&["--json", "ledger", "export", text(&out)]).ok().json();
    assert_eq!(again["before"], entries);
    for held in [&kept, &older] {
        let (code, verified) = verdict(&[text(&out), "--key", key, "--trusted", text(held)]);
        assert_eq!((code, verified["entries"].as_u64().unwrap() >= entries + 3), (0, true));
    }
    assert_eq!(python(text(&out), key, &[text(&kept)])[0], "verifies");
    // The other way round, the newer one says that the older one was cut off.
    let newer = out.join("checkpoint");
    let (code, cut) = verdict(&[text(&older), "--key", key, "--trusted", text(&newer)]);
    assert_eq!((code, &cut["verdict"]), (20, &"truncated".into()));
    assert_eq!(python(text(&older), key, &[text(&newer)])[0], "truncated");

    let proof = scratch.file("entry.tlog-proof", &home.cli(&["ledger", "proof", "1"]).ok().out);
    let (code, said, err) = stranger(&["ledger", "check-proof", text(&proof), "--key", key]);
    assert!(code == 0 && said.starts_with("entry 1 stands in interlock/"), "{said}{err}");
    let forged = fs::read_to_string(&proof).unwrap().replace("index 1\n", "index 2\n");
    let forged = scratch.file("forged", &forged);
    assert_eq!(stranger(&["ledger", "check-proof", text(&forged), "--key", key]).0, 20);
    let grown = home.cli(&["ledger", "proof", "--from", text(&kept)]).ok().out;
    let grown = scratch.file("grown", &grown);
    let check = ["ledger", "check-proof", text(&grown), "--from", text(&kept), "--key", key];
    let (code, said, err) = stranger(&check);
    assert!(code == 0 && said.contains(&format!("begins with the one of {entries}")), "{said}{err}");

    // One byte of one entry.
    let bundle = out.join(format!("tile/entries/000.p/{}", again["entries"]));
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[20] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let (code, wrong) = verdict(&[text(&out), "--key", key]);
    assert_eq!((code, &wrong["verdict"], &wrong["entry"]), (20, &"rewritten".into(), &0.into()));
    assert_eq!(python(text(&out), key, &[]), serde_json::json!(["rewritten", 0]));
    let (_, _, err) = stranger(&["ledger", "verify", text(&out), "--key", key]);
    assert!(err.contains("entry 0 was rewritten"), "{err}");
}

/// A witness that is somebody else's program.
struct Witness {
    child: Child,
    folder: Scratch,
    key: String,
    url: String,
}

impl Witness {
    /// Answers nothing useful at first.
    fn start(log: &str) -> Self {
        let folder = Scratch::new("witness");
        folder.file("down", "");
        let mut child =
            fixture("witness.py").arg(folder.path()).arg(log).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (key, url) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
        Self { child, folder, key, url }
    }
    fn up(&self) {
        fs::remove_file(self.folder.path().join("down")).unwrap();
    }
    fn down(&self) {
        self.folder.file("down", "");
    }
    fn seen(&self) -> u64 {
        let text = fs::read_to_string(self.folder.path().join("seen")).unwrap_or_default();
        text.split(' ').next().unwrap().parse().unwrap_or(0)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home whose log this witness cosigned once, and is to go on: the log's key is known only once the home is there.
fn witnessed(emulator: &Emulator) -> (Home, Witness) {
    let (home, daemon) = Home::new(emulator, &["ana", "bo", "cy"], RULES);
    drop(daemon);
    let out = home.work().join("out");
    let key = home.cli(&["--json", "ledger", "export", text(&out)]).ok().json()["verifier"].clone();
    let witness = Witness::start(key.as_str().unwrap());
    let file = home.root().join("interlock.toml");
    let config = format!(
        "[approval]\nlone_delay = \"6s\"\n{}\n[ledger.witness]\nquorum = 1\nwait = \"3s\"\nwitnesses = [{{ key = \"{}\", url = \"{}\" }}]\n",
        fs::read_to_string(&file).unwrap(),
        witness.key,
        witness.url
    );
    fs::write(&file, config).unwrap();
    let apply = [
        "policy",
        "apply",
        "--key",
        &home.private("ana"),
        "--key",
        &home.private("bo"),
        "--reason",
        "a witness",
    ];
    // Whoever does not answer never becomes a witness: nothing could be changed ever after.
    let held = home.cli(&apply);
    assert!(held.code == 11 && held.err.contains("to witness the log, 1 of 1"), "{held:?}");
    assert_eq!(home.cli(&["serve"]).code, 78, "it is not in force");
    witness.up();
    home.cli(&apply).ok();
    witness.down();
    (home, witness)
}

fn approved(home: &Home, table: &str) -> String {
    let wipe = ["dynamodb", "delete-table", "--table-name", table];
    let ticket = home.aws(&wipe).ticket();
    for person in ["bo", "cy"] {
        home.approve(person, &ticket).ok();
    }
    ticket
}

#[test]
fn what_is_worst_waits_for_the_witness() {
    let emulator = Emulator::start();
    emulator.hands(
        "for name in ['prod-a', 'prod-b', 'prod-c']:\n    client('dynamodb').create_table(TableName=name, \
         BillingMode='PAY_PER_REQUEST', KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], \
         AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])\n    \
         client('dynamodb').put_item(TableName=name, Item={'id': {'S': 'a'}})",
    );
    let tables = || emulator.hands("print(client('dynamodb').list_tables()['TableNames'])");
    let (home, witness) = witnessed(&emulator);
    let daemon = home.serve(&[]);
    let wipe = |table| home.aws(&["dynamodb", "delete-table", "--table-name", table]);

    let ticket = approved(&home, "prod-a");
    let held = wipe("prod-a");
    assert_ne!(held.code, 0);
    assert!(held.err.contains("waits for witnesses") && held.err.contains("503"), "{}", held.err);
    assert_eq!(held.ticket(), ticket, "the approvals stand");
    assert_eq!(tables(), "['prod-a', 'prod-b', 'prod-c']");
    witness.up();
    wipe("prod-a").ok();
    assert_eq!(tables(), "['prod-b', 'prod-c']");

    // The approvals can be shown to whoever trusts the witness and not us.
    let key = home.cli(&["--json", "ledger", "proof", "0"]).ok().json()["verifier"].clone();
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "approved"]).ok().json();
    let index = rows[0]["index"].to_string();
    let proof = home.file("approval.tlog-proof", &home.cli(&["ledger", "proof", &index]).ok().out);
    let check =
        ["--json", "ledger", "check-proof", text(&proof), "--key", key.as_str().unwrap(), "--witness"];
    let (code, said, err) = stranger(&[check.as_slice(), &[witness.key.as_str()]].concat());
    assert_eq!(code, 0, "{err}");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["witnesses"][0], &said["leaf"]["kind"]),
        (&"witness.example/test".into(), &"approved".into())
    );
    assert!(said["entries"].as_u64().unwrap() <= witness.seen());
    let newest = home.cli(&["ledger", "proof", &ticket]).ok();
    assert!(newest.err.contains("others about"), "{}", newest.err);

    // A daemon that starts anew learns from the witness how much it has seen.
    drop(daemon);
    let _daemon = home.serve(&[]);
    approved(&home, "prod-b");
    wipe("prod-b").ok();
    // A witness that has seen more than there is: this log was rolled back, or is another.
    let root = fs::read_to_string(witness.folder.path().join("seen")).unwrap();
    let root = root.split(' ').nth(1).unwrap();
    witness.folder.file("seen", &format!("99999 {root}"));
    approved(&home, "prod-c");
    let held = wipe("prod-c");
    assert!(held.code != 0 && held.err.contains("seen 99999 entries"), "{}", held.err);
    assert_eq!(tables(), "['prod-c']");
    home.verify();
}

#[test]
fn what_weakens_waits_for_the_witness_too() {
    let emulator = Emulator::start();
    let (home, witness) = witnessed(&emulator);
    let file = home.root().join("interlock.toml");
    // Whoever wants to go unseen sends the witnesses away in the same breath.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.split("[ledger.witness]").next().unwrap()).unwrap();
    let (ana, bo) = (home.private("ana"), home.private("bo"));
    let apply = || home.cli(&["policy", "apply", "--key", &ana, "--key", &bo, "--reason", "no witness"]);
    let held = apply();
    assert_eq!(held.code, 11, "{held:?}");
    assert!(held.err.contains("nothing has come into force") && held.err.contains("1 of 1"), "{held:?}");
    assert_eq!(home.cli(&["serve"]).code, 78, "what is in force is what was");
    witness.up();
    apply().ok();
    let _daemon = home.serve(&[]);
    home.verify();
}

#[test]
fn witnesses_that_are_gone_are_sent_away_slowly_and_by_everybody() {
    let emulator = Emulator::start();
    let (home, _witness) = witnessed(&emulator);
    let file = home.root().join("interlock.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.split("[ledger.witness]").next().unwrap()).unwrap();
    let keys = ["ana", "bo", "cy"].map(|name| home.private(name));
    let apply = |people: usize| {
        let mut all = vec!["policy", "apply", "--without-witnesses", "--reason", "they are out of business"];
        keys.iter().take(people).for_each(|key| all.extend(["--key", key]));
        home.cli(&all)
    };
    let few = apply(2);
    assert!(few.code == 1 && few.err.contains("cy did not"), "{few:?}");
    let announced = apply(3);
    let begun = std::time::Instant::now();
    assert!(announced.code == 11 && announced.err.contains("may come into force in"), "{announced:?}");
    assert_eq!(apply(3).code, 11, "the wait is not over");
    // Meanwhile what is in force is what was, and every start says what is coming.
    let changed = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text).unwrap();
    let daemon = home.serve(&[]);
    assert!(home.log().contains("SENT AWAY UNHEARD"), "{}", home.log());
    drop(daemon);
    fs::write(&file, changed).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(6).saturating_sub(begun.elapsed()));
    apply(3).ok();
    let _daemon = home.serve(&[]);
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "config-activated"]).ok().json();
    assert_eq!(rows[0]["public"]["without_witnesses"], true, "{rows}");
    home.verify();
}
