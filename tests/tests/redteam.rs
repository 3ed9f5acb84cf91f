//! An agent that wants an approval without a person: confined, and once as the approvers' own user.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use std::{path::Path, process::Command};

use browsed::{Browsed, DEVELOPMENT};
use interlock_tests::Output;
use serde_json::{Value, json};

/// What was tried and did not hold, as the ledger has it.
fn attempts(browsed: &Browsed) -> Vec<(String, String, String)> {
    let rows =
        browsed.home.cli(&["--json", "ledger", "ls", "--kind", "attempt", "--limit", "200"]).ok().json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| {
        (text(&row["public"]["what"]), text(&row["public"]["subject"]), text(&row["private"]["why"]))
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

/// The state of a request.
fn state(browsed: &Browsed, ticket: &str) -> String {
    let requests = browsed.home.requests();
    let one = requests.iter().find(|request| request["id"] == ticket).unwrap();
    one["state"].as_str().unwrap().to_owned()
}

/// What an agent sends to the console by itself: the status and the body.
fn send(
    browsed: &Browsed,
    method: &str,
    path: &str,
    headers: &[String],
    form: &[(&str, &str)],
) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--write-out", "\n%{http_code}", "--request", method]);
    curl.args(headers.iter().flat_map(|header| ["--header", header.as_str()]));
    for (name, value) in form {
        curl.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    let output = curl.arg(format!("{}{path}", browsed.console())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

fn python(code: &str) -> [&str; 3] {
    ["python3", "-c", code]
}

/// What somebody did whose machine the agent shares: it has all of it.
struct Taken {
    ticket: String,
    other: String,
    assertion: String,
    reason: String,
    token: String,
    cookie: String,
}

impl Taken {
    fn from(browsed: &Browsed) -> Self {
        for name in ["prod-school", "prod-other"] {
            browsed.database(name);
        }
        let (ticket, other) = (browsed.wipe("prod-school").ticket(), browsed.wipe("prod-other").ticket());
        let taken = browsed.drive("redteam", &[("ticket", &ticket)]);
        let text = |name: &str| taken[name].as_str().unwrap().to_owned();
        let (assertion, reason) = (text("assertion"), text("reason"));
        Self { ticket, other, assertion, reason, token: text("token"), cookie: text("cookie") }
    }
}

/// Replayed, and spliced to another request, by the socket.
fn replays(browsed: &Browsed, taken: &Taken) {
    let decision = |ticket: &str, person: &str| {
        let body = json!({
            "decision": "approve", "person": person, "reason": taken.reason, "signature": taken.assertion,
        });
        browsed.home.post(&format!("/v1/requests/{ticket}/decision"), &body)
    };
    let (status, said) = decision(&taken.ticket, "bo");
    assert_eq!(status, 403, "replayed: {said}");
    let (status, said) = decision(&taken.other, "bo");
    assert!(status == 403 && said["message"].as_str().unwrap().contains("another digest"), "spliced: {said}");
    let (status, said) = decision(&taken.other, "cy");
    assert_eq!(status, 403, "under another name: {said}");
}

/// With the stolen cookie: it shows pages. It decides nothing, from wherever a form comes.
fn uses_the_cookie(browsed: &Browsed, taken: &Taken) {
    let place = format!("/requests/{}/decision", taken.other);
    let cookie = format!("cookie: {}", taken.cookie);
    let own = [cookie.clone(), format!("origin: {}", browsed.console())];
    let fields = |token| {
        [
            ("token", token),
            ("decision", "approve"),
            ("reason", &*taken.reason),
            ("signature", &*taken.assertion),
        ]
    };
    let (status, said) = send(browsed, "POST", &place, &own, &fields(&taken.token));
    assert_eq!(status, 403, "spliced with the cookie and the token: {said}");
    assert_eq!(send(browsed, "GET", "/", &own[..1], &[]).0, 200, "what is lost: it reads what waits");
    assert_eq!(send(browsed, "POST", &place, &own[..1], &fields(&taken.token)).0, 403, "from nowhere");
    let elsewhere = [cookie.clone(), "origin: http://localhost:1".to_owned()];
    assert_eq!(send(browsed, "POST", &place, &elsewhere, &fields(&taken.token)).0, 403, "from elsewhere");
    assert_eq!(send(browsed, "POST", &place, &own, &fields("0")).0, 403, "without the page's token");
    let link = format!("{place}?decision=approve&signature=x");
    assert_eq!(send(browsed, "GET", &link, &own, &[]).0, 405, "nothing is approved by a link");
    let rebound = [cookie, "host: evil.example".to_owned()];
    assert_eq!(send(browsed, "GET", "/", &rebound, &[]).0, 421, "another name for this machine");
}

/// The key file is there to be read: that is what is lost without a sandbox. It is too weak to count; and it enrols itself,
/// which nobody approves.
fn uses_key_files(browsed: &Browsed, taken: &Taken) {
    let weak = browsed.home.approve("bo", &taken.other);
    assert!(weak.code != 0 && weak.err.contains("security key or passkey"), "{weak:?}");
    let nobody =
        browsed.home.cli(&["request", "approve", &taken.other, "--key", "/etc/hostname", "--reason", "x"]);
    assert_ne!(nobody.code, 0, "{nobody:?}");
    let new = browsed.home.file("mine", "").display().to_string();
    std::fs::remove_file(&new).unwrap();
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &new]).status();
    assert!(made.unwrap().success());
    let public = format!("{new}.pub");
    let enrol =
        |key: &str| browsed.home.cli(&["person", "add", "mallory", "--public-key", &public, "--key", key]);
    let alone = enrol(&new);
    assert!(alone.code != 0 && alone.err.contains("nobody enrolled"), "{alone:?}");
    let asked = enrol(&browsed.home.private("bo"));
    assert_eq!(asked.code, 11, "held for two others: {asked:?}");
    let unsigned =
        json!({"name": "mallory", "public_key": std::fs::read_to_string(&public).unwrap(), "roles": []});
    let signed = json!({"person": "bo", "reason": "x", "nonce": "x", "signature": "x"});
    let (status, said) = browsed.home.post("/v1/people", &json!({"body": unsigned, "signed": signed}));
    assert_eq!(status, 403, "{said}");
    let people = browsed.home.cli(&["--json", "person", "ls"]).ok().json();
    assert_eq!(people.as_array().unwrap().len(), 3);
}

#[test]
fn as_the_approvers_own_user_it_still_cannot_approve() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    let taken = Taken::from(&browsed);
    let before = attempts(&browsed).len();
    replays(&browsed, &taken);
    uses_the_cookie(&browsed, &taken);
    uses_key_files(&browsed, &taken);
    assert_eq!(state(&browsed, &taken.other), "pending");

    // What was approved passes once, whoever races; and it is that one.
    let held = browsed.wipe("prod-other");
    assert_eq!(held.ticket(), taken.other, "an approval is of its target: {held:?}");
    let outcomes: Vec<Output> = std::thread::scope(|scope| {
        let races: Vec<_> = (0..4).map(|_| scope.spawn(|| browsed.wipe("prod-school"))).collect();
        races.into_iter().map(|race| race.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.code == 0).count(), 1, "{outcomes:#?}");
    assert_eq!(state(&browsed, &taken.ticket), "consumed");

    let tried = attempts(&browsed);
    let new: Vec<&(String, String, String)> = tried.iter().take(tried.len() - before).collect();
    let has = |what: &str, why: &str| new.iter().any(|(have, _, words)| have == what && words.contains(why));
    for (what, why) in [
        ("decision", "signed as often"),
        ("decision", "another digest"),
        ("decision", "not enrolled for this person"),
        ("decision", "plain OpenSSH key"),
        ("form", "does not come from this console"),
        ("form", "not of this visit"),
        ("request", "nonce"),
        ("page", "GET"),
        ("page", "evil.example"),
    ] {
        assert!(has(what, why), "no entry for `{what}` `{why}`: {new:#?}");
    }
    browsed.home.verify();
}

#[test]
fn a_session_without_a_sandbox_says_so_on_every_request() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    browsed.database("prod-school");
    // What was asked for from inside the sandbox, and seen so, is no yes to what runs outside of it.
    let stop = ["aws", "rds", "stop-db-instance", "--db-instance-identifier", "prod-school"];
    let confined = browsed.agent(&[], &stop).ticket();
    browsed.home.approve("bo", &confined).ok();
    assert_ne!(browsed.agent(&["--unconfined"], &stop).ticket(), confined);
    browsed.agent(&[], &stop).ok();
    browsed.emulator.hands("client('rds').start_db_instance(DBInstanceIdentifier='prod-school')");
    let ticket = browsed.wipe_with(&["--unconfined"], "prod-school").ticket();
    let shown = browsed.home.cli(&["request", "show", &ticket]).ok().out;
    assert!(shown.contains("ADVISORY"), "{shown}");
    // What is lost: before anybody has a passkey, a key file that it can read is a person.
    let read = browsed
        .agent(&["--unconfined"], &python(&format!("print(open({:?}).read())", browsed.home.private("bo"))));
    assert!(read.out.contains("PRIVATE KEY"), "{read:?}");
    browsed.home.approve("bo", &ticket).ok();
    let entries = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "approved"]).ok().json();
    assert_eq!(entries[0]["public"]["weak"], true, "the ledger says how weak: {entries}");
}

