//! Trying the sandbox from within: what `interlock doctor` reports.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{self, Plan};
use crate::{Confinement, Sandbox, run};

/// The addresses at which clouds hand credentials to whoever asks: instance metadata over IPv4 and IPv6, and ECS tasks.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
];

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable name: `sandbox`, `masks`, `metadata`, `network`, `privileges`, `doors`.
    pub id: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to do about it, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    fn good(id: &str, detail: impl Into<String>) -> Self {
        Self { id: id.into(), ok: true, detail: detail.into(), fix: None }
    }

    fn bad(id: &str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id: id.into(), ok: false, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// What the relay sees from inside the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Survey {
    /// Masked places that can be read all the same.
    readable: Vec<PathBuf>,
    /// Network interfaces.
    interfaces: Vec<String>,
    /// Metadata addresses that answered.
    reached: Vec<IpAddr>,
    /// Effective and bounding capabilities, as the kernel prints them.
    capabilities: Vec<String>,
    no_new_privs: bool,
    seccomp: bool,
    /// Whether `/proc/sys` could be written.
    tunable: bool,
    /// Doors whose daemon did not answer.
    closed: Vec<u16>,
}

impl Survey {
    /// Looks around, from inside.
    pub(crate) fn take(places: &[PathBuf], doors: &[(u16, PathBuf)]) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let status = read("/proc/self/status");
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .unwrap_or_default()
                .trim()
        };
        Self {
            readable: places.iter().filter(|place| is_readable(place)).cloned().collect(),
            interfaces: read("/proc/net/dev")
                .lines()
                .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()))
                .collect(),
            reached: METADATA.into_iter().filter(|address| answers(*address)).collect(),
            capabilities: ["CapEff", "CapBnd"].map(|name| field(name).to_owned()).to_vec(),
            no_new_privs: field("NoNewPrivs") == "1",
            seccomp: field("Seccomp") == "2",
            // Opened for writing, never written: the setting is the machine's own.
            tunable: std::fs::File::options().write(true).open("/proc/sys/kernel/core_pattern").is_ok(),
            closed: doors
                .iter()
                .filter(|(_, socket)| UnixStream::connect(socket).is_err())
                .map(|(port, _)| *port)
                .collect(),
        }
    }

    /// What the survey means.
    fn findings(&self, masked: usize) -> Vec<Finding> {
        let fault = "report this: the sandbox does not hold on this machine; do not run agents here";
        let judge = |id: &str, ok: bool, good: String, bad: String| {
            if ok { Finding::good(id, good) } else { Finding::bad(id, bad, fault) }
        };
        let loopback_only = self.interfaces == ["lo"];
        let powerless =
            self.capabilities.iter().all(|set| !set.is_empty() && set.bytes().all(|digit| digit == b'0'));
        vec![
            judge(
                "masks",
                self.readable.is_empty(),
                format!("none of {masked} masked places can be read inside"),
                format!("can be read inside: {}", list(self.readable.iter().map(|path| path.display()))),
            ),
            judge(
                "metadata",
                self.reached.is_empty(),
                "no metadata address answers inside".into(),
                format!("answers inside: {}", list(&self.reached)),
            ),
            judge(
                "network",
                loopback_only,
                "nothing but the loopback inside".into(),
                format!("interfaces inside: {}", list(&self.interfaces)),
            ),
            judge(
                "privileges",
                powerless && self.no_new_privs && self.seccomp && !self.tunable,
                "no capability, no way to gain one, calls filtered, kernel settings read-only".into(),
                format!(
                    "capabilities {}, no_new_privs {}, filter {}, kernel settings writable {}",
                    list(&self.capabilities),
                    self.no_new_privs,
                    self.seccomp,
                    self.tunable
                ),
            ),
            if self.closed.is_empty() {
                Finding::good("doors", "every door answers")
            } else {
                let detail = format!("no answer at the doors for ports {}", list(&self.closed));
                Finding::bad("doors", detail, "start the daemon: `interlock serve`")
            },
        ]
    }
}

