//! The way to the gate: the agents' door.

use std::{io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Response,
    body::{Bytes, Incoming},
};
use interlock_api::{Fault as Told, TerraformCommand, TerraformNews};

use crate::{
    agent_door::{AgentDoor, gone, wait_for},
    fault::Fault,
    output::visible,
};

/// Sends a command and its work directory, says what is said, and returns the command's status.
pub(super) fn send(command: &TerraformCommand, archive: Vec<u8>, folder: &Path) -> Result<u8, Fault> {
    let door = AgentDoor::here("interlock run --agent NAME --task TEXT -- terraform plan")?;
    wait_for(async {
        let header = serde_json::to_vec(command).map_err(|error| Fault::failed(error.to_string()))?;
        let request = door
            .post("/v1/terraform")
            .header("content-type", "application/x-tar")
            .header(TerraformCommand::HEADER, STANDARD.encode(header))
            .body(Full::new(Bytes::from(archive)))
            .map_err(|error| Fault::failed(error.to_string()))?;
        let answer = door.exchange(request).await?;
        follow(answer, folder, Voice::of(&command.arguments)).await
    })
}

/// What programs of the configuration wrote moves nobody's cursor.
fn shown(words: &str) -> String {
    visible(&words.replace('\t', "    "))
}

/// How Terraform would have said it: lines of JSON where `-json` asks for them.
#[derive(Clone, Copy, Debug)]
struct Voice {
    json: bool,
}

impl Voice {
    fn of(arguments: &[String]) -> Self {
        let streams =
            matches!(arguments.first().map(String::as_str), Some("plan" | "apply" | "destroy" | "refresh"));
        Self { json: streams && arguments.iter().any(|word| word.trim_start_matches('-') == "json") }
    }

    fn say(self, words: &str, record: Option<String>) {
        let line =
            if self.json { record.unwrap_or_else(|| Self::record("info", words)) } else { shown(words) };
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Why it is not done stands where Terraform puts its errors.
    fn fault(self, words: &str) {
        let _ = if self.json {
            writeln!(std::io::stdout(), "{}", Self::record("error", words))
        } else {
            writeln!(std::io::stderr(), "{}", shown(words))
        };
    }

    fn record(level: &str, words: &str) -> String {
        serde_json::json!({"@level": level, "@message": words, "@module": "interlock", "type": "log"})
            .to_string()
    }
}

/// Says what is said until the command has ended.
async fn follow(answer: Response<Incoming>, folder: &Path, voice: Voice) -> Result<u8, Fault> {
    let well = answer.status().is_success();
    let mut body = answer.into_body();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(gone)?.into_data() else { continue };
        rest.extend_from_slice(&data);
        while let Some(end) = rest.iter().position(|byte| well && *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let news: TerraformNews = serde_json::from_slice(&line).map_err(gone)?;
            match news {
                TerraformNews::Line { words, record } => voice.say(&words, record),
                TerraformNews::Fault { words } => voice.fault(&words),
                TerraformNews::PlanFile { name, content } => {
                    let path = folder.join(name);
                    std::fs::write(&path, content).map_err(|error| Fault::file(&path, &error))?;
                }
                TerraformNews::Ended { code } => return Ok(code),
            }
        }
    }
    if well {
        return Err(gone("it broke off; what it has begun goes on, `interlock ledger ls` tells"));
    }
    Err(match serde_json::from_slice::<Told>(&rest) {
        Ok(told) => told.into(),
        Err(_) => Fault::failed(String::from_utf8_lossy(&rest).into_owned()),
    })
}
