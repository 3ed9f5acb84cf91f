//! Scenarios that are played: a Markdown file says what an operator, an agent and the cloud do, and what must come of it.
//!
//! A case is a `##` heading with a fenced block ```` ```steps RULES ````; `RULES` names a configuration, a block
//! ```` ```toml RULES ```` of the folder's README. In a block of steps, what begins a line is a step, what is indented
//! belongs to the step above:
//!
//! ```text
//! operator rds CreateDBInstance {"DBInstanceIdentifier": "school"}     straight to the cloud, by boto3
//!     keep id DBInstance.DbiResourceId                                 ${id} from here on
//! agent s3 DeleteBucket {"Bucket": "prod-school"}                      through Interlock, by boto3
//!     held destroy-data-production                                     held, by this policy rule among others
//! agent aws s3 rb s3://prod-school                                     the same by the AWS CLI
//!     refused audit-trail                                              or `allowed`, `stopped`, `fails NoSuchBucket`
//! agent s3 ListBuckets {}
//!     !held                                                            neither held nor refused; `!RULE`: not by this rule
//! session                                                              a new session of the same agent
//! person bo                                                            approves what was held last
//! check s3 ListBuckets {}                                              the operator looks
//!     is Buckets[].Name ["prod-school"]
//! watch s3 GetBucketPolicy {"Bucket": "prod-school"}                  what the operator sees now, or that it fails, …
//!     as Policy
//! undo                                                                 two people take back all that this agent changed
//!     stops somebody changed it since                                  or cannot, for this reason
//! same                                                                 … is what every `watch` sees again
//! ```
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use interlock_tests::{Daemon, Emulator, Home, binary, python, tool, tools_in_sight};
use serde_json::{Value, json};

const DRIVER: &str = include_str!("driver.py");

/// One case of a Markdown file.
pub(crate) struct Case {
    /// Its heading.
    pub(crate) name: String,
    /// Which configuration.
    pub(crate) rules: String,
    /// Its steps.
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    /// `operator`, `agent`, `session`, `person`, `check`.
    pub(crate) who: String,
    /// The rest of its line, with what continues it.
    pub(crate) what: String,
    /// What must come of it, a line each.
    pub(crate) then: Vec<String>,
}

const OUTCOMES: [&str; 10] =
    ["allowed", "held", "refused", "stopped", "fails", "keep", "is", "says", "as", "stops"];

/// The folder of scenarios.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name)
}

/// The fenced blocks of a Markdown text: the last heading before each, its info string, its lines.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let (mut found, mut heading, mut open) = (Vec::new(), String::new(), None::<(String, String)>);
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => {
                let (info, body) = open.take().unwrap();
                found.push((heading.clone(), info, body));
            }
            (Some((_, body)), None) => writeln!(body, "{line}").unwrap(),
            (None, Some(info)) => open = Some((info.trim().to_owned(), String::new())),
            (None, None) => {
                if let Some(name) = line.strip_prefix("## ") {
                    heading = name.to_owned();
                }
            }
        }
    }
    found
}

/// The configuration of this name in the folder's README.
pub(crate) fn configuration(folder: &Path, name: &str) -> String {
    block(folder, &format!("toml {name}"))
}

/// The block of the folder's README that begins with these words.
pub(crate) fn block(folder: &Path, wanted: &str) -> String {
    let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let block = blocks(&text).into_iter().find(|(_, info, _)| info == wanted);
    block.unwrap_or_else(|| panic!("README.md has no block `{wanted}`")).2
}

/// The cases of a file.
pub(crate) fn cases(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let found = blocks(&text).into_iter().filter_map(|(name, info, body)| {
        let rules = info.strip_prefix("steps")?.trim().to_owned();
        Some(Case { name, rules, steps: steps(&body) })
    });
    let cases: Vec<Case> = found.collect();
    assert!(!cases.is_empty(), "{} has no steps", file.display());
    cases
}

fn steps(body: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in body.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            let (who, what) = line.split_once(' ').unwrap_or((line, ""));
            steps.push(Step { who: who.to_owned(), what: what.to_owned(), then: Vec::new() });
            continue;
        }
        let step = steps.last_mut().expect("an indented line before any step");
        let word = line.trim().split(' ').next().unwrap();
        if OUTCOMES.contains(&word) || word.starts_with('!') {
            step.then.push(line.trim().to_owned());
        } else {
            assert!(step.then.is_empty(), "`{}` comes after an outcome", line.trim());
            step.what = format!("{} {}", step.what, line.trim());
        }
    }
    steps
}

