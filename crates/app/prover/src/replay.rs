//! Deciding history again: what a bundle would have said to what really happened.

use std::{collections::BTreeMap, fmt};

use interlock_action::Millis;
use interlock_policy::{Candidate, Hypothetical, Judged, Verified};
use serde::{Deserialize, Serialize};

use crate::words;

/// A decided action out of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The entry.
    pub entry: u64,
    /// When it was decided.
    pub at: Millis,
    /// Who asked.
    pub agent: String,
    /// For what.
    pub operation: String,
    /// Enough to decide again, or why there is not.
    pub judged: Result<Judged, String>,
}

/// An action that would be decided differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Differs {
    /// The entry.
    pub entry: u64,
    /// When it was decided.
    pub at: Millis,
    /// Who asked.
    pub agent: String,
    /// For what.
    pub operation: String,
    /// What was said.
    pub then: String,
    /// What this bundle says.
    pub now: String,
    /// Whether it says more than was said: the agent needs less now.
    pub weaker: bool,
}

/// What came of history.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Replay {
    /// How many were decided again.
    pub decided: usize,
    /// Those that came out differently.
    pub differs: Vec<Differs>,
    /// How many could not be decided again, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// Their entries.
    pub skipped_entries: Vec<u64>,
}

impl Replay {
    /// Takes in what came of more history.
    pub fn add(&mut self, more: Self) {
        self.decided += more.decided;
        self.differs.extend(more.differs);
        for (why, count) in more.skipped {
            *self.skipped.entry(why).or_default() += count;
        }
        self.skipped_entries.extend(more.skipped_entries);
    }
}

/// Decides each again.
pub fn replay(bundle: &Candidate, history: impl IntoIterator<Item = Recorded>) -> Replay {
    let mut replay = Replay::default();
    for recorded in history {
        let judged = match recorded.judged {
            Ok(judged) => judged,
            Err(why) => {
                *replay.skipped.entry(why).or_default() += 1;
                replay.skipped_entries.push(recorded.entry);
                continue;
            }
        };
        replay.decided += 1;
        // What was verified then may hold broken glass, which nobody is ever told could come.
        let reachable = Hypothetical::new(judged.reachable);
        let decision = bundle.decide(&judged.asks, &Verified::new(judged.verified), &reachable);
        let (name, tier) = (decision.name(), decision.tier());
        if name == judged.decision && tier.name() == judged.tier {
            continue;
        }
        let rank = |name: &str, tier: &str| {
            let outcome = ["allow", "hold", "refuse"].iter().position(|known| *known == name);
            (outcome, ["T0", "T1", "T2", "T3", "T4", "refuse"].iter().position(|known| *known == tier))
        };
        replay.differs.push(Differs {
            entry: recorded.entry,
            at: recorded.at,
            agent: recorded.agent,
            operation: recorded.operation,
            then: format!("{} ({})", judged.decision, judged.tier),
            now: words::decision(&decision),
            weaker: rank(name, tier.name()) < rank(&judged.decision, &judged.tier),
        });
    }
    replay
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for differs in &self.differs {
            let mark = if differs.weaker { "WEAKER" } else { "stricter" };
            writeln!(
                f,
                "{mark:<8} entry {}  {}  {}\n         then: {}\n         now:  {}",
                differs.entry, differs.agent, differs.operation, differs.then, differs.now
            )?;
        }
        for (why, count) in &self.skipped {
            writeln!(f, "not decided again: {count} ({why})")?;
        }
        let weaker = self.differs.iter().filter(|differs| differs.weaker).count();
        write!(
            f,
            "{} decided again: {} would differ, {weaker} of them weaker",
            self.decided,
            self.differs.len()
        )
    }
}
