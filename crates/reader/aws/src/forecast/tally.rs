//! Recovery points, counted before and after.

use interlock_action::{RecoveryCount, RecoveryPoint};

/// The recovery points of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    points: Vec<RecoveryPoint>,
    before: u32,
    after: u32,
    lost: u32,
    unsure: bool,
}

impl Tally {
    /// Nothing could be read.
    pub(super) fn unread() -> Self {
        Self { unsure: true, ..Self::default() }
    }

    /// A point that is there now and usable.
    pub(super) fn have(&mut self, id: impl Into<String>, what: impl Into<String>, survives: bool) {
        self.before = self.before.saturating_add(1);
        self.after = self.after.saturating_add(u32::from(survives));
        self.lost = self.lost.saturating_add(u32::from(!survives));
        self.points.push(RecoveryPoint { id: id.into(), what: what.into(), survives, proven: None });
    }

    /// A point that the action itself makes.
    pub(super) fn made(&mut self, id: impl Into<String>, what: impl Into<String>) {
        self.after = self.after.saturating_add(1);
        self.points.push(RecoveryPoint { id: id.into(), what: what.into(), survives: true, proven: None });
    }

    /// A point that is named but does not count: its key is gone, or nobody could verify it.
    pub(super) fn uncounted(&mut self, id: impl Into<String>, what: impl Into<String>) {
        self.points.push(RecoveryPoint { id: id.into(), what: what.into(), survives: false, proven: None });
    }

    /// Not all points were seen: the counts are lower bounds, and a lower bound of zero is no count.
    pub(super) fn partial(&mut self) {
        self.unsure = true;
    }

    /// The counts.
    pub(super) fn count(&self) -> RecoveryCount {
        let sure = |number: u32| (number > 0 || !self.unsure).then_some(number);
        RecoveryCount { before: sure(self.before), after: sure(self.after) }
    }

    /// Whether at least one point surely survives.
    pub(super) fn survives(&self) -> bool {
        self.after > 0
    }

    /// Whether a point that counts does not survive.
    pub(super) fn loses(&self) -> bool {
        self.lost > 0
    }

    /// The points.
    pub(super) fn points(self) -> Vec<RecoveryPoint> {
        self.points
    }
}

/// The count to show for several things: that of the one that is worst off, so that many points of one never stand in
/// for none of another.
pub(super) fn worst(counts: &[RecoveryCount]) -> RecoveryCount {
    counts.iter().copied().min_by_key(|count| (count.after, count.before)).unwrap_or_default()
}
