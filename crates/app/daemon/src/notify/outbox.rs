//! What is to be told by one way, and what was. Pure but for its file: the time is a parameter.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::Path,
};

use interlock_action::{Digest, Millis};
use serde::{Deserialize, Serialize};

use super::message::{Glass, Held, MORE, Message};
use crate::config::NotifyConfig;

const HOUR: Millis = 60 * 60 * 1000;
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Millis = 1_000;
const LONGEST_PAUSE: Millis = 10 * 60 * 1000;

/// One way's.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outbox {
    /// Requests and glasses that were told of, and when.
    told: BTreeMap<String, Millis>,
    /// What they would have done: the same again is told of once an hour.
    actions: BTreeMap<Digest, Millis>,
    /// When messages went out, the last hour.
    sent: VecDeque<Millis>,
    /// When the last of those went out that say how many more wait.
    more: Option<Millis>,
    /// What failed: how often, and when it is tried next.
    #[serde(skip)]
    failed: BTreeMap<String, (u32, Millis)>,
    #[serde(skip)]
    changed: bool,
}

impl Outbox {
    /// As it was kept; empty where nothing was, or nothing that can be read: people are rather told twice.
    pub(super) fn load(file: &Path) -> Self {
        let text = std::fs::read(file).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Writes it down, whole or not at all.
    pub(super) fn keep(&mut self, file: &Path) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        let beside = file.with_extension("new");
        std::fs::write(&beside, text)?;
        std::fs::File::open(&beside)?.sync_all()?;
        std::fs::rename(&beside, file)?;
        self.changed = false;
        Ok(())
    }

    /// What is to be told now, the oldest first.
    pub(super) fn due(
        &mut self,
        way: &NotifyConfig,
        waiting: &[Held],
        glasses: &[Glass],
        now: Millis,
    ) -> Vec<Message> {
        self.forget(waiting, glasses, now);
        // Whoever is told of an incident is told at any hour, and beyond any number.
        let untold = |id: &String| {
            !self.told.contains_key(id) && self.failed.get(id).is_none_or(|(_, next)| now >= *next)
        };
        let mut due: Vec<Message> =
            glasses.iter().filter(|glass| untold(&glass.id)).cloned().map(Message::Glass).collect();
        let stoppable = waiting.iter().filter(|held| held.stoppable && untold(&held.key()));
        due.extend(stoppable.cloned().map(Message::Held));
        if way.hours.is_some_and(|hours| !hours.contain(now)) {
            return due;
        }
        let mut fresh: Vec<Held> = Vec::new();
        let mut actions = std::collections::BTreeSet::new();
        for held in waiting.iter().filter(|held| !held.stoppable) {
            let waited = now >= held.opened.saturating_add(way.after.millis());
            if waited
                && untold(&held.id)
                && !self.actions.contains_key(&held.action)
                && actions.insert(held.action)
            {
                fresh.push(held.clone());
            }
        }
        let left = way.per_hour.saturating_sub(self.sent.len());
        let beyond = fresh.split_off(fresh.len().min(left));
        due.extend(fresh.into_iter().map(Message::Held));
        if !beyond.is_empty() && self.more.is_none_or(|last| now >= last.saturating_add(HOUR)) {
            let more = Message::More(beyond);
            due.extend(Some(more).filter(|more| untold(&more.key())));
        }
        due
    }

    /// This was told.
    pub(super) fn told(&mut self, message: &Message, now: Millis) {
        self.changed = true;
        self.failed.remove(&message.key());
        match message {
            Message::Glass(glass) => {
                self.told.insert(glass.id.clone(), now);
            }
            Message::Held(held) => {
                self.told.insert(held.key(), now);
                if !held.stoppable {
                    self.actions.insert(held.action, now);
                    self.sent.push_back(now);
                }
            }
            // They are told of one by one as soon as there is room, if they still wait.
            Message::More(_) => self.more = Some(now),
        }
    }

    /// This could not be told: the next try is later and later.
    pub(super) fn failed(&mut self, message: &Message, now: Millis) {
        let (failures, next) = self.failed.entry(message.key()).or_default();
        let pause = FIRST_PAUSE.saturating_mul(1 << (*failures).min(20)).min(LONGEST_PAUSE);
        (*failures, *next) = (failures.saturating_add(1), now.saturating_add(pause));
    }

