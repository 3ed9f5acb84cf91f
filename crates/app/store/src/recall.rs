//! What was written down under one action's name, state changes and all.

use interlock_action::ActionId;
use interlock_flow::Event;
use interlock_ledger::Hash;

use crate::{Reader, StoreError, states::events_of};

impl Reader {
    /// The state changes of every entry about this action, oldest first.
    pub fn recall(&self, action: &ActionId) -> Result<Vec<Event>, StoreError> {
        let query = "SELECT idx, hash, events FROM entry
             WHERE leaf ->> '$.public.action' = ?1 AND leaf ->> '$.public.action' IS NOT NULL
             AND events IS NOT NULL ORDER BY idx";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(query)?;
        let mut rows = statement.query([action.as_str()])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
            let hash: Hash = row.get(1)?;
            let sealed: Vec<u8> = row.get(2)?;
            if let Some(opened) = self.open_events(index, &hash, Some(&sealed))? {
                events.extend(events_of(index, &opened)?);
            }
        }
        Ok(events)
    }
}
