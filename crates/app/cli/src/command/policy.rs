//! `interlock policy`

mod apply;
mod bundle;
mod prove;
mod replay;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use interlock_daemon::PolicyFolder;
use interlock_policy::{Bundle, Candidate, Explanation, LoadError, PolicyFile, run_tests};

use self::bundle::file;
use crate::{command::Global, exit::Exit, fault::Fault, output::Output, time::moment};

/// Check, test and explain the policy bundle, and put it in force.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Check policy files that would be added to the shipped bundle: syntax, types, and that they only tighten.
    Check {
        /// Cedar files; without any, the home's `policies/`.
        files: Vec<PathBuf>,
    },
    /// Run cases against the shipped bundle: a JSON list of asks, evidence and expected decisions.
    Test {
        /// The cases.
        file: PathBuf,
        /// Cedar files laid over it.
        #[arg(long = "with", value_name = "FILE")]
        added: Vec<PathBuf>,
    },
    /// Explain a rule of this home; without one, list them all. Without a home, those of the shipped bundle.
    Explain {
        /// The rule's id, as a ticket names it.
        rule: Option<String>,
    },
    /// Prove what a bundle promises: the shipped invariants and those in its `invariants/`, over every request. A promise
    /// that it breaks is shown with a request that breaks it. Needs `cvc5`.
    Prove {
        /// A folder or file laid over the shipped bundle, `shipped`, or `in-force`; default: the home's `policies/`.
        bundle: Option<PathBuf>,
    },
    /// Compare two bundles by what they decide: which requests become allowed, and which no longer are. Needs `cvc5`.
    Diff {
        /// The first: a folder or file laid over the shipped bundle, `shipped`, or `in-force`.
        before: PathBuf,
        /// The second.
        after: PathBuf,
    },
    /// Decide this home's history again under another bundle, with the facts and the evidence of then.
    Replay {
        /// A folder or file laid over the shipped bundle, `shipped`, or `in-force`.
        bundle: PathBuf,
        /// Only what was decided since: a time (RFC 3339), or how long ago (`30m`, `24h`, `7d`).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<u64>,
    },
    /// Put `interlock.toml` and `policies/` in force as they stand now: in a team two people sign. What changes is proved
    /// and shown before anybody signs. The daemon must be stopped.
    Apply {
        /// A signing person's OpenSSH key; in a team given twice, for two people.
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// A bundle that weakens the one in force: the digest of the difference that was shown and is meant.
        #[arg(long, value_name = "DIGEST")]
        difference: Option<String>,
        /// The witnesses in force do not answer any more. Everybody whose key counts signs; nothing comes into force
        /// before `[approval] lone_delay` is over and everybody has signed once more.
        #[arg(long)]
        without_witnesses: bool,
    },
}

impl Policy {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        match self {
            Self::Check { files } => {
                let files = if files.is_empty() {
                    PolicyFolder::read(&global.home()?.join("policies"))?.files
                } else {
                    read(&files)?
                };
                let bundle = over_shipped(&files)?;
                let rules = bundle.rules().count();
                let answer =
                    serde_json::json!({"bundle": bundle.hash(), "rules": rules, "added": files.len()});
                output.show(&answer, |_| {
                    format!("{rules} rules, {} files added; bundle {}", files.len(), bundle.hash())
                });
            }
            Self::Test { file, added } => {
                let text = std::fs::read_to_string(&file).map_err(|error| Fault::file(&file, &error))?;
                let report = run_tests(&over_shipped(&read(&added)?)?, &text);
                output.show(&report, |report| {
                    let failed = report
                        .failures
                        .iter()
                        .map(|failure| format!("FAILED {}: {}", failure.name, failure.message));
                    let mut lines: Vec<String> = failed.collect();
                    let passed = report.cases.saturating_sub(report.failures.len());
                    lines.push(format!("{passed} passed, {} failed", report.failures.len()));
                    lines.join("\n")
                });
                return Ok(if report.passed() { Exit::Ok } else { Exit::Failed }.into());
            }
            Self::Explain { rule } => explain(&of_home(global)?, rule.as_deref(), output)?,
            Self::Prove { bundle } => return prove::prove(global, bundle.as_deref(), output),
            Self::Diff { before, after } => prove::diff(global, &before, &after, output)?,
            Self::Replay { bundle, since } => replay::replay(global, &bundle, since, output)?,
            Self::Apply { keys, reason, difference, without_witnesses } => {
                apply::apply(global, &keys, &reason, (difference.as_deref(), without_witnesses), output)?;
            }
        }
        Ok(Exit::Ok.into())
    }
}

/// The shipped bundle with these files laid over it, as a home's `policies/` are.
fn over_shipped(files: &[PolicyFile]) -> Result<Bundle, Fault> {
    Bundle::with_added(files).map_err(|error| {
        let fault = Fault::new(Exit::BadConfig, "bad-policy", error.to_string());
        match error {
            LoadError::NeedsProof(_) => {
                fault.hint("see what it opens: `interlock policy diff shipped FOLDER`")
            }
            LoadError::Faulty(_) => fault,
        }
    })
}

/// The rules of the home as they stand in its folder, for reading: whether they may come into force is not asked.
fn of_home(global: &Global) -> Result<Bundle, Fault> {
    let bad = |why: String| Fault::new(Exit::BadConfig, "bad-policy", why);
    let Ok(home) = global.home() else { return Ok(Bundle::shipped()) };
    let files = PolicyFolder::read(&home.join("policies"))?.bundle();
    let hash = Candidate::load(&files).map_err(|error| bad(error.to_string()))?.hash();
    Bundle::load_signed(&files, &hash).map_err(|error| bad(error.to_string()))
}

fn read(files: &[PathBuf]) -> Result<Vec<PolicyFile>, Fault> {
    files.iter().map(|path| file(path)).collect()
}

fn explain(bundle: &Bundle, rule: Option<&str>, output: &Output) -> Result<(), Fault> {
    let Some(rule) = rule else {
        let rules: Vec<&Explanation> = bundle.rules().collect();
        output.show(&rules, |rules| {
            rules
                .iter()
                .map(|rule| format!("{:<8} {:<36} {}", rule.tier, rule.id, rule.why))
                .collect::<Vec<_>>()
                .join("\n")
        });
        return Ok(());
    };
    let found = bundle.explain(&rule.into()).ok_or_else(|| {
        Fault::failed(format!("there is no rule `{rule}`")).hint("list them with `interlock policy explain`")
    })?;
    output.show(&found, |rule| {
        format!(
            "{}  tier {}  ({})\nwhy:  {}\nnext: {}\n\n{}",
            rule.id, rule.tier, rule.file, rule.why, rule.next, rule.source
        )
    });
    Ok(())
}
