//! The agent's program, and what it tells.

use std::process::Command;

use serde::{Deserialize, Serialize};

use super::{place::Place, terraform::Tool};

/// The words of its task: what a person asked for.
pub(super) const TASK: &str = "add a static site, then remove the duplicate resources";

/// How much of its work it does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// The site, then the destroy.
    All,
    /// The destroy again.
    Destroy,
}

/// The arguments of its program.
pub(super) fn arguments(work: Work, tool: Tool) -> [&'static str; 3] {
    let word = match work {
        Work::All => "all",
        Work::Destroy => "destroy",
    };
    ["agent.py", word, tool.name()]
}

/// It with a person's own key, straight at the cloud.
pub(super) fn bare(place: &Place, tool: Tool, url: &str, key: (&str, &str)) -> Command {
    let mut command = place.command(place.python());
    command.args(arguments(Work::All, tool)).current_dir(place.work());
    command.envs([("AWS_ENDPOINT_URL", url), ("AWS_ACCESS_KEY_ID", key.0), ("AWS_SECRET_ACCESS_KEY", key.1)]);
    command
}

/// The static site, as the agent found it after it had made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Site {
    /// Its bucket.
    pub(super) bucket: String,
    /// Its objects.
    pub(super) objects: Vec<String>,
}

/// What it told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// The id of the key that it was given.
    pub(super) key: Option<String>,
    /// The site it made.
    pub(super) site: Option<Site>,
    /// When it had made it, in seconds since it began.
    pub(super) made: f64,
    /// How its destroy ended.
    pub(super) status: Option<i64>,
    /// What it was told in the destroy.
    pub(super) said: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
enum Line {
    Key {
        key: String,
    },
    Site {
        #[serde(flatten)]
        site: Site,
        seconds: f64,
    },
    Destroy {
        status: i64,
        said: Vec<String>,
    },
}

impl Told {
    /// From the lines it wrote.
    pub(super) fn read(out: &str) -> Self {
        let mut told = Self::default();
        for line in out.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Key { key } => told.key = Some(key),
                Line::Site { site, seconds } => (told.site, told.made) = (Some(site), seconds),
                Line::Destroy { status, said } => (told.status, told.said) = (Some(status), said),
            }
        }
        told
    }

    /// What Interlock said to it about a call: from its first word to the ticket.
    pub(super) fn held(&self, operation: &str) -> Option<Held> {
        let start = format!("Interlock holds {operation} ");
        self.said.iter().find_map(|said| {
            let text = said.split_whitespace().collect::<Vec<_>>().join(" ");
            let (_, rest) = text.split_once(&start)?;
            let (words, rest) = rest.split_once("[ticket ")?;
            let (ticket, _) = rest.split_once(']')?;
            Some(Held { message: format!("{start}{words}[ticket {ticket}]"), ticket: ticket.to_owned() })
        })
    }
}

/// A refusal that names a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// In words, as the agent got it.
    pub(super) message: String,
    /// The ticket.
    pub(super) ticket: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_was_told_is_found_in_a_clients_own_words() {
        let out = concat!(
            "{\"step\":\"key\",\"key\":\"ILK1\"}\nnoise\n",
            "{\"step\":\"destroy\",\"status\":1,\"said\":[\"deleting ECS: Interlock holds aws:ecs:DeleteCluster (T3). [ticket tk-1]\",",
            "\"deleting RDS: api error AccessDenied: Interlock holds aws:rds:DeleteDBInstance (T4,\\n 0 of 2). [ticket tk-2]\"]}\n",
        );
        let told = Told::read(out);
        assert_eq!((told.key.as_deref(), told.status, told.site.as_ref()), (Some("ILK1"), Some(1), None));
        let held = told.held("aws:rds:DeleteDBInstance").unwrap();
        assert_eq!(held.ticket, "tk-2");
        assert_eq!(held.message, "Interlock holds aws:rds:DeleteDBInstance (T4, 0 of 2). [ticket tk-2]");
        assert_eq!(told.held("aws:rds:DeleteDBCluster"), None);
    }
}
