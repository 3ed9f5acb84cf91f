//! What came out, for programs; and whether it is the story that the demo means to tell.

use serde::Serialize;

use super::{agent::Site, emulator::Sight, terraform::Tool};

/// The whole demo: `interlock demo --json`.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Nothing differed: status 0.
    pub(super) as_told: bool,
    /// What came out otherwise than it should, in words.
    pub(super) differs: Vec<String>,
    /// How long it took.
    pub(super) seconds: f64,
    /// moto's version.
    pub(super) moto: String,
    /// What the agent destroyed with.
    pub(super) tool: Tool,
    /// Whether the second arm's agent was confined.
    pub(super) confined: bool,
    /// The first arm.
    pub(super) bare: Bare,
    /// The second arm.
    pub(super) interlock: Guarded,
    /// The home that is left behind.
    pub(super) home: String,
    /// How to look at the open request.
    pub(super) look: Vec<String>,
}

/// The arm with a person's own key.
#[derive(Debug, Serialize)]
pub(super) struct Bare {
    /// How long it took.
    pub(super) seconds: f64,
    /// The network's id: the school is the same in both arms.
    pub(super) vpc: String,
    /// The key that the agent held: ana's.
    pub(super) agent_key: String,
    /// Its safe work.
    pub(super) site: Option<Site>,
    /// The school before.
    pub(super) before: Sight,
    /// And after.
    pub(super) after: Sight,
    /// What data could be restored from afterwards.
    pub(super) recovery_points: u32,
    /// Everything was gone while Terraform still waited for the service to say so; it was stopped there.
    pub(super) stopped_waiting: bool,
}

/// The arm through Interlock.
#[derive(Debug, Serialize)]
pub(super) struct Guarded {
    /// How long it took.
    pub(super) seconds: f64,
    /// The network's id.
    pub(super) vpc: String,
    /// The key that the agent held: a virtual one.
    pub(super) agent_key: String,
    /// Its safe work.
    pub(super) site: Option<Site>,
    /// The school before.
    pub(super) before: Sight,
    /// And after.
    pub(super) after: Sight,
    /// What data could be restored from afterwards.
    pub(super) recovery_points: u32,
    /// The ticket of the database.
    pub(super) ticket: String,
    /// Its tier.
    pub(super) tier: String,
    /// How it stands at the end.
    pub(super) state: String,
    /// `1 of 2`.
    pub(super) approvals: String,
    /// What the agent was told, as its client showed it.
    pub(super) message: String,
    /// What the call would do.
    pub(super) would: Vec<String>,
    /// Why it is held.
    pub(super) because: String,
    /// Operations that wait beside it.
    pub(super) also_held: Vec<String>,
    /// The same call again after each approval.
    pub(super) attempts: Vec<Attempt>,
    /// The log.
    pub(super) ledger: Ledger,
}

/// One more try of the same call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Attempt {
    /// Who had approved just before.
    pub(super) approver: String,
    /// Whether they are the agent's owner.
    pub(super) owner: bool,
    /// Whether it was held again.
    pub(super) held: bool,
    /// By which ticket.
    pub(super) ticket: Option<String>,
    /// `1 of 2`.
    pub(super) approvals: String,
}

/// What `interlock ledger verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Ledger {
    /// Whether it verifies.
    pub(super) verifies: bool,
    /// How many entries.
    pub(super) entries: u64,
    /// How many signed checkpoints.
    pub(super) checkpoints: u64,
}

/// What in these two arms is not as the story has it.
pub(super) fn differences(bare: &Bare, guarded: &Guarded) -> Vec<String> {
    let mut found = Vec::new();
    let mut want = |holds: bool, otherwise: String| {
        if !holds {
            found.push(otherwise);
        }
    };
    let whole = |sight: &Sight| sight.database.is_some() && sight.automated_snapshots > 0 && sight.cluster;
    want(
        bare.vpc == guarded.vpc && bare.before == guarded.before,
        "the two schools are not the same".to_owned(),
    );
    want(whole(&bare.before), format!("bare: the school was not whole before: {:?}", bare.before));
    want(bare.site.is_some() && bare.after.site_objects > 0, "bare: the static site is not there".to_owned());
    want(bare.after.database.is_none(), "bare: the database is still there".to_owned());
    want(bare.recovery_points == 0, format!("bare: {} recovery points are left", bare.recovery_points));

    want(guarded.agent_key != bare.agent_key, "interlock: the agent held the person's own key".to_owned());
    want(
        guarded.site.is_some() && guarded.after.site_objects > 0,
        "interlock: the static site is not there".to_owned(),
    );
    want(whole(&guarded.after), format!("interlock: the school is not whole: {:?}", guarded.after));
    let kept = guarded.recovery_points >= guarded.before.recovery_points();
    want(kept, format!("interlock: {} recovery points are left", guarded.recovery_points));
    let none = guarded.message.contains("0 recovery points would remain");
    want(
        none,
        format!("interlock: the agent was not told that 0 recovery points would remain: {}", guarded.message),
    );
    let safe = |operation: &&String| operation.contains(":s3:");
    for operation in guarded.also_held.iter().filter(safe) {
        want(false, format!("interlock: safe work was held: {operation}"));
    }
    for attempt in &guarded.attempts {
        let same = attempt.held && attempt.ticket.as_ref() == Some(&guarded.ticket);
        want(
            same,
            format!(
                "interlock: after {} had approved, the call was not held by the same ticket",
                attempt.approver
            ),
        );
    }
    let by_owner = guarded.attempts.iter().filter(|attempt| attempt.owner).count();
    let tried = (by_owner, guarded.attempts.len().saturating_sub(by_owner));
    want(
        tried == (1, 1),
        format!("interlock: {tried:?} tries with the owner and with others, and not one each"),
    );
    want(guarded.state == "pending", format!("interlock: the ticket is {} at the end", guarded.state));
    want(guarded.ledger.verifies, "interlock: the ledger does not verify".to_owned());
    found
}

#[cfg(test)]
mod tests;
