//! Changes that can be taken back, as they are remembered.

use interlock_action::{ActionId, Digest, Millis};

use super::Memory;
use crate::{ChangeNote, Event, Standing, undo::state_digest};

impl Memory {
    pub(super) fn keep_change(&mut self, event: &Event) {
        match event {
            Event::Undoable { change } => {
                self.changes_so_far = self.changes_so_far.saturating_add(1);
                let Some(note) = ChangeNote::of(change, self.changes_so_far) else { return };
                self.forget_changes(change.at);
                self.unsettled.entry(note.subject).or_default().push(change.action.clone());
                self.change_order.push_back(change.action.clone());
                self.changes.insert(change.action.clone(), note);
            }
            Event::Settled { action, after } => {
                self.settled(action);
                self.stands(action, Standing::Settled { after: state_digest(after) });
            }
            Event::NeverHappened { action } => {
                self.settled(action);
                self.changes.remove(action);
            }
            Event::Undoing { action, undo, steps } => {
                self.stands(action, Standing::Undoing { undo: undo.clone(), steps: steps.clone() });
            }
            Event::Undone { action, undo } => self.stands(action, Standing::Undone { undo: undo.clone() }),
            _ => {}
        }
    }

    /// Takes a thing's changes out: their ways back were redacted. What is left is what a start makes of the redacted log.
    pub fn forget_thing(&mut self, subject: &Digest) {
        self.unsettled.remove(subject);
        self.changes.retain(|_, note| note.subject != *subject);
        let changes = &self.changes;
        self.change_order.retain(|action| changes.contains_key(action));
    }

    fn stands(&mut self, action: &ActionId, standing: Standing) {
        if let Some(note) = self.changes.get_mut(action) {
            note.standing = standing;
        }
    }

    /// Its outcome was read, or never will be: neither will that of those before it.
    fn settled(&mut self, action: &ActionId) {
        let Some(subject) = self.changes.get(action).map(|note| note.subject) else { return };
        if let Some(waiting) = self.unsettled.get_mut(&subject) {
            let at = waiting.iter().position(|one| one == action).map_or(0, |at| at.saturating_add(1));
            waiting.drain(..at);
            if waiting.is_empty() {
                self.unsettled.remove(&subject);
            }
        }
    }

    /// Ways back that have closed.
    fn forget_changes(&mut self, now: Millis) {
        while let Some(oldest) = self.change_order.front() {
            let closed =
                self.changes.get(oldest).is_none_or(|note| note.until.is_some_and(|until| until <= now));
            if !closed {
                return;
            }
            let oldest = oldest.clone();
            self.settled(&oldest);
            self.changes.remove(&oldest);
            self.change_order.pop_front();
        }
    }
}
