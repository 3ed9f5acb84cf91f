//! A hostile script inside `interlock run`, with the real daemon behind it: every attempt by its name, none wins, and each
//! is stopped by what is meant to stop it.
//!
//! The attempts stand in `scenario/hostile.py`. Those that would win on a machine without Interlock are made there first:
//! what cannot win proves nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use interlock_tests::{Daemon, Emulator, Home, Scratch, binary, python, tools_in_sight};
use serde_json::{Value, json};

/// What every planted secret is.
const CANARY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARYKEY1";
const REAL_KEY: &str = "AKIAREALREALREALREAL";

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
[egress]
allow = ["allowed.example", "*.localhost"]
"#;

/// Something empty stands in its place, and tells of whoever reaches for it.
const LURE: &[&str] = &["0 bytes", "ConnectionReset", "BrokenPipe"];

/// Every attempt, and words of what stops it; of several any one.
const STOPPED: &[(&str, &[&str])] = &[
    ("file: AWS credentials", NOT_THERE),
    ("file: an SSH key", LURE),
    ("file: a .netrc", NOT_THERE),
    ("file: the daemon's configuration", NOT_THERE),
    ("file: the daemon's keys", NOT_THERE),
    ("file: the certificate authority's key", NOT_THERE),
    ("file: the store", &["0 files"]),
    ("file: written into the store", &["No such file", "Read-only", "Permission denied"]),
    ("environment: a real key", &["INTERLOCK_SESSION"]),
    ("environment: the SDK's chain finds a real key", &["ILK"]),
    ("proc: any process's environment", &[""]),
    ("proc: the daemon's environment", NOT_THERE),
    ("proc: the daemon's memory", NOT_THERE),
    ("proc: a signal to the daemon", &["No such process"]),
    ("socket: the control socket", LURE),
    ("socket: the doors by their own paths", NOT_THERE),
    ("socket: the key agent", LURE),
    ("socket: the key agent by its variable", &["authentication agent", "No such file"]),
    ("network: the cloud by the host's loopback", NO_WAY),
    ("network: the daemon's proxy by the host's loopback", NO_WAY),
    ("network: the daemon's endpoint by the host's loopback", NO_WAY),
    ("network: the internet", NO_WAY),
    ("network: the metadata address", NO_WAY),
    ("network: the container metadata address", NO_WAY),
    ("network: the cloud by any address of the host", NO_WAY),
    ("network: a name is looked up", &["gaierror"]),
    ("network: a datagram to a name server", NO_WAY),
    ("interlock: a nested run", &["cannot make a sandbox", "69: "]),
    ("interlock: a nested run, unconfined", UNREACHABLE),
    ("interlock: approve with a stolen key", UNREACHABLE),
    ("interlock: enrol a person", UNREACHABLE),
    ("interlock: enrol an agent", UNREACHABLE),
    ("interlock: unfreeze", UNREACHABLE),
    ("interlock: freeze everybody", UNREACHABLE),
    ("interlock: end another session", UNREACHABLE),
    ("interlock: read the ledger", UNREACHABLE),
    ("interlock: serve its home a second time", &["is not an Interlock home"]),
    ("interlock: apply a policy", &["is not an Interlock home"]),
    ("agent socket: another session's request", &["404"]),
    ("agent socket: the list shows another session's requests", &["(200, '[]')"]),
    ("agent socket: without a token", &["401"]),
    ("agent socket: another session's name with one's own token", &["401"]),
    ("agent socket: words put in another session's mouth", &["401"]),
    ("agent socket: the control socket's routes", &["[404]", "[404, 405]"]),
    ("proxy: CONNECT to a host that is not allowed", NOT_NAMED),
    ("proxy: CONNECT to the metadata address", &["metadata services are never let through"]),
    ("proxy: CONNECT to the metadata address as IPv6", &["metadata services are never let through"]),
    ("proxy: CONNECT to the metadata address as a number", NOT_NAMED),
    ("proxy: CONNECT to the cloud on the host's loopback", NOT_NAMED),
    ("proxy: CONNECT to the cloud by the name localhost", NOT_NAMED),
    ("proxy: CONNECT to an AWS name on another port", &["on port 443 only"]),
    ("proxy: CONNECT to a name that only looks like AWS's", NOT_NAMED),
    ("proxy: CONNECT to an allowed host without credentials", &["407"]),
    ("proxy: an allowed name that leads to the host's loopback", &["never let through", "could not reach"]),
    ("proxy: absolute form to the metadata address", &["metadata services are never let through"]),
    ("proxy: absolute form to the cloud", NOT_NAMED),
    ("proxy: absolute form to a host that is not allowed", NOT_NAMED),
    ("proxy: absolute form to AWS, with another host inside", &["names the host"]),
    ("proxy: another session's credentials", &["do not belong to a live session"]),
    ("proxy: another name in TLS than in CONNECT", &["closed", "SSL", "EOF", "reset"]),
    ("proxy: another host in the request than in CONNECT", &["400", "421"]),
    ("signature: none", &["MissingAuthenticationToken"]),
    ("signature: version 2", &["Signature Version 2"]),
    ("signature: version 2 in the body", &["MissingAuthenticationToken"]),
    ("signature: version 2 in a header", &["Signature Version 2"]),
    ("signature: a bearer token", &["bearer tokens are not accepted"]),
    ("signature: a key that is none of Interlock's", &["InvalidClientTokenId"]),
    ("signature: the real key's id with a guessed secret", &["InvalidClientTokenId"]),
    ("signature: another session's key id with one's own secret", &["SignatureDoesNotMatch"]),
    ("signature: the key of a session that has ended", &["InvalidClientTokenId", "lease"]),
    ("signature: replayed an hour later", &["more than 15 minutes"]),
    ("signature: made for tomorrow", &["more than 15 minutes"]),
    ("signature: the body changed after signing", &["SignatureDoesNotMatch"]),
    ("signature: the path's query changed after signing", &["SignatureDoesNotMatch"]),
    (
        "signature: an unsigned header names another operation",
        &["must be among the signed headers", "InvalidSignatureException"],
    ),
    (
        "signature: a second target header",
        &["InvalidSignatureException", "ambiguous", "cannot tell", "twice"],
    ),
    (
        "signature: signed for another service than is asked",
        &["cannot tell", "AccessDenied", "SignatureDoesNotMatch"],
    ),
    ("signature: a presigned address that has expired", &["presigned URL has expired"]),
    ("signature: two of them", &["ambiguous", "400"]),
    ("smuggling: two lengths", &["400"]),
    ("smuggling: length and chunks", &["</DescribeDBInstancesResponse>", "400"]),
    ("smuggling: a parameter twice", &["cannot tell for certain"]),
    ("host: the cloud's own address, signed", HELD),
    ("host: another host, signed", HELD),
    ("host: forwarded elsewhere by a header", HELD),
    ("host: another method by a header", &["asks for another method or path"]),
    ("host: absolute form at the endpoint door", &["400", "403"]),
    ("host: CONNECT at the endpoint door", &["endpoint door"]),
    ("decision: the wipe itself", HELD),
    ("decision: the wipe in other letters", HELD),
    ("decision: the wipe fifty times at once", HELD),
    ("decision: credentials that STS issues", &["Interlock holds aws:sts:GetSessionToken"]),
    ("decision: a presigned deletion", &["Interlock holds"]),
    ("ended: the virtual key", &["InvalidClientTokenId", "lease"]),
    ("ended: a read by an SDK", &["InvalidClientTokenId", "lease"]),
    ("ended: the token at the agents' socket", &["401"]),
    ("ended: the proxy credentials", &["407"]),
];