/// What an agent tries from inside its sandbox, as Python that prints what it reached.
fn tries(browsed: &Browsed, home: &Path, socket: &Path, address: &str) -> String {
    format!(
        r#"
import json, os, socket, subprocess, urllib.request
said = {{}}
def tried(name, what):
    try:
        said[name] = ["reached", str(what())[:200]]
    except BaseException as error:
        said[name] = ["not", type(error).__name__]
def unix(path):
    s = socket.socket(socket.AF_UNIX); s.connect(path)
    s.sendall(b"\\0\\0\\0\\1\\x0b"); return s
def tcp(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=3)
    s.sendall(b"GET / HTTP/1.0\\r\\nhost: localhost:{port}\\r\\n\\r\\n"); return s
tried("key", lambda: open({key:?}).read() or 1/0)
tried("another's key", lambda: open({other:?}).read() or 1/0)
tried("home", lambda: os.path.getsize({home:?} + "/ledger.db") or 1/0)
tried("looked around", lambda: [name for name in os.listdir({home:?}) if name != "control.sock"] or 1/0)
tried("agent", lambda: unix({agent:?}).recv(1) or 1/0)
tried("control", lambda: unix({control:?}).recv(1) or 1/0)
tried("console", lambda: tcp({port}).recv(1) or 1/0)
proxies = urllib.request.ProxyHandler({{"https": os.environ["HTTPS_PROXY"]}})
os.environ.pop("no_proxy", None); os.environ.pop("NO_PROXY", None)
tried("proxied", lambda: urllib.request.build_opener(proxies).open("https://localhost:{port}/", timeout=5).read())
tried("environment", lambda: os.environ["SSH_AUTH_SOCK"])
door, session = os.environ["INTERLOCK_AGENT_URL"], os.environ["INTERLOCK_SESSION"]
own = session + "." + os.environ["INTERLOCK_SESSION_TOKEN"]
direct = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
def post(path, token):
    headers = {{"authorization": "Bearer " + token, "content-type": "application/json"}}
    return direct.open(urllib.request.Request(door + path, data=b"{{}}", headers=headers), timeout=5).read()
tried("decide", lambda: post("/v1/requests/tk-1/decision", own))
tried("enrol", lambda: post("/v1/people", own))
tried("grant", lambda: post("/v1/grants", own))
tried("console's door", lambda: post("/api/v1/nonce", own))
tried("another's token", lambda: post("/v1/plan/end", session + ".0"))
print(json.dumps(said))
"#,
        key = home.join(".ssh/id_ed25519").display().to_string(),
        other = browsed.home.private("ana"),
        home = browsed.home.root().display().to_string(),
        agent = socket.display().to_string(),
        control = browsed.home.root().join("control.sock").display().to_string(),
        port = address,
    )
}

