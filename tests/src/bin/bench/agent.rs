//! A session that stays open, the ways that its clients go, and what the daemon needs meanwhile.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use interlock_tests::{Daemon, Home, tool};

use crate::client::Key;

/// Everything is development, so that everything that is measured flows.
pub(crate) const DEVELOPMENT: &str =
    "[[environment]]\nname = \"development\"\nmatch = { account = \"123456789012\" }\n";

/// A session.
pub(crate) struct Agent {
    variables: Vec<(String, String)>,
    endpoint: String,
    child: Child,
}

impl Agent {
    /// Opens one that lasts until it is closed.
    pub(crate) fn open(home: &Home, daemon: &Daemon) -> Self {
        let mut child = home.start(&["sh", "-c", "env; echo; read end"]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let variables = lines.take_while(|line| !line.is_empty());
        let variables = variables.filter_map(|line| {
            Some(line.split_once('=')?).map(|(name, value)| (name.to_owned(), value.to_owned()))
        });
        Self {
            variables: variables.collect(),
            endpoint: daemon.ready["aws"].as_str().unwrap().to_owned(),
            child,
        }
    }

    fn variable(&self, name: &str) -> String {
        self.variables.iter().find(|(have, _)| have == name).unwrap().1.clone()
    }

    /// Its virtual credentials.
    pub(crate) fn key(&self) -> Key {
        Key { id: self.variable("AWS_ACCESS_KEY_ID"), secret: self.variable("AWS_SECRET_ACCESS_KEY") }
    }

    /// Where the endpoint door is.
    pub(crate) fn door(&self) -> SocketAddr {
        self.endpoint.trim_start_matches("http://").parse().unwrap()
    }

    /// The proxy door: TLS ends in the daemon.
    pub(crate) fn by_proxy(&self) -> Way {
        let plain = |name: &str| name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy");
        let variables = self.variables.iter().filter(|(name, _)| plain(name)).cloned().collect();
        Way { name: "Interlock, proxy door (TLS)", variables }
    }

    /// The endpoint door: plain HTTP.
    pub(crate) fn by_endpoint(&self) -> Way {
        let key = self.key();
        Way { name: "Interlock, endpoint door", ..Way::to(&self.endpoint, &key.id, &key.secret) }
    }

    /// Ends it.
    pub(crate) fn close(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// How a client gets to the service.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    variables: Vec<(String, String)>,
}

impl Way {
    /// Past Interlock.
    pub(crate) fn direct(url: &str) -> Self {
        Self::to(url, "AKIADIRECTDIRECTDIRE", "the-real-secret")
    }

    fn to(url: &str, id: &str, secret: &str) -> Self {
        let pairs = [
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ];
        Self {
            name: "direct",
            variables: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    /// The real command line client, run this way.
    pub(crate) fn aws(&self, arguments: &[&str]) -> Duration {
        let mut command = Command::new(tool("aws").expect("there is no `aws`"));
        command.args(arguments).args(["--only-show-errors", "--cli-read-timeout", "600"]);
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "AWS_PROFILE"] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let started = Instant::now();
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let took = started.elapsed();
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        took
    }
}

/// What the daemon needs while something runs.
pub(crate) struct Watched {
    id: u32,
    cpu: Duration,
    /// MB at the start.
    pub(crate) before: u64,
}

impl Watched {
    pub(crate) fn begin(id: u32) -> Self {
        // The kernel's high-water mark starts anew.
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").unwrap();
        Self { id, cpu: cpu(id), before: memory(id, "VmRSS:") }
    }

    /// Its processor time, and the most memory that it held at any moment, in MB.
    pub(crate) fn end(&self) -> (Duration, u64) {
        (cpu(self.id) - self.cpu, memory(self.id, "VmHWM:"))
    }
}

/// What all threads of a process, also those that are gone, have run so far.
fn cpu(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after = stat.rsplit(") ").next().unwrap();
    // utime and stime, in hundredths of a second.
    let ticks: u64 = after.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn memory(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
}