    /// Nothing is remembered that cannot come again.
    fn forget(&mut self, waiting: &[Held], glasses: &[Glass], now: Millis) {
        let ids: std::collections::BTreeSet<String> =
            waiting.iter().map(Held::key).chain(glasses.iter().map(|glass| glass.id.clone())).collect();
        // A clock that was put back silences nobody.
        self.sent.retain(|at| *at <= now);
        self.more = self.more.filter(|at| *at <= now);
        let known = |id: &String| ids.contains(id) || id.starts_with(MORE);
        self.failed.retain(|id, (_, next)| known(id) && *next <= now.saturating_add(LONGEST_PAUSE));
        let before = (self.told.len(), self.actions.len(), self.sent.len());
        self.told.retain(|id, _| ids.contains(id));
        self.actions.retain(|_, at| *at <= now && now < at.saturating_add(HOUR));
        while self.sent.front().is_some_and(|at| now >= at.saturating_add(HOUR)) {
            self.sent.pop_front();
        }
        self.changed |= before != (self.told.len(), self.actions.len(), self.sent.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(more: &str) -> NotifyConfig {
        toml::from_str(&format!("name = \"a\"\nslack = \"https://s.example/x\"\n{more}")).unwrap()
    }

    fn tell(outbox: &mut Outbox, way: &NotifyConfig, waiting: &[Held], now: Millis) -> Vec<String> {
        let due = outbox.due(way, waiting, &[], now);
        due.iter().for_each(|message| outbox.told(message, now));
        due.iter().map(Message::key).collect()
    }

    #[test]
    fn each_is_told_once_and_whoever_is_asked_next_only_of_what_still_waits() {
        let all = [Held::example("tk-1", 0), Held::example("tk-2", 1_000)];
        let mut first = Outbox::default();
        assert_eq!(tell(&mut first, &way(""), &all, 1_000), ["tk-1", "tk-2"]);
        assert!(tell(&mut first, &way(""), &all, 2_000).is_empty());
        let mut next = Outbox::default();
        let later = way("after = \"10m\"");
        assert!(tell(&mut next, &later, &all, 2_000).is_empty());
        assert_eq!(tell(&mut next, &later, &all[1..], 601_000), ["tk-2"], "the first was decided");
    }

    #[test]
    fn the_same_asked_again_is_told_of_once_an_hour() {
        let mut again = Held::example("tk-2", 0);
        again.action = Held::example("tk-1", 0).action;
        let mut outbox = Outbox::default();
        assert_eq!(tell(&mut outbox, &way(""), &[Held::example("tk-1", 0), again.clone()], 0), ["tk-1"]);
        assert!(tell(&mut outbox, &way(""), &[again.clone()], HOUR - 1).is_empty());
        assert_eq!(tell(&mut outbox, &way(""), &[again], HOUR), ["tk-2"]);
    }

    #[test]
    fn a_flood_is_one_message_and_nobody_is_forgotten() {
        let all: Vec<Held> = (0..100).map(|n| Held::example(&format!("tk-{n:02}"), 0)).collect();
        let mut outbox = Outbox::default();
        let few = way("per_hour = 3");
        assert_eq!(tell(&mut outbox, &few, &all, 0), ["tk-00", "tk-01", "tk-02", "more-tk-99"]);
        assert!(tell(&mut outbox, &few, &all, HOUR - 1).is_empty());
        assert_eq!(tell(&mut outbox, &few, &all, HOUR), ["tk-03", "tk-04", "tk-05", "more-tk-99"]);
    }

    #[test]
    fn what_fails_is_tried_again_later_and_later() {
        let all = [Held::example("tk-1", 0)];
        let mut outbox = Outbox::default();
        let mut tries = Vec::new();
        for now in 0..20_000 {
            for message in outbox.due(&way(""), &all, &[], now) {
                tries.push(now);
                outbox.failed(&message, now);
            }
        }
        assert_eq!(tries, [0, 1_000, 3_000, 7_000, 15_000]);
    }

    #[test]
    fn one_that_does_not_get_through_keeps_no_other() {
        let all = [Held::example("tk-1", 0), Held::example("tk-2", 0)];
        let mut outbox = Outbox::default();
        let due = outbox.due(&way(""), &all, &[], 0);
        outbox.failed(&due[0], 0);
        outbox.told(&due[1], 0);
        assert!(outbox.due(&way(""), &all, &[], 999).is_empty());
        assert_eq!(outbox.due(&way(""), &all, &[], 1_000).len(), 1);
    }

    #[test]
    fn what_can_still_be_stopped_is_told_at_any_hour_and_once_more() {
        let way = way("hours = \"Thu-Thu 08:00-09:00\"\nafter = \"1h\"");
        let mut outbox = Outbox::default();
        let mut held = Held::example("tk-1", 0);
        outbox.told(&Message::Held(held.clone()), 0);
        held.stoppable = true;
        assert_eq!(tell(&mut outbox, &way, &[held.clone()], 0), ["tk-1-approved"]);
        assert!(tell(&mut outbox, &way, &[held], 1).is_empty());
    }

    #[test]
    fn a_clock_that_was_put_back_silences_nobody() {
        let mut outbox = Outbox::default();
        let few = way("per_hour = 1");
        assert_eq!(tell(&mut outbox, &few, &[Held::example("tk-1", 0)], 5 * HOUR), ["tk-1"]);
        assert_eq!(tell(&mut outbox, &few, &[Held::example("tk-2", 0)], 10), ["tk-2"]);
    }

    #[test]
    fn outside_their_hours_people_are_told_of_incidents_alone() {
        let way = way("hours = \"Thu-Thu 08:00-09:00\"");
        let all = [Held::example("tk-1", 0)];
        let mut outbox = Outbox::default();
        assert!(outbox.due(&way, &all, &[], 0).is_empty());
        assert_eq!(outbox.due(&way, &all, &[], 8 * HOUR).len(), 1);
    }

    #[test]
    fn what_was_told_is_remembered_over_a_restart() {
        let folder = std::env::temp_dir().join(format!("outbox-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.json");
        let all = [Held::example("tk-1", 0)];
        let mut outbox = Outbox::load(&file);
        assert_eq!(tell(&mut outbox, &way(""), &all, 0), ["tk-1"]);
        outbox.keep(&file).unwrap();
        assert!(Outbox::load(&file).due(&way(""), &all, &[], 10).is_empty());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
