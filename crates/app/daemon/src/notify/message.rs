//! What people are told: Interlock's own words and a link to where they read and decide. Nothing of an agent's own words.

use interlock_action::{Digest, Millis};
use interlock_api::{exact, sentence, time, vanishes, visible};
use interlock_approval::Ticket;
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
    pub(super) fn of(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.to_string(),
            action: ticket.held.action_digest,
            tier: ticket.held.tier.clone(),
            sentence: visible(&sentence(ticket)),
            vanishes: vanishes(ticket).iter().map(|line| visible(line)).collect(),
            opened: ticket.held.opened,
            expires: ticket.held.expires,
        }
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
        }
    }
}

impl Glass {
    pub(super) fn of(glass: &interlock_flow::Glass) -> Self {
        let (person, incident) = (exact(glass.person.as_str()), visible(&glass.incident));
        let (until, scope) = (time(glass.until), visible(&glass.scope.join(", ")));
        let words = format!("{person} has broken the glass for {incident} until {until}, over {scope}");
        Self { id: glass.id.to_string(), words }
    }
}

impl Message {
    /// What the other side tells repetitions by.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Held(held) => held.id.clone(),
            Self::More(all) => format!("more-{}", all.last().map_or("", |held| held.id.as_str())),
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
            Self::Held(held) => format!("{}: {}", held.tier, held.sentence),
            Self::More(all) => format!("{} more requests wait", all.len()),
            Self::Glass(glass) => glass.words.clone(),
        }
    }

    /// For a server that takes JSON.
    pub(super) fn json(&self, console: &str) -> Value {
        let (kind, more) = match self {
            Self::Held(held) => (
                "request-held",
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
