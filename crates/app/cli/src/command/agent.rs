//! `interlock agent`

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use interlock_api::{AddAgent, Added};
use interlock_policy::AgentClass;

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table},
    sign,
};

/// Register agents and list them.
#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// Register an agent; a person signs for it.
    Add {
        /// Its name.
        name: String,
        /// The person who answers for it. Alone, they can never approve what it asks for.
        #[arg(long, value_name = "PERSON")]
        owner: String,
        /// `observer` reads only, `builder` is the default, `operator` runs what others built.
        #[arg(long, default_value = "builder", value_parser = class)]
        class: AgentClass,
        /// The signing person's OpenSSH key. The owner signs: where somebody else registers it, give `--key` twice.
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
    },
    /// List agents.
    Ls,
}

fn class(text: &str) -> Result<AgentClass, String> {
    match text {
        "observer" => Ok(AgentClass::Observer),
        "builder" => Ok(AgentClass::Builder),
        "operator" => Ok(AgentClass::Operator),
        _ => Err("an agent class is observer, builder or operator".to_owned()),
    }
}

impl Agent {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Add { name, owner, class, keys } => {
                let body = AddAgent { name: name.as_str().into(), owner: owner.into(), class };
                let sign = |key: &PathBuf| {
                    sign::signed(&client, "agent-add", &name, &body, key, "register an agent")
                };
                let mut all = keys.iter().map(sign).collect::<Result<Vec<_>, _>>()?.into_iter();
                let signed = all.next().ok_or_else(|| Fault::usage("nobody signs: give `--key FILE`"))?;
                let signed = Added { body, signed, co_signed: all.collect() };
                client.post::<_, ()>("/v1/agents", &signed)?;
                output.show(&signed.body, |agent| {
                    format!("agent {} registered, owned by {}", agent.name, agent.owner)
                });
            }
            Self::Ls => {
                let agents: Vec<interlock_flow::Agent> = client.get("/v1/agents")?;
                output.show(&agents, |agents| {
                    let row = |a: &interlock_flow::Agent| {
                        vec![a.name.to_string(), a.owner.to_string(), a.class.name().to_owned()]
                    };
                    table(&["AGENT", "OWNER", "CLASS"], &agents.iter().map(row).collect::<Vec<_>>())
                });
            }
        }
        Ok(Exit::Ok.into())
    }
}
