//! `interlock freeze` and `interlock unfreeze`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use interlock_api::{FreezeRequest, UnfreezeRequest};
use interlock_flow::FreezeScope;

use crate::{
    command::{Global, by::By},
    exit::Exit,
    fault::Fault,
    output::{Output, table, time},
    sign,
};

/// What is covered.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// Every agent.
    #[arg(long)]
    fleet: bool,
    /// One agent.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Every session on this task.
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// One service, such as `rds`.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// One environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

impl Scope {
    fn scope(self) -> FreezeScope {
        match self {
            Self { agent: Some(name), .. } => FreezeScope::Agent(name.into()),
            Self { task: Some(text), .. } => FreezeScope::Task(text),
            Self { service: Some(name), .. } => FreezeScope::Service(name),
            Self { environment: Some(name), .. } => FreezeScope::Environment(name.into()),
            _ => FreezeScope::Fleet,
        }
    }
}

/// Admit no mutation in a scope. Anybody who reaches the control socket may: it only ever stops.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Freeze {
    #[command(flatten)]
    scope: Scope,
    /// Why.
    #[arg(long, value_name = "TEXT", required = true)]
    reason: Option<String>,
    #[command(subcommand)]
    also: Option<Also>,
}

/// What else is done with freezes.
#[derive(Debug, Subcommand)]
enum Also {
    /// List what is frozen.
    Ls,
}

impl Freeze {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        if let Some(Also::Ls) = self.also {
            let freezes: Vec<interlock_flow::Freeze> = client.get("/v1/freezes")?;
            output.show(&freezes, |freezes| {
                let row = |freeze: &interlock_flow::Freeze| {
                    vec![
                        time(freeze.since),
                        freeze.scope.to_string(),
                        freeze.by.clone(),
                        freeze.reason.clone(),
                    ]
                };
                table(&["SINCE", "SCOPE", "BY", "WHY"], &freezes.iter().map(row).collect::<Vec<_>>())
            });
            return Ok(Exit::Ok.into());
        }
        let body = FreezeRequest { scope: self.scope.scope(), reason: self.reason.unwrap_or_default() };
        client.post::<_, ()>("/v1/freezes", &body)?;
        output.show(&body.scope, |_| {
            "frozen: no mutation is admitted in this scope until a person unfreezes it".to_owned()
        });
        Ok(Exit::Ok.into())
    }
}

/// Admit mutations in a scope again; a person signs.
#[derive(Debug, Args)]
pub(crate) struct Unfreeze {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    by: By,
}

impl Unfreeze {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        let body = UnfreezeRequest { scope: self.scope.scope() };
        let signed =
            sign::administrative(&client, "unfreeze", "freeze", body, &self.by.key, &self.by.reason)?;
        client.post::<_, ()>("/v1/unfreeze", &signed)?;
        output.show(&signed.body.scope, |_| "unfrozen".to_owned());
        Ok(Exit::Ok.into())
    }
}
