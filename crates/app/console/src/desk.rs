//! What the pages need of the daemon.

use async_trait::async_trait;
use interlock_action::{Millis, PersonId, SessionId, TicketId};
use interlock_api::{
    Added, DecisionRequest, Decisions, EndGrant, Fault, GrantOffer, GrantRow, LedgerQuery, LedgerRow,
    RequestRow, RequestView, SessionRow, SignGrant, Status, WordsToSign,
};
use interlock_approval::{Person, Registration, Signable, Site};
use interlock_flow::{Agent, GrantWish, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

/// What stands behind the pages.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Millis;
    /// Thirty-two random hexadecimal digits.
    fn draw(&self) -> String;
    /// The site that passkeys are made for.
    fn site(&self) -> Site;
    /// How the daemon is.
    fn status(&self) -> Status;
    /// Requests: those that wait, the oldest first; or all, the newest first.
    fn queue(&self, all: bool, from: usize, many: usize) -> Queue;
    /// One request.
    ///
    /// # Errors
    /// There is none.
    fn request(&self, id: &str) -> Result<RequestView, Fault>;
    /// What the ledger has about a request, the oldest first.
    ///
    /// # Errors
    /// A ledger that cannot be read.
    fn trail(&self, id: &str) -> Result<Vec<LedgerRow>, Fault>;
    /// Everybody enrolled.
    fn people(&self) -> Vec<Person>;
    /// Every agent.
    fn agents(&self) -> Vec<Agent>;
    /// Every session, the newest first.
    fn sessions(&self) -> Vec<SessionRow>;
    /// The rules in force.
    fn rules(&self) -> Vec<RuleRow>;
    /// What is proved of them.
    fn invariants(&self) -> Vec<InvariantRow>;
    /// What people did with what each rule asked them.
    fn health(&self) -> Vec<Health>;
    /// What is set.
    fn settings(&self) -> Settings;
    /// Entries of the ledger.
    ///
    /// # Errors
    /// A ledger that cannot be read; a query that makes no sense.
    fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerRow>, Fault>;
    /// Entries from this one on, the oldest first.
    ///
    /// # Errors
    /// A ledger that cannot be read.
    fn since(&self, from: u64, many: u32) -> Result<Vec<LedgerRow>, Fault>;
    /// Goes through the log from its beginning to its signed head.
    ///
    /// # Errors
    /// What does not hold.
    async fn verify(&self) -> Result<Verified, Fault>;
    /// How many entries are durable, as it becomes more.
    fn moved(&self) -> watch::Receiver<u64>;
    /// What the API is.
    fn openapi(&self) -> Value;
    /// What the home's log is verified with.
    fn home(&self) -> String;
    /// A value that is signed once.
    fn nonce(&self) -> String;
    /// Who signed these words with a passkey to come in. It is used up and written down.
    ///
    /// # Errors
    /// Nobody who is enrolled did.
    async fn enter(&self, nonce: &str, assertion: &str) -> Result<(PersonId, By), Fault>;
    /// Whose link to come in this is. It is used up and written down.
    ///
    /// # Errors
    /// It is none, or was followed before.
    async fn follow(&self, link: &str) -> Result<(PersonId, By), Fault>;
    /// The provider whose word is taken for who somebody is, as it is called; where there is one.
    fn provider(&self) -> Option<String>;
    /// Where a browser goes to be told by it who it is, to go on there afterwards.
    ///
    /// # Errors
    /// The provider does not answer.
    async fn leave(&self, next: &str) -> Result<Leaving, Fault>;
    /// Whether this answer was asked for in the browser that kept this, and not given yet.
    fn is_awaited(&self, kept: &str, answer: &Answer) -> bool;
    /// Who came back from it to the browser that kept this, and where they go on. It is used up and written down.
    ///
    /// # Errors
    /// It was not asked for in that browser, or what the provider says does not hold.
    async fn come_back(&self, kept: &str, answer: &Answer) -> Result<(PersonId, By, String), Fault>;
    /// Whether what this person came in by still counts.
    fn standing(&self, person: &PersonId, by: &By) -> Standing;
    /// The requests that suspend it.
    fn suspended_by(&self, person: &PersonId, by: &By) -> Vec<String>;
    /// How many requests wait.
    fn waiting(&self) -> usize;
    /// Takes a decision.
    ///
    /// # Errors
    /// It does not hold.
    async fn decide(&self, id: &str, decision: DecisionRequest) -> Result<RequestView, Fault>;
    /// Takes a decision on several requests.
    ///
    /// # Errors
    /// It does not hold.
    async fn decide_together(&self, decisions: Added<Decisions>) -> Result<Vec<RequestView>, Fault>;
    /// What agents have handed in: so many, the newest first.
    fn plans(&self, many: usize) -> Vec<Plan>;
    /// Of those of which something waits so many, and how much does.
    fn waiting_plans(&self, many: usize) -> Vec<(String, usize)>;
    /// One plan.
    ///
    /// # Errors
    /// There is none.
    fn plan(&self, id: &str) -> Result<Plan, Fault>;
    /// What a grant for the like of a request would be.
    ///
    /// # Errors
    /// There is none of it.
    async fn offer_grant(&self, id: &TicketId, wish: GrantWish) -> Result<GrantOffer, Fault>;
    /// Every grant, those that stand first.
    fn grants(&self) -> Vec<GrantRow>;
    /// Takes a signature under a grant's terms.
    ///
    /// # Errors
    /// It does not hold.
    async fn sign_grant(&self, grant: Added<SignGrant>) -> Result<GrantRow, Fault>;
    /// Ends one.
    ///
    /// # Errors
    /// It does not hold.
    async fn end_grant(&self, grant: Added<EndGrant>) -> Result<GrantRow, Fault>;
    /// Whether the maker of an authenticator has to vouch for what is made with it.
    fn asks_makers(&self) -> bool;
    /// Keeps a passkey that somebody has made, until a person signs that it is theirs.
    ///
    /// # Errors
    /// It was not made for this.
    fn offer(&self, enrolment: &Enrolment, registration: &Registration) -> Result<String, Fault>;
    /// Words that somebody wants to sign with a passkey, from a command line.
    ///
    /// # Errors
    /// There are none.
    fn words(&self, id: &str) -> Result<WordsToSign, Fault>;
    /// Takes their signature.
    ///
    /// # Errors
    /// There are no such words.
    fn sign(&self, id: &str, assertion: String) -> Result<(), Fault>;
    /// Writes down that something was tried that did not hold. Many of a kind are written down once.
    fn tried(&self, attempt: Attempt);
}