/// Tries the sandbox with this confinement.
pub fn probe(confinement: &Confinement) -> Vec<Finding> {
    let sandbox = match crate::check() {
        Ok(sandbox) => sandbox,
        Err(missing) => return vec![Finding::bad("sandbox", missing.to_string(), missing.fix())],
    };
    match survey(&sandbox, confinement) {
        Ok((survey, masked)) => {
            let mut findings =
                vec![Finding::good("sandbox", format!("bubblewrap {} works", sandbox.version))];
            findings.extend(survey.findings(masked));
            findings
        }
        Err((detail, fix)) => vec![Finding::bad("sandbox", detail, fix)],
    }
}

/// Every place that is masked with this confinement.
pub fn masked_places(confinement: &Confinement) -> Result<Vec<PathBuf>, crate::ConfineError> {
    plan::masked_places(confinement)
}

fn survey(sandbox: &Sandbox, confinement: &Confinement) -> Result<(Survey, usize), (String, String)> {
    let told = |error: crate::ConfineError| {
        let fix = error.hint().unwrap_or("see the message that bwrap printed").to_owned();
        (error.to_string(), fix)
    };
    let plan = Plan::of(confinement).map_err(told)?;
    let places: Vec<OsString> = plan.masks.paths().map(|path| path.as_os_str().to_owned()).collect();
    let text = run::survey(sandbox, confinement, &plan, &places).map_err(told)?;
    let survey = serde_json::from_str(&text)
        .map_err(|_| ("the relay inside told nothing".to_owned(), "check the relay program".to_owned()))?;
    Ok((survey, places.len()))
}

/// Whether a place shows anything: a directory an entry, another file a byte.
fn is_readable(place: &Path) -> bool {
    match std::fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => {
            use std::io::Read as _;
            UnixStream::connect(place).is_ok()
                || std::fs::File::open(place)
                    .is_ok_and(|mut file| file.read(&mut [0]).is_ok_and(|read| read > 0))
        }
    }
}

fn answers(address: IpAddr) -> bool {
    TcpStream::connect_timeout(&SocketAddr::new(address, 80), Duration::from_millis(500)).is_ok()
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Survey {
        Survey {
            interfaces: vec!["lo".into()],
            capabilities: vec!["0000000000000000".into(); 2],
            no_new_privs: true,
            seccomp: true,
            ..Survey::default()
        }
    }

    fn failing(survey: &Survey) -> Vec<String> {
        survey.findings(3).into_iter().filter(|finding| !finding.ok).map(|finding| finding.id).collect()
    }

    #[test]
    fn a_sound_sandbox_has_nothing_to_report() {
        assert!(failing(&sound()).is_empty());
    }

    #[test]
    fn each_hole_is_reported_by_name() {
        assert_eq!(failing(&Survey { readable: vec!["/x".into()], ..sound() }), ["masks"]);
        assert_eq!(failing(&Survey { reached: vec![METADATA[0]], ..sound() }), ["metadata"]);
        assert_eq!(failing(&Survey { interfaces: vec!["lo".into(), "eth0".into()], ..sound() }), ["network"]);
        assert_eq!(failing(&Survey { interfaces: Vec::new(), ..sound() }), ["network"]);
        assert_eq!(failing(&Survey { no_new_privs: false, ..sound() }), ["privileges"]);
        assert_eq!(failing(&Survey { tunable: true, ..sound() }), ["privileges"]);
        assert_eq!(
            failing(&Survey { capabilities: vec!["000001ffffffffff".into()], ..sound() }),
            ["privileges"]
        );
        assert_eq!(
            failing(&Survey { capabilities: vec![String::new()], ..sound() }),
            ["privileges"],
            "unread is worst"
        );
        assert_eq!(failing(&Survey { closed: vec![1], ..sound() }), ["doors"]);
    }
}