/// A Python that plays calls.
pub(crate) struct Player {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Player {
    fn of(command: &mut Command) -> Self {
        let cli = tool("aws").expect("there is no `aws`");
        let mut child = command
            .env("AWS_CLI", cli)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    /// The operator's own hands.
    pub(crate) fn operator(emulator: &Emulator) -> Self {
        let mut command = Command::new(python());
        command.args(["-c", DRIVER, &emulator.url()]).env("AWS_ACCESS_KEY_ID", "testing");
        command.env("AWS_SECRET_ACCESS_KEY", "testing").env("AWS_DEFAULT_REGION", "us-east-1");
        Self::of(&mut command)
    }

    /// A confined agent in a session of its own.
    pub(crate) fn agent(home: &Home, agent: &str, options: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command.args(["run", "--agent", agent]).args(tools_in_sight()).args(home.signed());
        if !options.contains(&"--task") && !options.contains(&"--resume") {
            command.args(["--task", "work on the tests"]);
        }
        command.args(options).arg("--").arg("env").arg(format!("AWS_CLI={}", tool("aws").unwrap().display()));
        command.arg(python()).args(["-c", DRIVER]);
        command.env("INTERLOCK_HOME", home.root()).env_remove("AWS_PROFILE").current_dir(home.work());
        Self::of(&mut command)
    }

    /// Plays one step.
    pub(crate) fn play(&mut self, step: &Value) -> Reply {
        writeln!(self.to, "{step}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let reply: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}` to {step}"));
        let text = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
        Reply {
            ok: reply["ok"] == true,
            code: text("code"),
            message: text("message"),
            values: reply["values"].as_array().cloned().unwrap_or_default(),
        }
    }

    /// Plays a call of boto3.
    pub(crate) fn call(&mut self, service: &str, operation: &str, parameters: &Value) -> Reply {
        self.play(
            &json!({"service": service, "operation": operation, "parameters": parameters, "queries": ["@"]}),
        )
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// Whether the service did it.
    pub(crate) ok: bool,
    /// The error's code.
    pub(crate) code: String,
    /// The error's words.
    pub(crate) message: String,
    /// The values asked for.
    pub(crate) values: Vec<Value>,
}

impl Reply {
    /// `allowed`, `held`, `refused`, or `fails`: an error of the service's own.
    pub(crate) fn outcome(&self) -> &'static str {
        if self.ok {
            "allowed"
        } else if self.message.contains("Interlock holds ") {
            "held"
        } else if self.message.contains("Interlock refuses ") {
            "refused"
        } else {
            "fails"
        }
    }

    /// The policy's rules that it names.
    pub(crate) fn rules(&self) -> Vec<String> {
        let parts = self.message.split("Rule ").skip(1);
        parts.filter_map(|part| part.split(':').next()).map(str::to_owned).collect()
    }

    /// The ticket that it names.
    pub(crate) fn ticket(&self) -> String {
        let rest = self.message.split("[ticket ").nth(1).unwrap_or_else(|| panic!("no ticket in {self:?}"));
        rest.split(']').next().unwrap().to_owned()
    }

    /// In few words.
    pub(crate) fn words(&self) -> String {
        match self.outcome() {
            "fails" => format!("fails {}: {}", self.code, self.message),
            "allowed" => "allowed".to_owned(),
            other => format!("{other} {} | {}", self.rules().join(" "), self.message),
        }
    }
}

/// Where cases are played: a cloud, a home on it, people and agents.
pub(crate) struct Stage {
    /// The home.
    pub(crate) home: Home,
    /// The operator's own hands.
    pub(crate) operator: Player,
    daemon: Daemon,
    agents: usize,
}

impl Stage {
    /// A stage on this cloud with this configuration.
    pub(crate) fn new(emulator: &Emulator, rules: &str) -> Self {
        let (home, daemon) = Home::new(emulator, &["ana", "bo", "cy"], rules);
        Self { home, operator: Player::operator(emulator), daemon, agents: 0 }
    }

