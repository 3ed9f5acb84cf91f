//! Tiers, and the closed list of what a decision may need.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Flows.
    T0,
    /// Flows, recorded, undo registered where there is one.
    T1,
    /// Flows once machine evidence exists.
    T2,
    /// One person.
    T3,
    /// Two people and a recovery point; working alone, one person and a delay.
    T4,
    /// Final.
    #[serde(rename = "refuse")]
    Refuse,
}

impl Tier {
    /// The name in documents, policies and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::T0 => "T0",
            Self::T1 => "T1",
            Self::T2 => "T2",
            Self::T3 => "T3",
            Self::T4 => "T4",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::T0, Self::T1, Self::T2, Self::T3, Self::T4, Self::Refuse]
            .into_iter()
            .find(|tier| tier.name() == text)
            .ok_or(())
    }
}

/// One thing that a decision needs: a closed list, in the order in which it is obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A forecast of what the action would do. Machine evidence.
    Forecast,
    /// A recovery point that survives the action and that no agent can delete. Machine evidence.
    RecoveryPoint,
    /// A drill that proves a recovery point of what would be lost. People run it: `interlock recovery drill`.
    RecoveryDrill,
    /// A rehearsal on a copy. Machine evidence.
    Rehearsal,
    /// One person's approval (in a team: someone who is neither the agent's owner nor launched the session).
    OnePerson,
    /// The approvals of two people (in a team of three and more: neither of them the agent's owner).
    TwoPeople,
    /// The cancellable delay.
    Delay,
}

impl Need {
    /// The name in documents and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::RecoveryPoint => "recovery-point",
            Self::RecoveryDrill => "recovery-drill",
            Self::Rehearsal => "rehearsal",
            Self::OnePerson => "one-person",
            Self::TwoPeople => "two-people",
            Self::Delay => "delay",
        }
    }

    /// Whether Interlock obtains it by itself, without waiting for anybody.
    pub fn machine(self) -> bool {
        matches!(self, Self::Forecast | Self::RecoveryPoint | Self::Rehearsal)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
