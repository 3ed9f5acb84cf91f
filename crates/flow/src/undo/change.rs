//! A change that can be taken back, and what is remembered of it.

use std::collections::BTreeSet;

use interlock_action::{
    ActionId, AgentId, Contract, Deed, Digest, Millis, SessionId, TargetId, Terms, UndoId, compared,
    digest_of,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Event, road::Road};

/// A mutation with its way back, as it is written down before it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The action.
    pub action: ActionId,
    /// Whose.
    pub session: SessionId,
    /// Whose.
    pub agent: AgentId,
    /// When it was let through.
    pub at: Millis,
    /// The way back; `None` once it was redacted.
    pub contract: Option<Contract>,
    /// How it is looked at: of two changes with one subject each is taken back from where the next one began.
    pub subject: Digest,
    /// What it writes, however the request calls it: a later change of the same thing may have another subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

/// Whether two changes write the same thing: one of the first may be called as one of the second.
pub fn overlap(one: &[String], other: &[String]) -> bool {
    one.iter().any(|one| other.iter().any(|other| one == other || meet(one, other)))
}

/// Whether some text is as both patterns say: `*` is any text, `?` any one sign.
fn meet(one: &str, other: &str) -> bool {
    let open = |text: &str| text.contains(['*', '?']);
    if !open(one) && !open(other) {
        return one == other;
    }
    let differ = |(one, other): &(char, char)| one != other || *one == '*' || *one == '?';
    if let Some((one, other)) = one.chars().zip(other.chars()).find(differ)
        && !['*', '?'].iter().any(|sign| [one, other].contains(sign))
    {
        return false;
    }
    let other: Vec<char> = other.chars().collect();
    // Whether what stands in `one` so far and the first signs of `other` can be one text, for each number of these.
    let mut fits = vec![true];
    fits.extend(other.iter().scan(true, |all, sign| {
        *all &= *sign == '*';
        Some(*all)
    }));
    for sign in one.chars() {
        // Without a sign of `other`, only `*` stands for nothing.
        let mut next = vec![sign == '*' && fits.first() == Some(&true)];
        for ((against, with_it), without_it) in other.iter().zip(fits.iter().skip(1)).zip(&fits) {
            let before = next.last() == Some(&true);
            next.push(match (sign, *against) {
                // Either stands for nothing, or for one more sign of the other one.
                ('*', _) | (_, '*') => *with_it || before || *without_it,
                ('?', _) | (_, '?') => *without_it,
                (sign, against) => sign == against && *without_it,
            });
        }
        fits = next;
    }
    fits.last() == Some(&true)
}

/// What a way looks at: the same way, by the same reads.
pub(crate) fn subject(way: &str, deed: &Deed, reads: &BTreeSet<String>) -> Digest {
    let named = (way, &deed.account, &deed.region, reads);
    digest_of("interlock undo subject v1", &named).unwrap_or_else(|_| Digest::of(way.as_bytes()))
}

/// A state, and the names of the reads that told it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) state: Value,
    pub(crate) reads: BTreeSet<String>,
}

/// Where a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Standing {
    /// It was let through; the state that it left has not been read.
    Unsettled,
    /// The state that it left is known.
    Settled {
        /// Digest of that state.
        after: Digest,
    },
    /// It is being taken back.
    Undoing {
        /// In which run.
        undo: UndoId,
        /// What remained when it began.
        steps: Vec<String>,
    },
    /// It was taken back.
    Undone {
        /// In which run.
        undo: UndoId,
    },
}

/// What is remembered of a change. The way back itself stays in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeNote {
    /// The order in which changes were let through.
    pub order: u64,
    /// Whose.
    pub session: SessionId,
    /// Whose.
    pub agent: AgentId,
    /// When.
    pub at: Millis,
    /// What was done.
    pub operation: String,
    /// To what, first of all.
    pub target: Option<TargetId>,
    /// How it is looked at.
    pub subject: Digest,
    /// What it writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// How well it can be taken back.
    pub terms: Terms,
    /// When the way closes.
    pub until: Option<Millis>,
    /// The recovery points that it is taken back from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
    /// Where it stands.
    pub standing: Standing,
    /// Whether its call has ended, as far as anybody knows.
    pub ended: bool,
}

