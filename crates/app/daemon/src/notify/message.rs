//! What people are told: Interlock's own words, with the names of what is touched, and a link to where they read and decide.

use interlock_action::{Digest, Millis};
use interlock_api::{exact, sentence, time, vanishes, visible};
use interlock_approval::{State, Ticket};
use serde_json::{Value, json};

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: String,
    pub(super) action: Digest,
    tier: String,
    sentence: String,
    vanishes: Vec<String>,
    pub(super) opened: Millis,
    expires: Millis,
    /// It is approved, and can still be stopped for so long as it waits.
    pub(super) stoppable: bool,
}

/// What the keys of messages begin with that say how many more wait.
pub(super) const MORE: &str = "more-";
/// Lines of what would be gone, and letters of a line: what is longer stands on the page.
const LINES: usize = 10;
const LETTERS: usize = 200;

/// A line of a message: no line of its own in it, no address that a reader makes a link of, and not without end.
fn line(text: &str) -> String {
    let text = visible(text).replace('\n', " ").replace("://", ": //");
    if text.chars().count() <= LETTERS { text } else { text.chars().take(LETTERS).chain(['…']).collect() }
}

/// A glass that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glass {
    pub(super) id: String,
    words: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// This waits.
    Held(Held),
    /// So many more wait than are told one by one.
    More(Vec<Held>),
    /// Somebody stands in for people.
    Glass(Glass),
}

impl Held {
    /// A request that waits for people, or one that was approved and waits so that somebody may stop it.
    pub(super) fn of(ticket: &Ticket) -> Option<Self> {
        let stoppable = matches!(ticket.state, State::Approved { .. });
        if stoppable && ticket.quorum.delay.is_none() {
            return None;
        }
        let gone = vanishes(ticket);
        let more = gone.len().saturating_sub(LINES);
        let mut vanishes: Vec<String> = gone.iter().take(LINES).map(|text| line(text)).collect();
        if more > 0 {
            vanishes.push(format!("and {more} more"));
        }
        Some(Self {
            id: ticket.id.to_string(),
            action: ticket.held.action_digest,
            tier: ticket.held.tier.clone(),
            sentence: line(&sentence(ticket)),
            vanishes,
            opened: ticket.held.opened,
            expires: ticket.held.expires,
            stoppable,
        })
    }

    /// What is told first: what is about to happen, then by tier.
    pub(super) fn rank(&self) -> (bool, &str) {
        (self.stoppable, &self.tier)
    }

    /// What is remembered of it: that it waits, and that it was approved, are two things.
    pub(super) fn key(&self) -> String {
        if self.stoppable { format!("{}-approved", self.id) } else { self.id.clone() }
    }

    #[cfg(test)]
    pub(super) fn example(id: &str, opened: Millis) -> Self {
        Self {
            id: id.to_owned(),
            action: Digest::of(id.as_bytes()),
            tier: "T4".to_owned(),
            sentence: "agent claude of ana wants to destroy <prod> & all".to_owned(),
            vanishes: vec!["database prod is deleted".to_owned()],
            opened,
            expires: Millis::MAX,
            stoppable: false,
        }
    }
}

impl Glass {
    pub(super) fn of(glass: &interlock_flow::Glass) -> Self {
        let (person, incident) = (exact(glass.person.as_str()), line(&glass.incident));
        let (until, scope) = (time(glass.until), line(&glass.scope.join(", ")));
        let words = format!("{person} has broken the glass for {incident} until {until}, over {scope}");
        Self { id: glass.id.to_string(), words }
    }
}

impl Message {
    /// What the other side tells repetitions by.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Held(held) => held.key(),
            Self::More(all) => format!("{MORE}{}", all.last().map_or("", |held| held.id.as_str())),
            Self::Glass(glass) => glass.id.clone(),
        }
    }

    /// Where people read it.
    fn link(&self, console: &str) -> String {
        match self {
            Self::Held(held) => format!("{console}/requests/{}", held.id),
            Self::More(_) => format!("{console}/"),
            Self::Glass(_) => format!("{console}/feed"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Held(held) if held.stoppable => {
                format!("APPROVED, and can still be stopped: {}", held.sentence)
            }
            Self::Held(held) => format!("{}: {}", held.tier, held.sentence),
            Self::More(all) => format!("{} more requests wait", all.len()),
            Self::Glass(glass) => glass.words.clone(),
        }
    }

    /// For a server that takes JSON.
    pub(super) fn json(&self, console: &str) -> Value {
        let (kind, more) = match self {
            Self::Held(held) => (
                if held.stoppable { "request-approved" } else { "request-held" },
                json!({"request": held.id, "tier": held.tier, "vanishes": held.vanishes, "opened": held.opened,
                       "expires": held.expires}),
            ),
            Self::More(all) => {
                ("requests-held", json!({"requests": all.iter().map(|held| &held.id).collect::<Vec<_>>()}))
            }
            Self::Glass(glass) => ("glass-broken", json!({"glass": glass.id})),
        };
        json!({"kind": kind, "words": self.words(), "url": self.link(console), "about": more})
    }

    /// A mail's subject: one line.
    pub(super) fn subject(&self) -> String {
        format!("[Interlock] {}", self.words().replace('\n', " "))
    }

    /// A mail's text.
    pub(super) fn plain(&self, console: &str) -> String {
        let mut lines = vec![self.words(), String::new()];
        if let Self::Held(held) = self {
            lines.extend(held.vanishes.iter().map(|line| format!("- {line}")));
            lines.push(format!("\nWithout a decision it expires at {}.", time(held.expires)));
        }
        lines.push(format!("\nRead it and decide: {}\n", self.link(console)));
        lines.join("\n")
    }

    /// For what takes Slack's incoming webhooks: text and a link. A button there would decide on nothing that anybody has read.
    pub(super) fn slack(&self, console: &str) -> Value {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut lines = vec![escaped(&self.words())];
        if let Self::Held(held) = self {
            lines.extend(held.vanishes.iter().map(|line| format!("− {}", escaped(line))));
        }
        lines.push(format!("<{}|Read it and decide>", self.link(console)));
        json!({"text": lines.join("\n")})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_leads_to_the_page_and_names_cannot_write_links() {
        let message = Message::Held(Held::example("tk-1", 0));
        let text = message.slack("https://i.example")["text"].as_str().unwrap_or_default().to_owned();
        assert!(text.contains("destroy &lt;prod&gt; &amp; all"), "{text}");
        assert!(text.ends_with("<https://i.example/requests/tk-1|Read it and decide>"), "{text}");
        let json = message.json("https://i.example");
        assert_eq!(
            (&json["url"], &json["kind"]),
            (&json!("https://i.example/requests/tk-1"), &json!("request-held"))
        );
    }
}
