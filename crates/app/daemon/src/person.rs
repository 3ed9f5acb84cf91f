//! Who may approve, and with which keys: enrolled, suspended, taken out.
//!
//! INVARIANT: once agents are at work nobody comes in or goes by one signature. What one signature does is to stop: the key
//! that is to go counts for nothing from then on.

use interlock_action::{Millis, PersonId, is_plain_name};
use interlock_approval::{EnrolledKey, KeyStep, Person, Ticket, parse_public_key};
use interlock_flow::{Administrative, Enrolling, Event, Guard, JournalError, Record, is_lone};
use interlock_ledger::{Entry, EntryKind};
use serde::{Serialize, de::DeserializeOwned};

use interlock_api::{AddKey, AddPerson, Added, Fault, RemoveKey, RemovePerson, RequestRow, Signed, exact};

use crate::state::Daemon;

const PERSON_ADD: &str = "person-add";
const PERSON_REMOVE: &str = "person-remove";
const KEY_ADD: &str = "key-add";
const KEY_REMOVE: &str = "key-remove";
/// Beside what somebody asked for: who vouches for the passkey in it.
const MAKER: &str = "maker";

impl Daemon {
    /// Enrols a person: at once while no agent exists, held as T4 after that.
    pub(crate) async fn add_person(&self, request: Added<AddPerson>) -> Result<Option<RequestRow>, Fault> {
        let body = &request.body;
        // Read before the nonce is spent, so that a bad key can be mended and sent again.
        let key = parsed(&body.public_key, 0, 0)?;
        let maker = self.maker(&body.name, &key)?;
        self.authorise_asking(PERSON_ADD, body.name.as_str(), body, &request.signed)?;
        self.added_person(body, 0)?;
        let roles =
            if body.roles.is_empty() { String::new() } else { format!(", roles {}", body.roles.join(", ")) };
        let key = in_words(&key, maker.as_deref());
        let what = format!("enrol {} as a person who may approve, with the {key}{roles}", body.name);
        self.enrolling(PERSON_ADD, &request, (what, maker), Enrolling::default()).await
    }

    /// Gives somebody another key.
    pub(crate) async fn add_key(&self, request: Added<AddKey>) -> Result<Option<RequestRow>, Fault> {
        let body = &request.body;
        let key = parsed(&body.public_key, 0, 0)?;
        self.authorise_asking(KEY_ADD, body.name.as_str(), body, &request.signed)?;
        self.added_key(body, 0)?;
        let maker = self.maker(&body.name, &key)?;
        let key = in_words(&key, maker.as_deref());
        let what = format!("enrol another key of {}: the {key}", body.name);
        let enrolling = Enrolling { concerned: Some(body.name.clone()), ..Enrolling::default() };
        self.enrolling(KEY_ADD, &request, (what, maker), enrolling).await
    }

    /// Asks for somebody to be taken out; their keys are suspended at once.
    pub(crate) async fn remove_person(
        &self,
        request: Added<RemovePerson>,
    ) -> Result<Option<RequestRow>, Fault> {
        let body = &request.body;
        self.authorise_stop(PERSON_REMOVE, body.name.as_str(), body, &request.signed)?;
        let suspends = self.keys_of(&body.name)?;
        self.removed_person(body)?;
        let what = format!("take out {}: none of their approvals counts any more", body.name);
        let enrolling = Enrolling { concerned: Some(body.name.clone()), suspends, ..Enrolling::default() };
        self.enrolling(PERSON_REMOVE, &request, (what, None), enrolling).await
    }

    /// Asks for a key to be taken out; it is suspended at once.
    pub(crate) async fn remove_key(&self, request: Added<RemoveKey>) -> Result<Option<RequestRow>, Fault> {
        let body = &request.body;
        self.authorise_stop(KEY_REMOVE, body.name.as_str(), body, &request.signed)?;
        self.removed_key(body)?;
        let what = format!("take out a key of {}: {}", body.name, body.fingerprint);
        let suspends = vec![body.fingerprint.clone()];
        let enrolling = Enrolling { concerned: Some(body.name.clone()), suspends, ..Enrolling::default() };
        self.enrolling(KEY_REMOVE, &request, (what, None), enrolling).await
    }

    /// Who vouches for what it was made with, where makers are asked.
    ///
    /// INVARIANT: what a passkey says of itself is what its authenticator said when it was made here, for this person, and nobody
    /// else's word.
    fn maker(&self, name: &PersonId, key: &EnrolledKey) -> Result<Option<String>, Fault> {
        if key.passkey().is_none() {
            return Ok(None);
        }
        let offered = self.offered(&key.fingerprint)?;
        if offered.public_key != key.public_key {
            return Err(Fault::refused("this passkey was not made in the console of this home"));
        }
        if offered.person != *name {
            return Err(Fault::refused(format!("this passkey was made for `{}`", offered.person)));
        }
        Ok(offered.maker.map(|maker| format!("{maker} for its model {}", offered.model)))
    }

