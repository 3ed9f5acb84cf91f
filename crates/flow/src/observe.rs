//! Observing: what people would have to approve flows, and is written down with what they would have been asked.
//!
//! It stands in for people and for nothing else. What no person could approve stays refused, what a machine has to bring
//! (a forecast, a recovery point) is brought first, what only a drill proves is not supposed, and freezes, denials and the lease stand.

use interlock_ledger::Entry;
use interlock_policy::{Ask, Decision, Evidence, Hypothetical, Verified};

use crate::{Road, Session, Situated, custody, hold, judge, situate::is_securable};

/// What the public field `mode` of every entry of an observed session says.
pub const OBSERVE: &str = "observe";

impl Road {
    /// Whether people are asked nothing here: people signed so for this session, or for all.
    pub(crate) fn observes(&self, session: &Session) -> bool {
        self.settings.observe || session.observed
    }

    /// What the policy says when everything that people could bring counts as brought, if that changes `decision`. What it
    /// would have asked for is kept in `would`, as it was before any recovery point was made.
    pub(crate) fn unasked(
        &self,
        session: &Session,
        situated: &Situated,
        asks: &[Ask],
        secured: bool,
        decision: &Decision,
        would: &mut Option<Decision>,
    ) -> Option<Decision> {
        if decision.admits() || matches!(decision, Decision::Allow { .. }) || !self.observes(session) {
            return None;
        }
        let memory = self.memory();
        let now = self.ports.clock.now();
        let (team, solo) = (judge::team(&memory, now), memory.solo(now));
        // Whoever launched the trial says nothing about whom an ordinary launch would have left to ask.
        let greatest = Hypothetical::new(Evidence {
            recovery_point: is_securable(&situated.survey),
            recovery_proven: situated.proof == custody::Provable::Proven,
            ..*Hypothetical::greatest(team, team, solo).evidence()
        });
        let brought = judge::verified(
            &memory,
            session,
            situated,
            judge::Brought { secured, ..judge::Brought::default() },
            now,
        );
        // INVARIANT: only what people bring is made up here; the recovery point is as it was verified.
        let with_people = Verified::new(Evidence {
            approvals: team,
            others: team,
            independent: team,
            delay_elapsed: true,
            ..*brought.evidence()
        });
        let unasked = self.bundle().decide(asks, &with_people, &greatest);
        if !matches!(unasked, Decision::Allow { .. }) {
            return None;
        }
        would.get_or_insert_with(|| self.bundle().decide(asks, &brought, &greatest));
        Some(unasked)
    }

    /// Marks an entry of an observed session; of what would not have flowed, with what it would have needed and why.
    pub(crate) fn marked(&self, mut entry: Entry, session: &Session, would: Option<&Decision>) -> Entry {
        if self.observes(session) {
            entry = entry.public("mode", OBSERVE);
        }
        match would {
            None => entry,
            Some(would) => entry
                .public("observed", would.name())
                .public("tier", would.tier())
                .public("needs", would.needs())
                .private("reasons", hold::reasons(would)),
        }
    }
}