/// What somebody came in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A key, by its fingerprint.
    Key(String),
    /// The provider's word; it stands as the best of the keys does that this person had then, by their fingerprints.
    Provider(Vec<String>),
}

/// What a browser does to be told by a provider who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// It goes there,
    pub url: String,
    /// and keeps this meanwhile.
    pub kept: String,
}

/// What a provider sends a browser back with. Source: RFC 6749, §4.1.2; RFC 9207, §2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// What the browser was sent there with.
    #[serde(default)]
    pub state: String,
    /// What the token is had for.
    pub code: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// How a key stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is gone, or cooling off.
    Out,
    /// Somebody has asked to take it out. It still stops that, and asks in turn.
    Suspended,
    /// It counts.
    Counts,
}

/// Requests of one page.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Those.
    pub rows: Vec<QueueRow>,
    /// How many there are.
    pub of: usize,
    /// How many wait.
    pub waiting: usize,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// As `request ls` shows it.
    pub row: RequestRow,
    /// In one sentence.
    pub sentence: String,
    /// What would be gone, the worst first; empty where nothing would.
    pub vanishes: Vec<String>,
    /// What those have in common that one signature may decide on together: its session, where it waits for one person.
    pub together: Option<String>,
}

/// A rule in force.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its id.
    pub id: String,
    /// Its tier.
    pub tier: String,
    /// Why it is there.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// Its text.
    pub text: String,
}

/// Something that is proved of the policy.
#[derive(Clone, Debug)]
pub struct InvariantRow {
    /// Its name.
    pub id: String,
    /// In words.
    pub says: String,
    /// How it stands, and since when.
    pub state: String,
}

/// What people did with what one rule asked them.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// The rule.
    pub rule: String,
    /// Decisions so far.
    pub decisions: usize,
    /// Of them, yes.
    pub approved: usize,
    /// Half of them came within so long.
    pub median: Millis,
}

/// What is set, for the page that shows it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The configuration in force, as text.
    pub configuration: String,
    /// Since when, and by whom.
    pub stamp: String,
}

/// What going through the log has shown.
#[derive(Clone, Debug)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// The root that they give, which is the one that is signed.
    pub root: String,
    /// The key that signed it.
    pub key: String,
    /// How long it took.
    pub took: Millis,
}

/// What a browser signs to make a passkey: for whom, and here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// For whom.
    pub person: PersonId,
    /// A value that was given out once.
    pub nonce: String,
}

impl Signable for Enrolment {
    const NAMESPACE: &'static str = "interlock-enrolment-v1";
}

/// What somebody signs to come in: it decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entering {
    /// A value that was given out once.
    pub nonce: String,
}

impl Signable for Entering {
    const NAMESPACE: &'static str = "interlock-sign-in-v1";
}

/// Something that was tried and did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What: `decision`, `sign-in`, `enrolment`, `request`, `form`, `page`, `agents' door`, `sandbox`.
    pub what: &'static str,
    /// On what.
    pub subject: String,
    /// By whom, as far as that is known.
    pub person: Option<PersonId>,
    /// In which session, as far as that is known.
    pub session: Option<SessionId>,
    /// Why it did not hold.
    pub why: String,
}

impl Attempt {
    /// By nobody who is known, in no session.
    pub fn new(what: &'static str, subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what, subject: subject.into(), person: None, session: None, why: why.into() }
    }

    /// By this person.
    #[must_use]
    pub fn by(self, person: impl Into<Option<PersonId>>) -> Self {
        Self { person: person.into(), ..self }
    }

    /// In this session.
    #[must_use]
    pub fn within(self, session: impl Into<Option<SessionId>>) -> Self {
        Self { session: session.into(), ..self }
    }
}
