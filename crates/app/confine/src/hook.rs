//! What Claude Code's hooks say, and what they are answered.
//!
//! Pure: JSON in, values out. The caller sends the event to the daemon.
//!
//! A hook is a courtesy: it carries the prompt and explains early. It is never the boundary, so it never decides: the
//! answer is exit status 0 with no decision, and the host's own permission rules apply unchanged. The guarantee stands
//! at the credential, where no host, tool switch or sub-agent can step around it. Whatever goes wrong here (unreadable
//! input, no daemon, a timeout) also ends with status 0 and a note on stderr: a hook that breaks the host gets switched
//! off by its user, and one that answered `allow` would weaken the host's own questions. That is the host's safe
//! direction: as if the hook were not there.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Input beyond this is not read: a tool's answer can hold a whole file.
pub const MAX_INPUT: usize = 16 * 1024 * 1024;

/// Seconds that the host waits. Its own default is ten minutes, in which a hook that hangs would hold up every tool.
pub const TIMEOUT_SECONDS: u64 = 5;

/// The command that the host runs for each event, unless another program is named.
pub const COMMAND: &str = "interlock hook claude-code";

/// The events that are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HookKind {
    /// A session begins: proof that the hook is alive.
    SessionStart,
    /// A person has typed a prompt.
    UserPromptSubmit,
    /// A tool is about to be used.
    PreToolUse,
    /// A tool was used.
    PostToolUse,
}

impl HookKind {
    /// Every event, in the order in which they happen.
    pub const ALL: [Self; 4] =
        [Self::SessionStart, Self::UserPromptSubmit, Self::PreToolUse, Self::PostToolUse];

    /// The host's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionStart => "SessionStart",
            Self::UserPromptSubmit => "UserPromptSubmit",
            Self::PreToolUse => "PreToolUse",
            Self::PostToolUse => "PostToolUse",
        }
    }

    fn concerns_tools(self) -> bool {
        matches!(self, Self::PreToolUse | Self::PostToolUse)
    }
}

/// What a hook was told. All of it is the agent's and the host's word: evidence to show, never to believe.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct HookEvent {
    /// Which event.
    pub kind: HookKind,
    /// The host's session id.
    pub host_session: String,
    /// The directory that the host works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Where the host writes the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// `default`, `plan`, `acceptEdits`, `bypassPermissions`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_mode: Option<String>,
    /// How a session began: `startup`, `resume`, `clear`, `compact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The prompt, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// `Bash`, `Edit`, `mcp__SERVER__TOOL`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// Joins the event before a use with the one after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// The shell command, for a tool that takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The agent's own words about the use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Everything the tool is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_input: Option<Value>,
    /// The sub-agent that uses the tool, where the host tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_agent: Option<String>,
}

impl fmt::Debug for HookEvent {
    /// Without the words: prompts and commands hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookEvent")
            .field("kind", &self.kind)
            .field("host_session", &self.host_session)
            .field("tool_name", &self.tool_name)
            .field("tool_use_id", &self.tool_use_id)
            .finish_non_exhaustive()
    }
}

/// Why input is no event.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Too long.
    #[error("the hook's input is longer than {MAX_INPUT} bytes")]
    TooLong,
    /// Not a JSON object. The parser's own words are left out: they can quote the input.
    #[error("the hook's input is not a JSON object (line {line}, column {column})")]
    Json {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// A field that every event has is missing.
    #[error("the hook's input has no `{0}`")]
    Field(&'static str),
    /// An event that is not registered.
    #[error("the hook's event `{0}` is not known")]
    Event(String),
}

/// Reads an event. Fields that are not known are passed over, fields of an unexpected type count as missing: the host
/// changes often, and what is missing is only evidence.
pub fn parse(input: &[u8]) -> Result<HookEvent, HookError> {
    if input.len() > MAX_INPUT {
        return Err(HookError::TooLong);
    }
    let not_json = |line, column| HookError::Json { line, column };
    let value: Value =
        serde_json::from_slice(input).map_err(|error| not_json(error.line(), error.column()))?;
    if !value.is_object() {
        return Err(not_json(1, 1));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("hook_event_name").ok_or(HookError::Field("hook_event_name"))?;
    let kind = HookKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or(HookError::Event(name))?;
    let tool_input = value.get("tool_input").filter(|_| kind.concerns_tools()).cloned();
    let given = |key: &str| tool_input.as_ref()?.get(key)?.as_str().map(str::to_owned);
    Ok(HookEvent {
        kind,
        host_session: text("session_id").ok_or(HookError::Field("session_id"))?,
        cwd: text("cwd"),
        transcript: text("transcript_path"),
        permission_mode: text("permission_mode"),
        source: text("source"),
        prompt: text("prompt"),
        tool_name: text("tool_name"),
        tool_use_id: text("tool_use_id"),
        command: given("command"),
        description: given("description"),
        sub_agent: text("agent_type").or_else(|| text("agent_id")),
        tool_input,
    })
}

/// What the hook's process prints and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Always 0: any other status is a decision (2) or shown to the person as a fault.
    pub status: u8,
    /// For the host; empty, or one JSON object.
    pub stdout: String,
    /// For a person who looks for a fault.
    pub stderr: String,
}

impl Reply {
    /// Says nothing; the host goes on as without a hook.
    pub fn quiet() -> Self {
        Self { status: 0, stdout: String::new(), stderr: String::new() }
    }

    /// Tells the agent something (how infrastructure is reached, which ticket waits), without a decision. Hosts take
    /// context after every event but `PreToolUse`, for which this is [`Reply::quiet`].
    pub fn context(kind: HookKind, words: &str) -> Self {
        if kind == HookKind::PreToolUse || words.is_empty() {
            return Self::quiet();
        }
        let output =
            json!({"hookSpecificOutput": {"hookEventName": kind.name(), "additionalContext": words}});
        Self { stdout: output.to_string(), ..Self::quiet() }
    }

    /// Something went wrong on our side.
    pub fn fault(error: &dyn fmt::Display) -> Self {
        Self { stderr: format!("interlock: {error}; the hook stays out of the way\n"), ..Self::quiet() }
    }
}

/// The part of Claude Code's settings that registers the hook for its four events. `program` is the command line's
/// beginning (`interlock`, or an absolute path), quoted for a shell where it needs to be.
pub fn settings(program: &str) -> Value {
    let command = format!("{} hook claude-code", quoted(program));
    let mut hooks = serde_json::Map::new();
    for kind in HookKind::ALL {
        let call = json!({"type": "command", "command": command, "timeout": TIMEOUT_SECONDS});
        let entry = if kind.concerns_tools() {
            json!({"matcher": "*", "hooks": [call]})
        } else {
            json!({"hooks": [call]})
        };
        hooks.insert(kind.name().to_owned(), json!([entry]));
    }
    json!({ "hooks": hooks })
}

/// For a shell: as it is, or in single quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