    /// The daemon.
    pub(crate) fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// A new agent, whose sums begin at nothing.
    pub(crate) fn new_agent(&mut self) -> String {
        self.agents += 1;
        let name = format!("agent-{}", self.agents);
        self.home.cli(&["agent", "add", &name, "--owner", "ana", "--key", &self.home.private("ana")]).ok();
        name
    }

    /// Plays a case; every step that went otherwise is a line.
    pub(crate) fn play(&mut self, case: &Case) -> Vec<String> {
        let name = self.new_agent();
        let mut agent = None;
        let mut ticket = None;
        let mut names = vec![("account".to_owned(), "123456789012".to_owned())];
        let mut watched: Vec<(Value, String)> = Vec::new();
        let mut faults = Vec::new();
        for step in &case.steps {
            let fill = |text: &str| {
                names
                    .iter()
                    .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
            };
            match step.who.as_str() {
                "session" => {
                    agent = None;
                    continue;
                }
                "person" => {
                    let ticket: &String = ticket.as_ref().expect("nothing was held yet");
                    self.home.approve(&step.what, ticket).ok();
                    continue;
                }
                "watch" => {
                    let call = call(&fill(&step.what), &step.then);
                    let sees = sees(&self.operator.play(&call));
                    watched.push((call, sees));
                    continue;
                }
                "same" => {
                    for (call, saw) in &watched {
                        let sees = sees(&self.operator.play(call));
                        if sees != *saw {
                            faults.push(format!("{}: {call}\n    was {saw}\n    is  {sees}", case.name));
                        }
                    }
                    continue;
                }
                "undo" => {
                    let stops = step.then.iter().find_map(|line| line.strip_prefix("stops "));
                    let says = step.then.iter().filter_map(|line| line.strip_prefix("says "));
                    let fault = self.undo(&name, stops, &says.collect::<Vec<_>>());
                    faults.extend(fault.map(|fault| format!("{}: undo\n    {fault}", case.name)));
                    continue;
                }
                _ => {}
            }
            let what = fill(&step.what);
            let then: Vec<String> = step.then.iter().map(|line| fill(line)).collect();
            let player = match step.who.as_str() {
                "operator" | "check" => &mut self.operator,
                "agent" => agent.get_or_insert_with(|| Player::agent(&self.home, &name, &[])),
                other => panic!("`{other}` does nothing in `{}`", case.name),
            };
            let reply = player.play(&call(&what, &then));
            let at = format!("{}: {} {what}", case.name, step.who);
            eprintln!("{at}\n    {}", reply.words().split('|').next().unwrap_or_default());
            if reply.outcome() == "held" {
                ticket = Some(reply.ticket());
            }
            if let Some(fault) = fault(&step.who, &then, &reply, &mut names) {
                faults.push(format!("{at}\n    {fault}\n    was: {}", reply.words()));
            }
        }
        faults
    }
}

impl Stage {
    /// Two people take back all that an agent changed; what went otherwise.
    fn undo(&self, agent: &str, stops: Option<&str>, says: &[&str]) -> Option<String> {
        let (bo, cy) = (self.home.private("bo"), self.home.private("cy"));
        let signed = ["--key", &bo, "--key", &cy, "--reason", "back to what it was"];
        let mut words = vec!["undo", "--agent", agent, "--since", "1h"];
        words.extend(signed);
        let output = self.home.cli(&words);
        let said = format!("{}{}", output.out, output.err);
        eprintln!("undo ({})\n    {}", output.code, said.replace('\n', "\n    "));
        // What is shown before the signing stands in front of its call for it.
        let shown = said.split("person signs").next().unwrap_or_default();
        let shown = shown.split("people sign").next().unwrap_or_default();
        if let Some(words) = says.iter().find(|words| !shown.contains(**words)) {
            return Some(format!("must say first: {words}\n    was: {said}"));
        }
        match stops {
            Some(words) if output.code != 0 && said.contains(words) => None,
            Some(words) => Some(format!("must stop: {words}\n    was: {said}")),
            None if output.code == 0 => None,
            None => Some(said),
        }
    }
}

/// What an operator sees.
fn sees(reply: &Reply) -> String {
    if reply.ok { json!(reply.values).to_string() } else { format!("fails {}", reply.code) }
}

/// The queries of a step, in the order of its lines.
fn queries(then: &[String]) -> Vec<(&str, &str, &str)> {
    let asks = then.iter().filter_map(|line| {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "keep" => rest.split_once(' ').map(|(name, path)| ("keep", name, path)),
            "is" => rest.split_once(' ').map(|(path, value)| ("is", value, path)),
            "as" => Some(("as", "", rest)),
            _ => None,
        }
    });
    asks.collect()
}

