//! Evidence: what policy may demand, and how far it can be believed.
//!
//! [`Verified`] and [`Hypothetical`] are different types on purpose: an allow comes from the first alone, the second only
//! tells a hold from a refusal.

use serde::{Deserialize, Serialize};

/// What people and machines have brought for an action, and who there is to bring it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evidence {
    /// A forecast was taken.
    pub forecast: bool,
    /// A recovery point exists that survives the action and that no agent can delete, or nothing needs one.
    pub recovery_point: bool,
    /// A drill restored a surviving recovery point of everything that would be lost, and not too long ago. People run drills.
    pub recovery_proven: bool,
    /// The action was rehearsed on a copy.
    pub rehearsal: bool,
    /// Distinct people with a valid approval.
    pub approvals: u8,
    /// Those of them who are not the agent's owner.
    pub others: u8,
    /// Those of them who surely did not launch the session either.
    pub independent: u8,
    /// People enrolled. Not evidence but measure: it says which quorum applies.
    pub team: u8,
    /// One person, and never more than one so far. Not evidence but measure, like `team`.
    pub solo: bool,
    /// The cancellable delay is over.
    pub delay_elapsed: bool,
    /// An enrolled person broke the glass. Stands in for people, never for the recovery point.
    pub break_glass: bool,
    /// A standing grant that people signed covers all of the action.
    pub granted: bool,
}

impl Evidence {
    /// No evidence in a home of this many people.
    pub fn none(team: u8, solo: bool) -> Self {
        Self { team, solo, ..Self::default() }
    }

    /// Whether nothing has been brought.
    pub fn is_none(&self) -> bool {
        *self == Self::none(self.team, self.solo)
    }

    /// Whether this is at least `other`, in every part. Evidence of homes with different people does not compare.
    pub fn covers(&self, other: &Self) -> bool {
        self.join(other) == *self
    }

    /// The smallest evidence that covers both; who there is stays as in `self`.
    pub(crate) fn join(&self, other: &Self) -> Self {
        Self {
            forecast: self.forecast || other.forecast,
            recovery_point: self.recovery_point || other.recovery_point,
            recovery_proven: self.recovery_proven || other.recovery_proven,
            rehearsal: self.rehearsal || other.rehearsal,
            approvals: self.approvals.max(other.approvals),
            others: self.others.max(other.others),
            independent: self.independent.max(other.independent),
            team: self.team,
            solo: self.solo,
            delay_elapsed: self.delay_elapsed || other.delay_elapsed,
            break_glass: self.break_glass || other.break_glass,
            granted: self.granted || other.granted,
        }
    }

    /// What both have; who there is stays as in `self`.
    pub(crate) fn meet(&self, other: &Self) -> Self {
        Self {
            forecast: self.forecast && other.forecast,
            recovery_point: self.recovery_point && other.recovery_point,
            recovery_proven: self.recovery_proven && other.recovery_proven,
            rehearsal: self.rehearsal && other.rehearsal,
            approvals: self.approvals.min(other.approvals),
            others: self.others.min(other.others),
            independent: self.independent.min(other.independent),
            team: self.team,
            solo: self.solo,
            delay_elapsed: self.delay_elapsed && other.delay_elapsed,
            break_glass: self.break_glass && other.break_glass,
            granted: self.granted && other.granted,
        }
    }

    /// Contradictions resolved to the stricter reading: nobody approves who is not enrolled, the others are among those
    /// who approve, the independent among the others, and solo is one person.
    #[must_use]
    pub fn consistent(mut self) -> Self {
        self.approvals = self.approvals.min(self.team);
        self.others = self.others.min(self.approvals);
        self.independent = self.independent.min(self.others);
        self.solo = self.solo && self.team <= 1;
        self
    }
}

/// Evidence that has been checked.
///
/// Build it only from what Interlock itself verified: approvals whose signatures were checked over this very ticket's
/// digest and that are not consumed, recovery points that were read back, a forecast taken for these very arguments, a
/// delay measured by Interlock's own clock. Never from anything that an agent sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verified(pub(crate) Evidence);

impl Verified {
    /// Vouches for the evidence; see the type for who may.
    pub fn new(evidence: Evidence) -> Self {
        Self(evidence)
    }

    /// Nothing has been brought yet.
    pub fn none(team: u8, solo: bool) -> Self {
        Self(Evidence::none(team, solo))
    }

    /// What was vouched for.
    pub fn evidence(&self) -> &Evidence {
        &self.0
    }
}

/// The most evidence that could still come. It tells a hold from a final refusal; it never decides an allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hypothetical(pub(crate) Evidence);

impl Hypothetical {
    /// What could be brought. Breaking the glass is left out, and so are grants: nobody is ever told to.
    pub fn new(evidence: Evidence) -> Self {
        Self(Evidence { break_glass: false, granted: false, ..evidence })
    }

    /// Everything that a home of `team` people can bring when `others` of them are not the agent's owner and none of these
    /// launched the session. Whether a recovery point can be made is each [`Ask`](crate::Ask)'s own fact.
    pub fn greatest(team: u8, others: u8, solo: bool) -> Self {
        Self(Evidence {
            forecast: true,
            recovery_point: true,
            recovery_proven: true,
            rehearsal: true,
            approvals: team,
            others: others.min(team),
            independent: others.min(team),
            team,
            solo,
            delay_elapsed: true,
            break_glass: false,
            granted: false,
        })
    }

    /// What could be brought.
    pub fn evidence(&self) -> &Evidence {
        &self.0
    }
}
