//! `interlock hook`: what an agent's host calls. It tells, and never decides.

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::Subcommand;
use interlock_api::HookNote;
use interlock_confine::hook::{HookEvent, Reply, parse};

use crate::fault::Fault;

/// How long the host may be kept waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// Set by `interlock run` inside the sandbox.
const AGENT_URL: &str = "INTERLOCK_AGENT_URL";
const SESSION: &str = "INTERLOCK_SESSION";
const TOKEN: &str = "INTERLOCK_SESSION_TOKEN";

/// Take an event from an agent's host.
#[derive(Debug, Subcommand)]
pub(crate) enum Hook {
    /// Claude Code: UserPromptSubmit, PreToolUse, PostToolUse, SessionStart. Always ends with status 0.
    ClaudeCode {
        /// Print the settings that register this hook, and do nothing else.
        #[arg(long)]
        settings: bool,
    },
}

impl Hook {
    pub(crate) fn run(self) -> Result<ExitCode, Fault> {
        let Self::ClaudeCode { settings } = self;
        if settings {
            let text = serde_json::to_string_pretty(&interlock_confine::hook::settings("interlock"));
            let _ = writeln!(std::io::stdout(), "{}", text.unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        let mut input = Vec::new();
        let read = std::io::stdin().take(16 * 1024 * 1024).read_to_end(&mut input);
        let reply = match read.map_err(|error| error.to_string()).and_then(|_| tell(&input)) {
            Ok(()) => Reply::quiet(),
            Err(why) => Reply::fault(&why),
        };
        let _ = write!(std::io::stdout(), "{}", reply.stdout);
        let _ = write!(std::io::stderr(), "{}", reply.stderr);
        Ok(ExitCode::from(reply.status))
    }
}

fn tell(input: &[u8]) -> Result<(), String> {
    let event = parse(input).map_err(|error| error.to_string())?;
    let set = |name| std::env::var(name);
    let (Ok(url), Ok(session), Ok(token)) = (set(AGENT_URL), set(SESSION), set(TOKEN)) else {
        return Err("not inside `interlock run`, so there is no session to tell this to".to_owned());
    };
    let address = url.strip_prefix("http://").unwrap_or(&url).trim_end_matches('/');
    let body = serde_json::to_vec(&note(event)).map_err(|error| error.to_string())?;
    post(address, &format!("{session}.{token}"), &body).map_err(|error| format!("{address}: {error}"))
}

fn note(event: HookEvent) -> HookNote {
    HookNote {
        event: event.kind.name().to_owned(),
        prompt: event.prompt,
        tool: event.tool_name,
        command: event.command,
        description: event.description,
        tool_use_id: event.tool_use_id,
    }
}

/// One small request over loopback: a whole HTTP client would cost more than the message.
fn post(address: &str, token: &str, body: &[u8]) -> std::io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /v1/hook HTTP/1.1\r\nHost: interlock\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    match status.get(9..12) {
        Some(b"204") => Ok(()),
        _ => Err(std::io::Error::other(format!("answered {}", String::from_utf8_lossy(&status)))),
    }
}