const NOT_THERE: &[&str] =
    &["No such file", "FileNotFound", "Permission denied", "Connection refused", "NotADirectory"];
const NO_WAY: &[&str] = &["refused", "unreachable", "timed out", "not permitted", "no address"];
const UNREACHABLE: &[&str] = &["69: "];
const NOT_NAMED: &[&str] = &["no pattern of `[egress] allow` names it"];
const HELD: &[&str] = &["Interlock holds aws:rds:DeleteDBInstance"];

/// The machine of a person who launches agents: secrets at home, a key agent, a home of Interlock in sight.
struct Machine {
    emulator: Emulator,
    home: Home,
    daemon: Daemon,
    person: Scratch,
    key_agent: Child,
    known: PathBuf,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.key_agent.kill();
        let _ = self.key_agent.wait();
    }
}

impl Machine {
    fn new() -> Self {
        let emulator = Emulator::start();
        emulator.hands(
            "client('rds').create_db_instance(DBInstanceIdentifier='prod-school', DBInstanceClass='db.t3.micro', \
             Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')\n\
             client('s3').create_bucket(Bucket='prod-files')\nclient('s3').put_object(Bucket='prod-files', Key='a', Body=b'x')",
        );
        let (home, daemon) =
            Home::at(Scratch::in_sight("h"), &emulator.url(), &["ana", "bo", "cy"], RULES, &[]);
        home.cli(&["agent", "add", "other", "--owner", "ana", "--key", &home.private("ana")]).ok();
        drop(daemon);
        let daemon = home.serve(&[("AWS_SECRET_ACCESS_KEY", CANARY)]);
        let person = Scratch::in_sight("p");
        person.file(
            ".aws/credentials",
            &format!("[default]\naws_access_key_id={REAL_KEY}\naws_secret_access_key={CANARY}\n"),
        );
        person.file(".netrc", &format!("machine a login b password {CANARY}\n"));
        let key = std::fs::read_to_string(home.private("bo")).unwrap();
        person.file(".ssh/id_ed25519", &format!("{key}# {CANARY}\n"));
        // A key that got out of its home: readable inside, and still worth nothing there.
        let stolen = home.file("stolen", &key);
        home.file("stolen.pub", &std::fs::read_to_string(home.public("bo")).unwrap());
        std::fs::set_permissions(&stolen, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let socket = person.path().join("agent.sock");
        let key_agent =
            Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let added =
            Command::new("ssh-add").arg("-q").arg(home.private("bo")).env("SSH_AUTH_SOCK", &socket).status();
        assert!(added.unwrap().success());
        let mut machine = Self { emulator, home, daemon, person, key_agent, known: PathBuf::new() };
        machine.known = machine.know(&stolen, &socket);
        machine
    }

    /// The file of what the script somehow got to know.
    fn know(&self, stolen: &Path, key_agent: &Path) -> PathBuf {
        let root = self.home.root();
        let port = |name: &str| {
            let url = self.daemon.ready[name].as_str().unwrap();
            url.rsplit(':').next().unwrap().trim_end_matches('/').parse::<u16>().unwrap()
        };
        let keys = std::fs::read_dir(root.join("keys"))
            .ok()
            .and_then(|mut all| all.next())
            .map(|one| one.unwrap().path());
        let authority = std::fs::read_dir(root.join("tls")).unwrap().map(|one| one.unwrap().path());
        let authority = authority.into_iter().find(|path| path.to_string_lossy().contains("key"));
        let ended = self.session("claude", false);
        let other = self.session("other", true);
        let addresses = Command::new("hostname").arg("-I").output().unwrap().stdout;
        let addresses = String::from_utf8(addresses).unwrap();
        let known = json!({
            "canary": CANARY,
            "real_key": REAL_KEY,
            "files": {
                "AWS credentials": self.person.path().join(".aws/credentials"),
                "an SSH key": self.person.path().join(".ssh/id_ed25519"),
                "a .netrc": self.person.path().join(".netrc"),
                "the daemon's configuration": root.join("interlock.toml"),
                "the daemon's keys": keys.unwrap_or_else(|| root.join("keys")),
                "the certificate authority's key": authority.unwrap_or_else(|| root.join("tls")),
            },
            "interlock_home": root,
            "ssh_agent": key_agent,
            "daemon": self.daemon.id(),
            "moto": self.emulator.url().rsplit(':').next().unwrap().parse::<u16>().unwrap(),
            "proxy_port": port("aws_proxy"),
            "endpoint_port": port("aws"),
            "host_addresses": addresses.split_whitespace().collect::<Vec<_>>(),
            "binary": binary(),
            "stolen_key": stolen,
            "ticket": other["ticket"],
            "other": other,
            "ended": ended,
        });
        self.home.file("known.json", &known.to_string())
    }

    /// A session of an agent: its key, and a request that it waits for.
    fn session(&self, agent: &str, asks: bool) -> Value {
        let ask = if asks {
            "try:\n    boto3.client('rds').stop_db_instance(DBInstanceIdentifier='prod-school')\nexcept Exception as e:\n    said = str(e)\n"
        } else {
            ""
        };
        let code = format!(
            "import boto3, json, os\nsaid = ''\n{ask}print(json.dumps({{'key': os.environ['AWS_ACCESS_KEY_ID'], 'secret': \
             os.environ['AWS_SECRET_ACCESS_KEY'], 'session': os.environ['INTERLOCK_SESSION'], 'said': said}}))"
        );
        let output = Command::new(binary())
            .args(["run", "--agent", agent, "--task", "something else"])
            .args(tools_in_sight())
            .args(self.home.signed())
            .arg("--")
            .arg(python())
            .args(["-c", &code])
            .env("INTERLOCK_HOME", self.home.root())
            .current_dir(self.home.work())
            .output()
            .unwrap();
        let mut session: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let said = session["said"].as_str().unwrap().to_owned();
        let ticket = said.split("[ticket ").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("none");
        session["ticket"] = json!(ticket);
        session
    }

    /// The script as the agent, or by itself.
    fn script(&self, confined: bool) -> Command {
        let script = include_str!("scenario/hostile.py");
        let mut command = if confined {
            let mut command = Command::new(binary());
            command.args(["run", "--agent", "claude", "--task", "work on the tests"]).args(tools_in_sight());
            command.args(self.home.signed()).arg("--").args(python_in_sight());
            command
        } else {
            Command::new(python())
        };
        command.args(["-c", script]).arg(&self.known).current_dir(self.home.work());
        command.env("INTERLOCK_HOME", self.home.root()).env("HOME", self.person.path());
        command
            .env("AWS_ACCESS_KEY_ID", REAL_KEY)
            .env("AWS_SECRET_ACCESS_KEY", CANARY)
            .env_remove("AWS_PROFILE");
        command.env("SSH_AUTH_SOCK", self.person.path().join("agent.sock")).env("GITHUB_TOKEN", CANARY);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command
    }
}

/// A Python with boto3. One that lives in somebody's home is out of sight like the rest of it: then the system's, with the
/// other's packages.
fn python_in_sight() -> Vec<String> {
    let code = "import sys, boto3, os; print(sys.base_prefix); print(os.path.dirname(os.path.dirname(boto3.__file__)))";
    let output = Command::new(python()).args(["-c", code]).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (base, packages) = output.trim().split_once('\n').unwrap();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    if home.is_some_and(|home| Path::new(base).starts_with(home)) {
        return vec!["env".to_owned(), format!("PYTHONPATH={packages}"), "/usr/bin/python3".to_owned()];
    }
    vec![python().display().to_string()]
}

type Outcomes = BTreeMap<String, (bool, String)>;

/// Takes lines until the script ends, or says that it is ready.
fn take(from: &mut impl std::io::BufRead, outcomes: &mut Outcomes) -> bool {
    for line in from.lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let name = line["name"].as_str().unwrap().to_owned();
        if name == "ready" {
            return true;
        }
        outcomes.insert(name, (line["won"] == true, line["said"].as_str().unwrap_or_default().to_owned()));
    }
    false
}