fn call(what: &str, then: &[String]) -> Value {
    let queries: Vec<&str> = queries(then).into_iter().map(|(_, _, path)| path).collect();
    if let Some(line) = what.strip_prefix("aws ") {
        let words: Vec<&str> = line.split_whitespace().collect();
        return json!({"line": words, "queries": queries});
    }
    let mut parts = what.splitn(3, ' ');
    let (service, operation) = (parts.next().unwrap(), parts.next().unwrap_or_default());
    let text = parts.next().unwrap_or("{}");
    let parameters: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {what}"));
    json!({"service": service, "operation": operation, "parameters": parameters, "queries": queries})
}

/// Whether a reply is what a line asks for.
fn meets(wanted: &str, reply: &Reply) -> bool {
    let (outcome, rules) = (reply.outcome(), reply.rules());
    let stopped = matches!(outcome, "held" | "refused");
    wanted.split_whitespace().enumerate().all(|(at, word)| match (at, word.strip_prefix('!')) {
        (_, Some("held")) => !stopped,
        (_, Some(rule)) => !rules.iter().any(|have| have == rule),
        (0, None) if word == "stopped" => stopped,
        (0, None) => outcome == word,
        (_, None) if wanted.starts_with("fails") => reply.code == word,
        (_, None) => rules.iter().any(|have| have == word),
    })
}

/// What is wrong with what came of a step.
fn fault(who: &str, then: &[String], reply: &Reply, names: &mut Vec<(String, String)>) -> Option<String> {
    let asks = |line: &&String| ["keep ", "is ", "says "].iter().any(|word| line.starts_with(word));
    let outcome = then.iter().find(|line| !asks(line));
    let wanted = match (outcome, who) {
        (Some(line), _) => line.as_str(),
        (None, "agent") => panic!("a step of an agent says what must come of it"),
        (None, _) => "allowed",
    };
    if !meets(wanted, reply) {
        return Some(format!("must be {wanted}"));
    }
    let mut words = then.iter().filter_map(|line| line.strip_prefix("says "));
    if let Some(unsaid) = words.find(|words| !reply.message.contains(words)) {
        return Some(format!("must say `{unsaid}`"));
    }
    for ((word, name, path), value) in queries(then).into_iter().zip(&reply.values) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match word {
            "keep" if value.is_null() => return Some(format!("`{path}` is nothing")),
            "keep" => {
                names.retain(|(have, _)| have != name);
                names.push((name.to_owned(), text));
            }
            _ => {
                let expected: Value =
                    serde_json::from_str(name).unwrap_or_else(|error| panic!("{error}: {name}"));
                if *value != expected {
                    return Some(format!("`{path}` must be {expected}, is {value}"));
                }
            }
        }
    }
    None
}

/// Plays every case of a file; fails with all that went otherwise.
pub(crate) fn play_file(folder: &Path, file: &str) {
    let emulator = Emulator::start();
    let mut stages: Vec<(String, Stage)> = Vec::new();
    let mut faults = Vec::new();
    let only = std::env::var("INTERLOCK_CASE").unwrap_or_default();
    for case in cases(&folder.join(file)).iter().filter(|case| case.name.contains(&only)) {
        if !stages.iter().any(|(rules, _)| *rules == case.rules) {
            let stage = Stage::new(&emulator, &configuration(folder, &case.rules));
            stages.push((case.rules.clone(), stage));
        }
        let (_, stage) = stages.iter_mut().find(|(rules, _)| *rules == case.rules).unwrap();
        faults.extend(stage.play(case));
    }
    for (_, stage) in &stages {
        stage.home.verify();
    }
    assert!(
        faults.is_empty(),
        "{} of the steps of {file} went otherwise:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
