//! `interlock person`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use interlock_action::name_of;
use interlock_api::{AddKey, AddPerson, OfferedPasskey, RemoveKey, RemovePerson, RequestRow};
use interlock_approval::parse_public_key;

use crate::{
    client::Client,
    command::{Global, by::By},
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
};

/// Enrol people, take them out, and list them.
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Enrol a person with their public key.
    ///
    /// Until the first agent exists one enrolled person signs. After that enrolment is held for two people, and the new
    /// key cools off before it counts.
    Add {
        /// Their name.
        name: String,
        #[command(flatten)]
        new: NewKey,
        /// A role, kept with the person; no shipped rule asks for one yet. May be given several times.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// The signing person's OpenSSH key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Take somebody out. Their keys count for nothing from now on, by one signature.
    ///
    /// That they are out takes two others; where only one is left who could approve, that one and the days of
    /// `[approval] lone_delay`, in which everybody may deny it. Denied by somebody else, the keys count again.
    Remove {
        /// Their name.
        name: String,
        #[command(flatten)]
        by: By,
    },
    /// Add a key of somebody, or take one out.
    #[command(subcommand)]
    Key(Key),
    /// List people and their keys.
    Ls,
}

/// Keys of people who are enrolled. The same people decide as for `interlock person remove`.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Enrol another key of somebody. It cools off before it counts.
    Add {
        /// Whose.
        name: String,
        #[command(flatten)]
        new: NewKey,
        #[command(flatten)]
        by: By,
    },
    /// Take a key out, lost or stolen. It counts for nothing from now on, by one signature.
    Remove {
        /// Whose.
        name: String,
        /// `SHA256:…`, as `interlock person ls` shows it.
        fingerprint: String,
        #[command(flatten)]
        by: By,
    },
}

/// The key that is enrolled.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct NewKey {
    /// Their OpenSSH public key.
    #[arg(long, value_name = "FILE.pub")]
    public_key: Option<PathBuf>,
    /// Their passkey, by the fingerprint that the console showed when they made it at its /enrol.
    #[arg(long, value_name = "FINGERPRINT")]
    passkey: Option<String>,
}

impl NewKey {
    /// Its line.
    fn line(&self, client: &Client, name: &str) -> Result<String, Fault> {
        if let Some(path) = &self.public_key {
            let text = std::fs::read_to_string(path).map_err(|error| Fault::file(path, &error))?;
            return Ok(text.trim().to_owned());
        }
        let asked = self.passkey.clone().unwrap_or_default();
        let offered: OfferedPasskey = client.get(&format!("/v1/passkeys/{asked}"))?;
        if offered.person.as_str() != name {
            return Err(Fault::failed(format!(
                "`{asked}` was made for `{}`",
                visible(offered.person.as_str())
            ))
            .hint("somebody else made it: compare the fingerprint on their screen"));
        }
        // INVARIANT: what is signed is the key whose fingerprint the person has seen, whatever the daemon answers.
        let key =
            parse_public_key(&offered.public_key, 0, 0).map_err(|error| Fault::failed(error.to_string()))?;
        if key.fingerprint != asked {
            return Err(Fault::failed(format!("`{asked}` is another passkey's fingerprint")));
        }
        Ok(key.public_key)
    }
}

impl Person {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Add { name, new, roles, key } => {
                let body =
                    AddPerson { name: name.as_str().into(), public_key: new.line(&client, &name)?, roles };
                let signed =
                    sign::administrative(&client, "person-add", &name, body, &key, "enrol a person")?;
                tell(&client.post("/v1/people", &signed)?, &format!("{name} enrolled"), output)
            }
            Self::Remove { name, by } => {
                let body = RemovePerson { name: name.as_str().into() };
                let signed =
                    sign::administrative(&client, "person-remove", &name, body, &by.key, &by.reason)?;
                tell(&client.post("/v1/people/remove", &signed)?, &format!("{name} is out"), output)
            }
            Self::Key(Key::Add { name, new, by }) => {
                let body = AddKey { name: name.as_str().into(), public_key: new.line(&client, &name)? };
                let signed = sign::administrative(&client, "key-add", &name, body, &by.key, &by.reason)?;
                tell(&client.post("/v1/people/keys", &signed)?, "enrolled", output)
            }
            Self::Key(Key::Remove { name, fingerprint, by }) => {
                let body = RemoveKey { name: name.as_str().into(), fingerprint };
                let signed = sign::administrative(&client, "key-remove", &name, body, &by.key, &by.reason)?;
                tell(&client.post("/v1/people/keys/remove", &signed)?, "the key is out", output)
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
                                    counts(key),
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

/// From when on a key counts, or each request that keeps it from that.
fn counts(key: &interlock_approval::EnrolledKey) -> String {
    if key.suspended.is_empty() {
        return time(key.counts_from);
    }
    let requests: Vec<&str> = key.suspended.iter().map(|ticket| ticket.as_str()).collect();
    format!("SUSPENDED by {}", requests.join(", "))
}

/// What came of it: done, or held.
fn tell(ticket: &Option<RequestRow>, done: &str, output: &Output) -> Result<ExitCode, Fault> {
    output.show(ticket, |ticket| match ticket {
        None => done.to_owned(),
        Some(ticket) => format!(
            "held: {} ({} approvals); see `interlock request show {}`",
            ticket.id, ticket.approvals, ticket.id
        ),
    });
    Ok(if ticket.is_some() { Exit::Held } else { Exit::Ok }.into())
}