#[test]
fn no_attempt_wins() {
    let machine = Machine::new();

    // Outside, where it has what a person has, the script wins.
    let mut outside = machine.script(false).arg("control").spawn().unwrap();
    let mut control = Outcomes::new();
    take(&mut BufReader::new(outside.stdout.take().unwrap()), &mut control);
    assert!(outside.wait().unwrap().success());
    let lame: Vec<_> = control.iter().filter(|(_, (won, _))| !won).collect();
    assert!(control.len() > 15 && lame.is_empty(), "these prove nothing, they fail outside too: {lame:#?}");

    let mut inside = machine.script(true).spawn().unwrap();
    let mut from = BufReader::new(inside.stdout.take().unwrap());
    let mut outcomes = Outcomes::new();
    assert!(take(&mut from, &mut outcomes), "the script broke off");
    let sessions = machine.home.cli(&["--json", "session", "ls"]).ok().json();
    let live = sessions
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["live"] == true && row["task"] == "work on the tests");
    machine.home.cli(&["session", "end", live.unwrap()["id"].as_str().unwrap()]).ok();
    writeln!(inside.stdin.take().unwrap(), "go on").unwrap();
    take(&mut from, &mut outcomes);
    inside.wait().unwrap();

    told_apart(&outcomes);
    let left = machine.emulator.hands(
        "print([d['DBInstanceIdentifier'] for d in client('rds').describe_db_instances()['DBInstances']], \
         client('s3').list_objects_v2(Bucket='prod-files')['KeyCount'])",
    );
    assert_eq!(left, "['prod-school'] 1");
    assert!(
        machine.home.requests().iter().all(|row| row["state"] == "pending"),
        "{:?}",
        machine.home.requests()
    );
    let people = machine.home.cli(&["--json", "person", "ls"]).ok().json();
    assert_eq!(people.as_array().unwrap().len(), 3, "{people}");
    machine.home.verify();
    let log = machine.home.log();
    assert!(!log.contains(CANARY), "the real secret stands in the daemon's log");
}

