//! What comes out: allow, hold or refuse, with the rules that say why.

use std::sync::Arc;

use interlock_action::{RuleId, TargetId};
use serde::{Deserialize, Serialize};

use crate::{Need, Tier};

/// One rule that had a say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// The tier that the rule is written for.
    pub tier: Tier,
    /// Why, in words for an agent and a person.
    pub why: Arc<str>,
    /// What to do next.
    pub next: Arc<str>,
    /// The target it spoke about; none for an action that has no effect to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
}

/// What the policy says about an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
#[must_use]
pub enum Decision {
    /// No person is needed. It may run once `needs` is empty: see [`Decision::admits`].
    Allow {
        /// What it takes in all, whether or not it has come already.
        tier: Tier,
        /// Machine evidence that has to be obtained first; then decide again.
        needs: Vec<Need>,
        /// What put it in its tier, worst first.
        rules: Vec<Reason>,
    },
    /// Denied now, allowed with the evidence that is still missing.
    Hold {
        /// What it takes in all.
        tier: Tier,
        /// The cheapest evidence that is still missing.
        needs: Vec<Need>,
        /// What holds it, worst first.
        rules: Vec<Reason>,
    },
    /// Final: no evidence that could still come would change it.
    Refuse {
        /// What refuses it, worst first.
        rules: Vec<Reason>,
    },
}

impl Decision {
    /// Whether the verified evidence is enough, now. The only thing that may lead to a permit.
    pub fn admits(&self) -> bool {
        matches!(self, Self::Allow { needs, .. } if needs.is_empty())
    }

    /// What it takes.
    pub fn tier(&self) -> Tier {
        match self {
            Self::Allow { tier, .. } | Self::Hold { tier, .. } => *tier,
            Self::Refuse { .. } => Tier::Refuse,
        }
    }

    /// What is still missing; nothing could lift a refusal.
    pub fn needs(&self) -> &[Need] {
        match self {
            Self::Allow { needs, .. } | Self::Hold { needs, .. } => needs,
            Self::Refuse { .. } => &[],
        }
    }

    /// The rules that had a say, worst first.
    pub fn rules(&self) -> &[Reason] {
        match self {
            Self::Allow { rules, .. } | Self::Hold { rules, .. } | Self::Refuse { rules } => rules,
        }
    }

    /// `allow`, `hold` or `refuse`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Hold { .. } => "hold",
            Self::Refuse { .. } => "refuse",
        }
    }
}
