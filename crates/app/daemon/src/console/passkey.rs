//! Passkeys: made in a browser, signed for by a person; coming in with one; words that a command line has signed with one.

use interlock_action::PersonId;
use interlock_api::{Added, ConsoleLink, Fault, LinkReply, OfferedPasskey, WordsAt, WordsToSign};
use interlock_approval::{
    Assertion, EnrolledKey, Refusal, Registration, Signable, parse_public_key, verify, verify_registration,
};
use interlock_console::{Enrolment, Entering};
use interlock_flow::{Record, SignedBy};
use interlock_ledger::{Entry, EntryKind};

use super::attestation;
use crate::state::Daemon;

/// Words that wait for one person.
const MOST_WORDS: usize = 10;
/// What signing for a link to the console is called.
const SIGN_IN: &str = "sign-in";

impl Daemon {
    fn is_fresh(&self, nonce: &str) -> Result<(), Fault> {
        if self.nonces.is_good(nonce, self.now()) {
            return Ok(());
        }
        Err(Fault::refused("this page is too old, or was used already").hint("open it again"))
    }

    /// Keeps a passkey that was made for these words.
    pub(super) fn offer(&self, words: &Enrolment, registration: &Registration) -> Result<String, Fault> {
        self.is_fresh(&words.nonce)?;
        let site = self.site().ok_or_else(|| Fault::unavailable("no console is up"))?;
        let made = verify_registration(words, registration, site).map_err(Fault::refused)?;
        let maker = match &self.config.approval.attestation {
            Some(asked) => Some(attestation::maker(asked, &made, self.now()).map_err(|why| {
                Fault::refused(format!("this passkey is not taken here: {why}")).hint(asked.wanted())
            })?),
            None => None,
        };
        let key = parse_public_key(&made.passkey.to_string(), 0, 0).map_err(Fault::refused)?;
        if !self.nonces.take(&words.nonce, self.now()) {
            return Err(Fault::refused("this page was used already").hint("open it again"));
        }
        let EnrolledKey { fingerprint, public_key, .. } = key;
        let offered = OfferedPasskey {
            person: words.person.clone(),
            public_key,
            fingerprint: fingerprint.clone(),
            model: made.model,
            maker,
        };
        self.handed.passkeys.put(fingerprint.clone(), offered, self.now())?;
        Ok(fingerprint)
    }

    /// A passkey that was made and is nobody's yet.
    pub(crate) fn offered(&self, fingerprint: &str) -> Result<OfferedPasskey, Fault> {
        self.handed
            .passkeys
            .get(fingerprint, self.now())
            .map_err(|fault| fault.hint("make it at the console's /enrol; it is kept for ten minutes"))
    }

    /// Whose passkey signed to come in.
    pub(super) async fn enter(&self, nonce: &str, assertion: &str) -> Result<(PersonId, String), Fault> {
        self.is_fresh(nonce)?;
        let words = Entering { nonce: nonce.to_owned() };
        let (person, signed) = self.entering(&words, assertion)?;
        if !self.nonces.take(nonce, self.now()) {
            return Err(Fault::refused("this page was used already").hint("open it again"));
        }
        let (unused, used) = signed.uses(&person);
        let (events, guards) = (Vec::from_iter(used), Vec::from_iter(unused));
        let key = signed.key.fingerprint;
        self.commit(Record { entry: self.came_in(&person, &key), events, guards }).await?;
        Ok((person, key))
    }

    fn came_in(&self, person: &PersonId, key: &str) -> Entry {
        Entry::new(EntryKind::SignedIn, self.now()).public("person", person).public("key", key)
    }

    /// The passkey says whose it is: nobody is asked for a name.
    fn entering<S: Signable>(&self, words: &S, assertion: &str) -> Result<(PersonId, SignedBy), Fault> {
        let unknown = || Fault::refused("this passkey is nobody's here").hint("make one at /enrol");
        let id = serde_json::from_str::<Assertion>(assertion)
            .map_err(|_| Fault::bad_request("the browser sent no signature").hint("try again"))?
            .id;
        let memory = self.memory();
        let has = |key: &EnrolledKey| key.passkey().is_some_and(|passkey| passkey.id == id);
        let person = memory.people.values().find(|person| person.keys.iter().any(has)).ok_or_else(unknown)?;
        let proven = verify(words, assertion, &person.keys, self.site()).map_err(Fault::refused)?;
        match proven.key.counts(self.now()) {
            // They come in to stop what suspended them, and are shown nothing else.
            Ok(()) | Err(Refusal::Suspended(_)) => {}
            Err(why) => return Err(Fault::refused(why)),
        }
        Ok((person.name.clone(), SignedBy { key: proven.key.clone(), counter: proven.counter }))
    }

    /// A link that lets whoever signed for it in, once.
    pub(crate) fn link(&self, request: &Added<ConsoleLink>) -> Result<LinkReply, Fault> {
        let signed = &request.signed;
        let by = self.authorise_stop(SIGN_IN, "console", &request.body, signed)?;
        let link = self.draw() + &self.draw();
        self.handed.links.put(link.clone(), (signed.person.clone(), by.key.fingerprint), self.now())?;
        Ok(LinkReply { url: format!("{}/sign-in/{link}", self.addresses().console) })
    }

    /// Follows one.
    pub(super) async fn follow(&self, link: &str) -> Result<(PersonId, String), Fault> {
        let stale = || {
            Fault::refused("this link was followed before, or is older than a minute")
                .hint("ask for another with `interlock console --key FILE`")
        };
        let (person, key) = self.handed.links.take(link, self.now()).ok_or_else(stale)?;
        let record = Record { entry: self.came_in(&person, &key), events: Vec::new(), guards: Vec::new() };
        self.commit(record).await?;
        Ok((person, key))
    }

    /// Takes words that somebody wants to sign with a passkey.
    pub(crate) fn hand_in(&self, words: WordsToSign) -> Result<WordsAt, Fault> {
        words.check()?;
        let person = words.person().clone();
        let has_one = {
            let memory = self.memory();
            let known = memory.people.get(&person);
            let known = known.ok_or_else(|| Fault::not_found(format!("there is no person `{person}`")))?;
            known.keys.iter().any(|key| key.passkey().is_some())
        };
        if !has_one {
            let why = Fault::conflict(format!("`{person}` has no passkey"));
            return Err(why.hint(format!("make one at {}/enrol", self.addresses().console)));
        }
        let own = self.handed.words.count(self.now(), |(have, _)| *have.person() == person);
        if own >= MOST_WORDS {
            return Err(Fault::unavailable("too much waits for this person's signature: wait some minutes"));
        }
        let id: String = self.draw().chars().take(20).collect();
        self.handed.words.put(id.clone(), (words, None), self.now())?;
        let url = format!("{}/words/{id}", self.addresses().console);
        Ok(WordsAt { id, url })
    }
}