/// Every attempt was made, none won, and each was stopped by what is meant to.
fn told_apart(outcomes: &Outcomes) {
    let mut faults = Vec::new();
    for (name, words) in STOPPED {
        let Some((won, said)) = outcomes.get(*name) else {
            faults.push(format!("{name}: was not made"));
            continue;
        };
        let line = said.lines().last().unwrap_or_default();
        println!("{:<8}{name}\n            {line}", if *won { "WON" } else { "stopped" });
        if *won {
            faults.push(format!("{name}: WON: {said}"));
        } else if !words.iter().any(|word| said.contains(word)) {
            faults.push(format!("{name}: stopped by something else than {words:?}: {said}"));
        }
    }
    let unknown = outcomes.keys().filter(|name| !STOPPED.iter().any(|(known, _)| known == name));
    faults.extend(unknown.map(|name| format!("{name}: nobody says what must stop it")));
    println!("{} attempts", outcomes.len());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), outcomes.len(), faults.join("\n"));
}

/// The virtual key is worth nothing at the cloud itself, which asks who it belongs to.
#[test]
fn the_cloud_knows_no_virtual_key() {
    let emulator = Emulator::start();
    let strict = Emulator::with(&[("INITIAL_NO_AUTH_ACTION_COUNT", "0")]);
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let code = "import json, os\nissued = boto3.client('sts').get_session_token()['Credentials']\n\
         print(json.dumps([os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY'], issued['AccessKeyId'], \
         issued['SecretAccessKey'], issued['SessionToken']]))";
    home.approve("bo", &home.boto3(code).ticket()).ok();
    let keys: Vec<String> = serde_json::from_value(home.boto3(code).ok().json()).unwrap();
    let [key, secret, issued, issued_secret, token] = keys.as_slice() else { panic!("{keys:?}") };
    for (key, secret, token) in [(key, secret, ""), (issued, issued_secret, token.as_str())] {
        let code = format!(
            "import boto3, botocore\nmore = {{'aws_session_token': {token:?}}} if {token:?} else {{}}\n\
             c = boto3.client('s3', endpoint_url={:?}, region_name='us-east-1', aws_access_key_id={key:?}, \
             aws_secret_access_key={secret:?}, **more)\ntry:\n    c.list_buckets()\n    print('let in')\n\
             except botocore.exceptions.ClientError as e:\n    print(e.response['Error']['Code'])",
            strict.url()
        );
        let output = Command::new(python()).args(["-c", &code]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(
            ["InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken"].contains(&said.as_str()),
            "{said}: {output:?}"
        );
    }
}
