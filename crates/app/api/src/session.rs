//! Sessions: opening one, and what a confined process may tell about itself.

use std::path::PathBuf;

use interlock_action::{AgentId, Millis, PersonId, SessionId};
use interlock_approval::{Launch, Opening};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/sessions`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenSession {
    /// Which agent.
    pub agent: AgentId,
    /// On what.
    pub task: String,
    /// Globs over ids and names that the task is about.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Globs over secrets whose values the task may read.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Folders that it works in, by their whole paths.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// The prompt, where there is one.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Go on with this session.
    #[serde(default)]
    pub resume: Option<SessionId>,
    /// It runs outside the sandbox.
    #[serde(default)]
    pub advisory: bool,
    /// Nobody is asked: what people would have to approve flows, and is written down. Takes signatures.
    #[serde(default)]
    pub observe: bool,
    /// Who launches it. In a team, without it, nobody knows.
    #[serde(default)]
    pub proof: Option<LaunchProof>,
    /// Who else signs for it, each over the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_proofs: Vec<LaunchProof>,
}

impl OpenSession {
    /// What the launching person signs.
    pub fn opening(&self, home: String, person: PersonId, at: Millis, nonce: String) -> Opening {
        Opening {
            home,
            agent: self.agent.clone(),
            task: self.task.clone(),
            scope: self.scope.clone(),
            secrets: self.secrets.clone(),
            folders: self.folders.clone(),
            resume: self.resume.clone(),
            advisory: self.advisory,
            observe: self.observe,
            person,
            at,
            nonce,
        }
    }
}

/// A person's signature over the [`Opening`] of a session.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LaunchProof {
    /// Who.
    pub person: PersonId,
    /// When they signed.
    pub at: Millis,
    /// From [`NonceReply`](super::NonceReply).
    pub nonce: String,
    /// Armoured SSHSIG.
    pub signature: String,
}

/// What a session gets: virtual credentials, good here and nowhere else.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct OpenedSession {
    /// The session.
    pub session: SessionId,
    /// The virtual key's id.
    pub access_key_id: String,
    /// The virtual key's secret.
    pub secret_access_key: String,
    /// What ties tunnels and hooks to the session.
    pub token: String,
    /// The region to work in when nothing else says so.
    pub region: String,
    /// The CONNECT proxy's Unix socket.
    pub proxy_socket: String,
    /// The endpoint door's Unix socket.
    pub endpoint_socket: String,
    /// The Unix socket for hooks.
    pub agent_socket: String,
    /// The CONNECT proxy on loopback, for `--unconfined`.
    pub proxy_url: String,
    /// The endpoint door on loopback, for `--unconfined`.
    pub endpoint_url: String,
    /// System roots and Interlock's own.
    pub ca_bundle: String,
    /// When the lease ends.
    pub until: Millis,
    /// Who launched it, by this opening and all before it.
    pub launch: Launch,
    /// Programs that are caught on the command's path, and go through Interlock's own gate.
    #[serde(default)]
    pub shims: Vec<String>,
    /// Where they stand, for `--unconfined`.
    #[serde(default)]
    pub shims_folder: String,
    /// Variables that look like secrets and are let through.
    pub pass: Vec<String>,
    /// Nobody is asked in it: people signed so for it, or for all sessions.
    pub observed: bool,
}

impl std::fmt::Debug for OpenedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedSession").field("session", &self.session).finish_non_exhaustive()
    }
}

/// `POST /v1/sessions/{id}/rest`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestSession {
    /// The virtual key of the run that is over.
    pub access_key_id: String,
}

/// `POST /v1/sessions/{id}/reached`: a command reached, inside its sandbox, for something that was left out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// For what: a path, or a name.
    pub what: String,
}

/// One line of `session ls`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// The agent.
    pub agent: AgentId,
    /// The task.
    pub task: String,
    /// Whether its lease is live.
    pub live: bool,
    /// Whether it was ended for good: what is neither rests, and can be resumed.
    pub ended: bool,
    /// Whether it runs outside the sandbox.
    pub advisory: bool,
    /// Whether nobody is asked in it.
    pub observed: bool,
    /// Who launched it.
    pub launch: Launch,
}

impl SessionRow {
    /// How it is, in a word.
    pub fn state(&self) -> &'static str {
        match (self.live, self.ended) {
            (true, _) => "live",
            (false, false) => "rests",
            (false, true) => "ended",
        }
    }
}

/// What an agent's host tells through its hook. Unverified, all of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HookNote {
    /// `UserPromptSubmit`, `PreToolUse`, `PostToolUse`, `SessionStart`.
    pub event: String,
    /// The user's prompt.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The tool.
    #[serde(default)]
    pub tool: Option<String>,
    /// The command line, for a shell tool.
    #[serde(default)]
    pub command: Option<String>,
    /// The agent's own description of it.
    #[serde(default)]
    pub description: Option<String>,
    /// The host's own id of the call.
    #[serde(default)]
    pub tool_use_id: Option<String>,
}