    /// While no agent exists one signature enrols. After that it only asks others: they approve with what the step takes, and whoever
    /// has no such key yet can ask for one.
    fn authorise_asking<T: Serialize>(
        &self,
        verb: &str,
        subject: &str,
        body: &T,
        signed: &Signed,
    ) -> Result<(), Fault> {
        if self.memory().agents.is_empty() {
            return self.authorise(verb, subject, body, signed).map(drop);
        }
        let by = self.authorise_stop(verb, subject, body, signed)?;
        by.key.counts(self.now()).map_err(Fault::refused)
    }

    /// Does it at once while no agent exists; holds it after that.
    async fn enrolling<T: Serialize>(
        &self,
        verb: &str,
        request: &Added<T>,
        (what, maker): (String, Option<String>),
        enrolling: Enrolling,
    ) -> Result<Option<RequestRow>, Fault> {
        let mut body = serde_json::to_value(&request.body).map_err(Fault::bad_request)?;
        if let (Some(maker), Some(body)) = (maker, body.as_object_mut()) {
            body.insert(MAKER.to_owned(), maker.into());
        }
        let by = &request.signed.person;
        if self.memory().agents.is_empty() {
            let record = self.enrolled(verb, body, 0).map_err(Fault::conflict)?;
            let record = Record { entry: record.entry.public("by", by), ..record };
            self.commit(record).await?;
            return Ok(None);
        }
        let change = Administrative {
            verb: verb.to_owned(),
            what,
            body,
            by: by.clone(),
            why: ("interlock-people", "agents are at work: who may approve is changed by two people only"),
        };
        let lone_delay = self.config.approval.lone_delay.millis();
        let held = self.road.hold_enrolling(change, Enrolling { lone_delay, ..enrolling }).await;
        let ticket = held.map_err(|error| match error {
            JournalError::Conflict(why) => Fault::conflict(why),
            unavailable => Fault::unavailable(unavailable),
        })?;
        if is_lone(&ticket) {
            let (id, task) = (&ticket.id, &ticket.held.task);
            tracing::error!(%id, %by, "TOO FEW ARE LEFT TO APPROVE, and one asks: {task}");
        }
        Ok(Some(RequestRow::from(&ticket)))
    }

    /// What carries out what people have approved; or why that can no longer be.
    pub(crate) fn approved_enrolling(&self, ticket: &Ticket) -> Result<Record, String> {
        let action = &ticket.held.action;
        let cooling = self.config.approval.cooling_off.millis();
        // INVARIANT: where makers are asked, nothing is enrolled that none was asked for: also not what was held before.
        let passkey = |line: &serde_json::Value| parsed(line.as_str()?, 0, 0).ok()?.passkey();
        if self.config.approval.attestation.is_some()
            && action.arguments.get("public_key").and_then(passkey).is_some()
            && action.arguments.get(MAKER).is_none()
        {
            return Err("no maker was asked for this passkey when it was made: make another one".to_owned());
        }
        let mut record = self.enrolled(action.operation.verb(), action.arguments.clone(), cooling)?;
        record.entry = record.entry.public("by", &ticket.id).public("ticket", &ticket.id);
        if is_lone(ticket) {
            record.entry = record.entry.public("lone", true).public("waited", ticket.quorum.delay);
        }
        Ok(record)
    }

    fn enrolled(&self, verb: &str, body: serde_json::Value, cooling: Millis) -> Result<Record, String> {
        fn read<T: DeserializeOwned>(body: serde_json::Value) -> Result<T, String> {
            serde_json::from_value(body).map_err(|error| error.to_string())
        }
        let record = match verb {
            PERSON_ADD => self.added_person(&read(body)?, cooling),
            PERSON_REMOVE => self.removed_person(&read(body)?),
            KEY_ADD => self.added_key(&read(body)?, cooling),
            KEY_REMOVE => self.removed_key(&read(body)?),
            other => return Err(format!("nobody here knows how to do `{other}`")),
        };
        record.map_err(|fault| fault.message)
    }

