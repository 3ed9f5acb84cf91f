//! The canary: a mutation of production that must be held.

use std::process::{Command, Stdio};

use interlock_api::{OpenSession, OpenedSession};

use crate::{client::Client, fault::Fault};

/// A database that does not exist, in no environment that any rule names.
const TARGET: &str = "canary-of-interlock-does-not-exist";

/// Fires it and says in words how it was stopped.
pub(crate) fn fire(client: &Client, agent: &str) -> Result<String, Fault> {
    let opened: OpenedSession = client.post(
        "/v1/sessions",
        &OpenSession {
            agent: agent.into(),
            task: "doctor's canary".to_owned(),
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            prompt: None,
            resume: None,
            advisory: true,
            // Nobody is to approve it, so nobody signs for it.
            proof: None,
            observe: false,
            co_proofs: Vec::new(),
        },
    )?;
    let answer = send(&opened);
    // Nobody is to be asked about it.
    client.delete(&format!("/v1/sessions/{}?requests=true", opened.session))?;
    let answer = answer?;
    // Of an error of RDS only what Interlock says in it.
    let says = answer.find("Interlock").and_then(|at| answer.get(at..)).unwrap_or(&answer);
    let begins: String = says.chars().take_while(|c| *c != '<').take(300).collect();
    match (
        answer.contains("Interlock holds"),
        answer.contains("AccessDenied") && answer.contains("Interlock"),
    ) {
        (true, _) => Ok("a mutation of production was held".to_owned()),
        (false, true) => Err(Fault::failed(format!("the canary was refused, and nobody asked: {begins}"))),
        (false, false) => Err(Fault::failed(format!("the canary was NOT stopped: {begins}"))),
    }
}

/// Sends it signed, with curl, which every system has and which signs SigV4 by itself.
fn send(opened: &OpenedSession) -> Result<String, Fault> {
    let body = format!(
        "Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier={TARGET}&SkipFinalSnapshot=true"
    );
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--config", "-", "--data", &body])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            // On standard input, so that no other user sees the key in the process list.
            let config = format!(
                "url = \"https://rds.{}.amazonaws.com/\"\nproxy = \"{}\"\ncacert = \"{}\"\nuser = \"{}:{}\"\naws-sigv4 = \"aws:amz:{}:rds\"\n",
                opened.region, opened.proxy_url, opened.ca_bundle, opened.access_key_id, opened.secret_access_key, opened.region
            );
            if let Some(mut input) = child.stdin.take() {
                std::io::Write::write_all(&mut input, config.as_bytes())?;
            }
            child.wait_with_output()
        });
    let output = output.map_err(|error| Fault::failed(format!("cannot run `curl`: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.is_empty() {
        return Err(Fault::failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(text)
}
