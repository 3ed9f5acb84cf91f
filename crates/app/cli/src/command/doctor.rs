//! `interlock doctor`

use std::{os::unix::fs::MetadataExt as _, process::ExitCode};

use clap::Args;
use interlock_api::Status;
use interlock_confine::{Confinement, Finding, check};

use crate::{
    client::Client,
    command::{Global, run::user_home},
    exit::Exit,
    fault::Fault,
    output::Output,
};

mod canary;

/// Check everything that the guarantee stands on, and say the fix for each finding.
///
/// Where a daemon answers and an agent is registered, it also fires a canary: a mutation of production that must be held, sent with that
/// agent's virtual credentials. Nothing real is touched: the canary's target does not exist, and nobody is asked about it.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The agent in whose name the canary is fired; otherwise the first.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

impl Doctor {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let home = global.home()?;
        let sockets = global.sockets()?;
        let mut findings = vec![if sockets == home { private_home(&home) } else { shared(&sockets) }];
        findings.extend(sandbox(global)?);
        match global.client().and_then(|client| Ok((client.get::<Status>("/v1/status")?, client))) {
            Err(fault) => {
                findings.push(finding("daemon", false, fault.message, "start it with `interlock serve`"))
            }
            Ok((status, client)) => {
                findings.extend(daemon(&status));
                findings.push(self.canary(&client, &status));
            }
        }
        let well = findings.iter().all(|finding| finding.ok);
        output.show(&findings, |findings| findings.iter().map(line).collect::<Vec<_>>().join("\n"));
        Ok(if well { Exit::Ok } else { Exit::Failed }.into())
    }

    fn canary(&self, client: &Client, status: &Status) -> Finding {
        let agent = self.agent.clone().or_else(|| status.agents.first().map(ToString::to_string));
        let Some(agent) = agent else {
            return finding(
                "canary",
                false,
                "no agent to fire it as",
                "register one with `interlock agent add`",
            );
        };
        match canary::fire(client, &agent) {
            Ok(words) => finding("canary", true, words, ""),
            Err(fault) => {
                let fix = "are there AWS credentials where the daemon runs, and may this agent change things? Look at its log before any agent works";
                finding("canary", false, fault.message, fix)
            }
        }
    }
}

fn finding(id: &str, ok: bool, detail: impl Into<String>, fix: &str) -> Finding {
    let fix = (!ok && !fix.is_empty()).then(|| fix.to_owned());
    Finding { id: id.to_owned(), ok, detail: detail.into(), fix }
}

fn line(finding: &Finding) -> String {
    let mark = if finding.ok { "ok  " } else { "FAIL" };
    let fix = finding.fix.as_ref().map(|fix| format!("\n       fix: {fix}")).unwrap_or_default();
    format!("{mark}  {:<18} {}{fix}", finding.id, finding.detail)
}

fn private_home(home: &std::path::Path) -> Finding {
    match std::fs::metadata(home) {
        Err(error) => {
            finding("home", false, format!("`{}`: {error}", home.display()), "make it with `interlock init`")
        }
        Ok(meta) if meta.mode() & 0o077 != 0 => {
            finding("home", false, format!("`{}` is open to others", home.display()), "chmod 700 it")
        }
        Ok(_) => finding("home", true, format!("`{}` is private", home.display()), ""),
    }
}

/// The home is another account's, which is best; what there is to see of it are its sockets.
fn shared(sockets: &std::path::Path) -> Finding {
    match std::fs::metadata(sockets) {
        Ok(meta) if meta.mode() & 0o007 == 0 => finding(
            "home",
            true,
            format!("another account keeps it; its sockets are in `{}`", sockets.display()),
            "",
        ),
        Ok(_) => {
            finding("home", false, format!("`{}` is open to everybody", sockets.display()), "chmod o= it")
        }
        Err(error) => finding(
            "home",
            false,
            format!("`{}`: {error}", sockets.display()),
            "start the daemon, or join the group it lets in",
        ),
    }
}

fn sandbox(global: &Global) -> Result<Vec<Finding>, Fault> {
    match check() {
        Err(missing) => Ok(vec![finding("sandbox", false, missing.to_string(), missing.fix())]),
        Ok(_) => {
            // In a folder of its own: whoever asks may stand in their home, where no agent works.
            let folder = std::env::temp_dir().join(format!("interlock-doctor-{}", std::process::id()));
            std::fs::create_dir_all(&folder).map_err(|error| Fault::file(&folder, &error))?;
            let program = std::env::current_exe().map_err(|error| Fault::failed(error.to_string()))?;
            let confinement = Confinement::new(user_home()?, global.home()?, folder.clone(), program);
            let findings = interlock_confine::probe::probe(&confinement);
            let _ = std::fs::remove_dir_all(&folder);
            Ok(findings)
        }
    }
}

fn daemon(status: &Status) -> Vec<Finding> {
    let healthy = status.ledger == "ok";
    let enforcing = status.mode == "enforce";
    let team = status.people.len() > 1;
    let alone = "T4 takes one person, a recovery point and a delay";
    vec![
        finding("daemon", true, format!("version {} answers", status.version), ""),
        finding(
            "ledger",
            healthy,
            format!("{}; {} entries", status.ledger, status.entries),
            "free disk space, then start the daemon again",
        ),
        finding(
            "mode",
            enforcing,
            format!("[mode] enforce = \"{}\"", status.mode),
            "nobody is asked in observe mode: set enforce",
        ),
        finding(
            "observed",
            status.observed.is_empty(),
            match status.observed.as_slice() {
                [] => "people are asked in every live session".to_owned(),
                some => format!(
                    "nobody is asked in {}",
                    some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                ),
            },
            "`interlock session end` ends one",
        ),
        finding(
            "alone",
            status.alone.is_empty(),
            match status.alone.as_slice() {
                [] => "nothing is about to change with too few people or witnesses".to_owned(),
                some => crate::output::visible(&some.join("; ")),
            },
            "`interlock request deny` stops a request; whoever is against doing without witnesses does not sign again",
        ),
        // Working alone is a choice, not a fault.
        finding(
            "people",
            true,
            if team { format!("a team of {}", status.people.len()) } else { format!("solo: {alone}") },
            "",
        ),
    ]
}