#[test]
fn confined_it_reaches_no_key_no_agent_no_cookie_and_no_console() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    let console = browsed.console();
    let address = console.trim_start_matches("http://localhost:");
    let home = browsed.home.homedir("bo");
    let socket = home.join("agent.sock");
    let mut agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).spawn().unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while !socket.exists() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let added = Command::new("ssh-add")
        .env("SSH_AUTH_SOCK", &socket)
        .arg(browsed.home.private("bo"))
        .output()
        .unwrap();
    assert!(added.status.success(), "{added:?}");
    let code = tries(&browsed, &home, &socket, address);
    let (home, agents) = (home.display().to_string(), socket.display().to_string());
    let variables = [("HOME", home.as_str()), ("SSH_AUTH_SOCK", agents.as_str())];
    browsed.home.run_where(&[], &["/usr/bin/python3", "-c", "print(1)"], &variables).ok();
    let noticed = attempts(&browsed).into_iter().find(|(what, ..)| what == "sandbox");
    assert_eq!(noticed, None, "whoever reaches for nothing is not suspected");
    let out = browsed.home.run_where(&[], &["/usr/bin/python3", "-c", &code], &variables).ok();
    agent.kill().unwrap();
    agent.wait().unwrap();
    let said: Value = serde_json::from_str(out.out.lines().last().unwrap()).unwrap();
    for (name, what) in said.as_object().unwrap() {
        assert_eq!(what[0], "not", "{name} was reached: {said}");
    }
    // What it reached for and is not there is written down, with its session.
    let tried = attempts(&browsed);
    let (key, launchers) = (format!("{home}/.ssh/id_ed25519"), browsed.home.private("ana"));
    let own = browsed.home.root().display().to_string();
    for what in [&*key, &launchers, &own, "the SSH agent", "Interlock's control socket", "the console"] {
        assert!(tried.iter().any(|(kind, of, _)| kind == "sandbox" && of == what), "`{what}`: {tried:#?}");
    }
    // What it asked of the network by name, too.
    let egress = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "egress"]).ok().json();
    assert!(egress.to_string().contains("localhost"), "{egress}");
    // And what it asked of the one door that it has.
    for (subject, why) in [
        ("POST /v1/requests/tk-1/decision", "nothing of that"),
        ("POST /v1/people", "nothing of that"),
        ("POST /v1/grants", "nothing of that"),
        ("POST /api/v1/nonce", "nothing of that"),
        ("a session's token", "no session"),
    ] {
        let has = tried.iter().any(|(_, of, words)| of == subject && words.contains(why));
        assert!(has, "no entry for `{subject}`: {tried:#?}");
    }
    // The CLI itself, inside.
    let binary = interlock_tests::binary().display().to_string();
    let cli =
        browsed.home.run(&[&binary, "--home", &browsed.home.root().display().to_string(), "person", "ls"]);
    assert_ne!(cli.code, 0, "{cli:?}");
    browsed.home.verify();
}
