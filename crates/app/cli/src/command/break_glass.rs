//! `interlock break-glass`

use std::process::ExitCode;

use clap::Subcommand;
use interlock_api::{BreakGlass, ReviewGlass};
use interlock_flow::Glass;

use crate::{
    command::{Global, by::By},
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
};

/// Stand in for people in an incident, and look at it afterwards.
///
/// One person whom the configuration names decides alone, for at most an hour, on what is in the scope. Each request is still
/// held and signed for, the recovery point is still made, and what is refused for good stays refused. Everybody is told.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Break the glass.
    Open {
        /// The incident's id.
        #[arg(long, value_name = "ID")]
        incident: String,
        /// What it is about: a glob over ids and names. May be given several times.
        #[arg(long = "scope", value_name = "PATTERN", required = true)]
        scope: Vec<String>,
        /// For how many minutes, up to 60.
        #[arg(long, value_name = "N", default_value_t = 30)]
        minutes: u64,
        #[command(flatten)]
        by: By,
    },
    /// End it before its time. Anybody who is enrolled may.
    Mend {
        /// Which.
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// Say that you have looked at what somebody else did with it, once it is over. Until then they break no other.
    Review {
        /// Which.
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// List every one.
    Ls,
}

impl Command {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Open { incident, scope, minutes, by } => {
                let body = BreakGlass { incident: incident.clone(), scope, minutes };
                let signed =
                    sign::administrative(&client, "break-glass", &incident, body, &by.key, &by.reason)?;
                let glass: Glass = client.post("/v1/glass", &signed)?;
                output.show(&glass, |glass| {
                    let (id, until) = (&glass.id, time(glass.until));
                    format!("{id} is broken until {until}; somebody else reviews it: interlock break-glass review {id}")
                });
            }
            Self::Mend { id, by } => {
                let body = ReviewGlass { id: id.as_str().into() };
                let signed = sign::administrative(&client, "mend-glass", &id, body, &by.key, &by.reason)?;
                let glass: Glass = client.post("/v1/glass/mend", &signed)?;
                output.show(&glass, |glass| format!("{} stands in for nobody any more", glass.id));
            }
            Self::Review { id, by } => {
                let body = ReviewGlass { id: id.as_str().into() };
                let signed = sign::administrative(&client, "review-glass", &id, body, &by.key, &by.reason)?;
                let glass: Glass = client.post("/v1/glass/review", &signed)?;
                output.show(&glass, |glass| format!("{} is reviewed", glass.id));
            }
            Self::Ls => {
                let all: Vec<Glass> = client.get("/v1/glass")?;
                output.show(&all, |all| {
                    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
                    table(&["GLASS", "PERSON", "INCIDENT", "SCOPE", "UNTIL", "REVIEWED BY"], &rows)
                });
            }
        }
        Ok(Exit::Ok.into())
    }
}

fn row(glass: &Glass) -> Vec<String> {
    let reviewed = glass.reviewed.as_ref().map_or("nobody yet".to_owned(), |review| review.by.to_string());
    vec![
        glass.id.to_string(),
        glass.person.to_string(),
        visible(&glass.incident),
        visible(&glass.scope.join(" ")),
        time(glass.until),
        reviewed,
    ]
}