impl ChangeNote {
    /// Whether its call has ended, and nobody has read what it left.
    pub(crate) fn waits(&self) -> bool {
        self.ended && self.standing == Standing::Unsettled
    }

    /// Whether it writes what another change writes.
    pub(crate) fn overlaps(&self, subject: &Digest, about: &[String]) -> bool {
        self.subject == *subject || overlap(&self.about, about)
    }

    pub(crate) fn of(change: &Change, order: u64) -> Option<Self> {
        let contract = change.contract.as_ref()?;
        Some(Self {
            order,
            session: change.session.clone(),
            agent: change.agent.clone(),
            at: change.at,
            operation: contract.deed.operation.to_string(),
            target: contract.deed.targets.first().map(|target| target.id.clone()),
            subject: change.subject,
            about: change.about.clone(),
            terms: contract.terms.clone(),
            until: contract.until,
            points: contract.deed.points.clone(),
            standing: Standing::Unsettled,
            ended: false,
        })
    }
}

impl Road {
    /// What a ledger entry and a preview tell of a state. A state may hold secrets that are easily guessed: whoever has
    /// only this cannot try them.
    pub(crate) fn state_seal(&self, state: &Value) -> Digest {
        let sealed = self.settings.sealer.seal(&compared(state));
        digest_of("interlock undo state v2", &sealed).unwrap_or_else(|_| state_digest(&sealed))
    }
}

/// The digest that a state is compared by, in memory only.
pub(crate) fn state_digest(state: &Value) -> Digest {
    digest_of("interlock undo state v1", &compared(state))
        .unwrap_or_else(|_| Digest::of(state.to_string().as_bytes()))
}

/// Whether two states are the same, as far as the way back restores them.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    compared(one) == compared(other)
}

/// A change as the store tells it: its way back, and the state that it left, where that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recalled {
    pub(crate) change: Change,
    pub(crate) contract: Contract,
    pub(crate) after: Option<Value>,
}

impl Recalled {
    pub(crate) fn of(action: &ActionId, events: Vec<Event>) -> Option<Self> {
        let (mut found, mut after, mut begun) = (None, None, None);
        for event in events {
            match event {
                Event::Undoable { change } if change.action == *action => found = Some(*change),
                Event::Settled { action: of, after: state } if of == *action => after = Some(state),
                Event::Undoing { action: of, undo, .. } if of == *action => begun = Some(undo),
                _ => {}
            }
        }
        let change = found?;
        let mut contract = change.contract.clone()?;
        contract.deed.undo = begun;
        Some(Self { change, contract, after })
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn one_thing_is_one_thing_however_it_is_called() {
        let overlap = |one: &[&str], other: &[&str]| {
            let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            overlap(&owned(one), &owned(other))
        };
        assert!(overlap(&["w key/1"], &["w key/2", "w key/1"]));
        assert!(overlap(&["w service/*/web"], &["w service/main/web"]));
        assert!(overlap(&["w secret:db-aB3dE6"], &["w secret:db-??????"]));
        assert!(overlap(&["w a*b*c"], &["w aXbYbZc"]));
        assert!(overlap(&["* table/t"], &["x table/t"]));
        assert!(overlap(&["* secret:db-aB3dE6 *"], &["w secret:db-?????? "]));
        assert!(overlap(&["* service/*/web *"], &["w service/main/* "]));
        assert!(overlap(&["a*"], &["*b"]) && overlap(&["*"], &["**"]) && overlap(&["?*"], &["a"]));
        for (one, other) in [
            ("w key/1", "w key/10"),
            ("w service/*/web", "w service/main/webs"),
            ("w secret:db-??????", "w secret:db"),
            ("w a*b", "w axbx"),
            ("v key/1", "w key/1"),
            ("* secret:db-aB3dE6 *", "w secret:dc-?????? "),
            ("a*c", "*b"),
            ("a?", "a"),
            ("*a??", "*b??"),
            ("??", "?"),
        ] {
            assert!(!overlap(&[one], &[other]), "{one} {other}");
        }
        assert!(!overlap(&[], &["w key/1"]));
    }
}
