//! People, agents, freezes, the ledger, and the daemon itself.

use std::collections::BTreeMap;

use interlock_action::{AgentId, CanonicalError, Digest, Millis, PersonId, SessionId, digest_of};
use interlock_approval::Statement;
use interlock_flow::FreezeScope;
use interlock_policy::AgentClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::words::ADMIN;

/// A value to be signed into the next administrative statement or opening of a session, once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NonceReply {
    /// The value.
    pub nonce: String,
    /// The home that gave it out: what its log is verified with.
    pub home: String,
}

/// A person's signature over a [`Statement`] of an administrative request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// Who.
    pub person: PersonId,
    /// Their words.
    pub reason: String,
    /// From [`NonceReply`].
    pub nonce: String,
    /// Armoured SSHSIG.
    pub signature: String,
}

impl Signed {
    /// What the signature is over, of this request.
    ///
    /// # Errors
    /// A body without a canonical form.
    pub fn statement(
        &self,
        verb: &str,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<Statement, CanonicalError> {
        Ok(Statement {
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            digest: digest_of(ADMIN, body)?,
            person: self.person.clone(),
            reason: self.reason.clone(),
            nonce: self.nonce.clone(),
        })
    }
}

/// `POST /v1/people`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddPerson {
    /// The name.
    pub name: PersonId,
    /// An OpenSSH public key line.
    pub public_key: String,
    /// Roles for quorum slots.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// `POST /v1/people/remove`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RemovePerson {
    /// Who.
    pub name: PersonId,
}

/// `POST /v1/people/keys`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddKey {
    /// Whose.
    pub name: PersonId,
    /// An OpenSSH public key line.
    pub public_key: String,
}

/// `POST /v1/people/keys/remove`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RemoveKey {
    /// Whose.
    pub name: PersonId,
    /// `SHA256:…`
    pub fingerprint: String,
}

/// `POST /v1/agents`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddAgent {
    /// The name.
    pub name: AgentId,
    /// Who answers for it.
    pub owner: PersonId,
    /// Its class.
    pub class: AgentClass,
}

/// A request together with the signature it takes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Added<T> {
    /// What is asked for; the signature is over its canonical form.
    pub body: T,
    /// By whom.
    pub signed: Signed,
    /// By whom else, each over the same; none in most requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_signed: Vec<Signed>,
}

/// `POST /v1/freezes`. Anybody who reaches the control socket may freeze: it only ever stops.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FreezeRequest {
    /// What it covers.
    pub scope: FreezeScope,
    /// Why.
    pub reason: String,
}

/// `POST /v1/unfreeze`: signed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnfreezeRequest {
    /// What to thaw.
    pub scope: FreezeScope,
}

/// `GET /v1/ledger`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LedgerQuery {
    /// Only of this session.
    pub session: Option<SessionId>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// The newest so many; 50 unless told.
    pub limit: Option<u32>,
}

/// One entry, decrypted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerRow {
    /// Its place in the log.
    pub index: u64,
    /// What it records.
    pub kind: String,
    /// When.
    pub at: Millis,
    /// In the clear.
    pub public: BTreeMap<String, Value>,
    /// Decrypted; absent when redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<BTreeMap<String, Value>>,
    /// The entry that says who redacted it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_by: Option<u64>,
}

/// `GET /v1/status`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// The home.
    pub home: String,
    /// `enforce` or `observe`.
    pub mode: String,
    /// Live sessions in which nobody is asked, although the mode is `enforce`.
    pub observed: Vec<SessionId>,
    /// The policy in force.
    pub bundle: Digest,
    /// The catalogue's content hash.
    pub catalogue: String,
    /// People enrolled.
    pub people: Vec<PersonId>,
    /// Agents registered.
    pub agents: Vec<AgentId>,
    /// What is about to change with fewer people or witnesses than it usually takes, in words.
    pub alone: Vec<String>,
    /// What everybody is told of broken glass, in words.
    pub glass: Vec<String>,
    /// Freezes in force.
    pub freezes: Vec<interlock_flow::Freeze>,
    /// Whether the ledger takes entries.
    pub ledger: String,
    /// How many entries it has.
    pub entries: u64,
    /// The web console.
    pub console: String,
    /// The CONNECT proxy.
    pub aws_proxy: String,
    /// The endpoint door.
    pub aws: String,
    /// The file with the system's roots and Interlock's own.
    pub ca_bundle: String,
    /// Hosts beyond AWS that confined processes reach.
    pub egress: Vec<String>,
    /// Variables that look like secrets and are let through.
    pub pass: Vec<String>,
}
