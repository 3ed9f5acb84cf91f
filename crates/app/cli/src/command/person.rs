//! `interlock person`

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use interlock_action::name_of;
use interlock_daemon::api::{AddPerson, RequestRow};

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time},
    sign,
};

/// Enrol people and list them.
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Enrol a person with their public key.
    ///
    /// Until the first agent exists one enrolled person signs. After that enrolment is held for two people, and the new
    /// key cools off before it counts.
    Add {
        /// Their name.
        name: String,
        /// Their OpenSSH public key.
        #[arg(long, value_name = "FILE.pub")]
        public_key: PathBuf,
        /// A role, kept with the person; no shipped rule asks for one yet. May be given several times.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// The signing person's OpenSSH key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// List people and their keys.
    Ls,
}

impl Person {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Add { name, public_key, roles, key } => {
                let line =
                    std::fs::read_to_string(&public_key).map_err(|error| Fault::file(&public_key, &error))?;
                let body =
                    AddPerson { name: name.as_str().into(), public_key: line.trim().to_owned(), roles };
                let signed =
                    sign::administrative(&client, "person-add", &name, body, &key, "enrol a person")?;
                let ticket: Option<RequestRow> = client.post("/v1/people", &signed)?;
                let held = ticket.is_some();
                output.show(&ticket, |ticket| match ticket {
                    None => format!("{name} enrolled"),
                    Some(ticket) => format!(
                        "held: {} ({} approvals); see `interlock request show {}`",
                        ticket.id, ticket.approvals, ticket.id
                    ),
                });
                Ok(if held { Exit::Held } else { Exit::Ok }.into())
            }
            Self::Ls => {
                let people: Vec<interlock_approval::Person> = client.get("/v1/people")?;
                output.show(&people, |people| {
                    let rows: Vec<Vec<String>> = people
                        .iter()
                        .flat_map(|person| {
                            person.keys.iter().map(|key| {
                                vec![
                                    person.name.to_string(),
                                    key.fingerprint.clone(),
                                    name_of(&key.step),
                                    time(key.counts_from),
                                    person.roles.join(","),
                                ]
                            })
                        })
                        .collect();
                    table(&["PERSON", "KEY", "STEP", "COUNTS FROM", "ROLES"], &rows)
                });
                Ok(Exit::Ok.into())
            }
        }
    }
}
