//! Words that a command line has signed with a passkey: it hands them in, a person signs them in the console, it takes the
//! signature.

use interlock_action::{PersonId, digest_of};
use interlock_approval::{ApprovalError, Opening, Statement, challenge, parse_public_key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Fault;

/// The domain of administrative digests.
pub(crate) const ADMIN: &str = "interlock admin v1";

/// What is signed on pages of its own.
const OWN_PAGE: [&str; 5] = ["approve", "deny", "approve-together", "deny-together", "grant"];

/// What is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// A decision, or an administrative request.
    Statement(Statement),
    /// The launch of a session.
    Opening(Box<Opening>),
}

/// `POST /v1/words`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WordsToSign {
    /// The words.
    pub words: Signing,
    /// What a statement is about: its digest is in the words.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
}

/// The answer: where a person signs them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WordsAt {
    /// What they are known by.
    pub id: String,
    /// The page.
    pub url: String,
}

/// `GET /v1/words/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WordsSigned {
    /// The passkey's assertion, as JSON; nothing as long as nobody has signed.
    pub signature: Option<String>,
}

impl WordsToSign {
    /// Who is to sign.
    pub fn person(&self) -> &PersonId {
        match &self.words {
            Signing::Statement(statement) => &statement.person,
            Signing::Opening(opening) => &opening.person,
        }
    }

    /// What the passkey signs.
    ///
    /// # Errors
    /// Words without a canonical form.
    pub fn challenge(&self) -> Result<[u8; 32], ApprovalError> {
        match &self.words {
            Signing::Statement(statement) => challenge(statement),
            Signing::Opening(opening) => challenge(opening.as_ref()),
        }
    }

    /// Checks that what is shown is what is signed: a statement about a body comes with it. Decisions on requests are signed on
    /// their own page, which shows all of them.
    ///
    /// # Errors
    /// A body that the words do not speak of; none; a decision.
    pub fn check(&self) -> Result<(), Fault> {
        let Signing::Statement(statement) = &self.words else { return Ok(()) };
        // INVARIANT: what decides on requests is signed where all of them are shown, and nowhere else.
        if OWN_PAGE.contains(&statement.verb.as_str()) {
            let why = "what decides on requests is signed on a page that shows them";
            return Err(Fault::bad_request(why).hint("open the request in the console"));
        }
        let digest = digest_of(ADMIN, &self.body).map_err(Fault::bad_request)?;
        if self.body.is_null() || digest != statement.digest {
            return Err(Fault::bad_request("the words are not about what is handed in with them"));
        }
        Ok(())
    }

    /// The fingerprint of the key that they enrol, where they do.
    pub fn enrols(&self) -> Option<String> {
        let line = self.body.get("public_key")?.as_str()?;
        Some(parse_public_key(line, 0, 0).ok()?.fingerprint)
    }
}

/// `GET /v1/passkeys/{fingerprint}`: one that somebody has made in the console, and that is nobody's yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferedPasskey {
    /// For whom it was made, as the browser says.
    pub person: PersonId,
    /// Its line.
    pub public_key: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The model of its authenticator, as it says itself: 32 hexadecimal digits.
    pub model: String,
    /// Who vouches for that, where `[approval.attestation]` asks: the maker's own name in its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
}

/// `POST /v1/console`: signed; lets this person in once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleLink {}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkReply {
    /// What a browser is to open, within a minute.
    pub url: String,
}