    /// INVARIANT: nobody who is enrolled is replaced.
    fn added_person(&self, body: &AddPerson, cooling: Millis) -> Result<Record, Fault> {
        plain("a person", body.name.as_str())?;
        let same = |have: &&PersonId| have.as_str().eq_ignore_ascii_case(body.name.as_str());
        if let Some(have) = self.memory().people.keys().find(same) {
            return Err(Fault::conflict(format!("`{have}` is enrolled already")));
        }
        let key = self.new_key(&body.public_key, cooling)?;
        let mut roles = body.roles.clone();
        for (role, holders) in &self.config.approval.roles {
            if holders.iter().any(|holder| holder == body.name.as_str()) && !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        let entry = self.about(EntryKind::PersonEnrolled, &body.name, &[&key.fingerprint]);
        let guards = vec![Guard::PersonExists(body.name.clone(), false)];
        let person = Person { name: body.name.clone(), keys: vec![key], roles };
        Ok(Record { entry, events: vec![Event::Person { person }], guards })
    }

    fn added_key(&self, body: &AddKey, cooling: Millis) -> Result<Record, Fault> {
        self.keys_of(&body.name)?;
        let key = self.new_key(&body.public_key, cooling)?;
        let entry = self.about(EntryKind::PersonEnrolled, &body.name, &[&key.fingerprint]);
        let guards = vec![Guard::PersonExists(body.name.clone(), true)];
        Ok(Record { entry, events: vec![Event::KeyAdded { person: body.name.clone(), key }], guards })
    }

    fn removed_person(&self, body: &RemovePerson) -> Result<Record, Fault> {
        let keys = self.keys_of(&body.name)?;
        if self.memory().enrolled(self.now()).all(|person| person.name == body.name) {
            return Err(Fault::conflict("nobody would be left whose key counts"));
        }
        let keys: Vec<&String> = keys.iter().collect();
        let entry = self.about(EntryKind::PersonRemoved, &body.name, &keys);
        let guards = vec![Guard::PersonExists(body.name.clone(), true)];
        Ok(Record { entry, events: vec![Event::PersonRemoved { person: body.name.clone() }], guards })
    }

    fn removed_key(&self, body: &RemoveKey) -> Result<Record, Fault> {
        let keys = self.keys_of(&body.name)?;
        if !keys.contains(&body.fingerprint) {
            let message = format!("`{}` has no key `{}`", body.name, body.fingerprint);
            return Err(Fault::not_found(message).hint("list them with `interlock person ls`"));
        }
        if keys.len() < 2 {
            let message = format!("it is the only key of `{}`", body.name);
            let hint = "give them another with `interlock person key add`, or `interlock person remove` them";
            return Err(Fault::conflict(message).hint(hint));
        }
        let entry = self.about(EntryKind::PersonRemoved, &body.name, &[&body.fingerprint]);
        let guards = vec![Guard::PersonExists(body.name.clone(), true)];
        let events = vec![Event::KeyRemoved { person: body.name.clone(), key: body.fingerprint.clone() }];
        Ok(Record { entry, events, guards })
    }

    fn about(&self, kind: EntryKind, person: &PersonId, keys: &[&String]) -> Entry {
        Entry::new(kind, self.now()).public("person", person).public("keys", keys)
    }

    /// The fingerprints of somebody's keys.
    fn keys_of(&self, name: &PersonId) -> Result<Vec<String>, Fault> {
        let memory = self.memory();
        let person = memory.people.get(name);
        let person = person.ok_or_else(|| Fault::not_found(format!("there is no person `{name}`")))?;
        Ok(person.keys.iter().map(|key| key.fingerprint.clone()).collect())
    }

    /// A key that is nobody's yet, from when on it counts.
    fn new_key(&self, line: &str, cooling: Millis) -> Result<EnrolledKey, Fault> {
        let now = self.now();
        let key = parsed(line, now, now.saturating_add(cooling))?;
        let memory = self.memory();
        let same = |have: &EnrolledKey| {
            let same_passkey = || {
                let (one, other) = (have.passkey()?, key.passkey()?);
                Some(one.id == other.id || one.key == other.key)
            };
            have.public_key == key.public_key || same_passkey() == Some(true)
        };
        let taken = memory.people.values().find(|person| person.keys.iter().any(same));
        match taken {
            Some(person) => {
                Err(Fault::conflict(format!("this key is enrolled for `{}` already", person.name)))
            }
            None => Ok(key),
        }
    }
}

/// What a key is, and by whose word.
fn in_words(key: &EnrolledKey, maker: Option<&str>) -> String {
    let kind = match (key.passkey().is_some(), key.step) {
        (false, KeyStep::OpenSsh) => "OpenSSH key",
        (false, _) => "security key (as its line says)",
        (true, KeyStep::DeviceBound) if maker.is_some() => "device-bound passkey",
        (true, KeyStep::DeviceBound) => "passkey (device-bound, as it says)",
        (true, _) => "passkey (synced)",
    };
    let vouched = maker.map(|maker| format!(", vouched for by {maker}")).unwrap_or_default();
    format!("{kind} {}{vouched}", key.fingerprint)
}

fn parsed(line: &str, enrolled: Millis, counts_from: Millis) -> Result<EnrolledKey, Fault> {
    parse_public_key(line, enrolled, counts_from).map_err(Fault::bad_request)
}

/// INVARIANT: nobody goes by a name that looks like another's.
pub(crate) fn plain(whose: &str, name: &str) -> Result<(), Fault> {
    if is_plain_name(name) {
        return Ok(());
    }
    let why = format!("`{}` is no name that {whose} can go by", exact(name));
    Err(Fault::bad_request(why).hint("up to 64 letters without accents, digits, and - _ . @, as in `ana`"))
}
