//! `interlock plan`

use std::process::{Command, ExitCode};

use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use interlock_api::{BeginPlan, EndPlan, Fault as Told, exact};
use interlock_flow::{Plan as Handed, StepFate};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    agent_door::{AgentDoor, gone, wait_for},
    exit::Exit,
    fault::Fault,
    output::{Output, visible},
};

/// Inside `interlock run`: hand in what you mean to do, before you do it, so that people decide on all of it once.
///
/// Runs COMMAND, every change of which is judged and nothing of which is sent; what only reads goes through. Each change that
/// would be held gets its request at once, and the whole becomes one plan. Each change is answered with a refusal that says so: a
/// script has to go on after one (no `set -e`). Once people have approved, make the same calls in earnest. Status 0: all of it would
/// pass by itself; 11: it waits for people; 10: a step would be refused; 1: nothing was planned. How the command itself ended is told beside
/// it, as a refused call mostly ends it with a status of its own.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// What the plan is for, in your own words.
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    /// End a plan that nobody has ended: its command was killed, or took too long. Nothing of it is kept.
    #[arg(long, conflicts_with_all = ["words", "command"])]
    give_up: bool,
    /// The command that would make the changes.
    #[arg(last = true, required_unless_present = "give_up", value_name = "COMMAND")]
    command: Vec<String>,
}

impl Plan {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Fault> {
        let door =
            AgentDoor::here("interlock run --agent NAME --task TEXT -- interlock plan -- ./migrate.sh")?;
        if self.give_up {
            let _: Option<Handed> = post(&door, "/v1/plan/end", &EndPlan { give_up: true, status: None })?;
            return Ok(Exit::Ok.into());
        }
        let _: Option<()> = post(&door, "/v1/plan", &BeginPlan { words: self.words })?;
        let (program, arguments) = self.command.split_first().ok_or_else(|| Fault::usage("no command"))?;
        let ran = Command::new(program).args(arguments).status();
        // Whatever became of it, from here on calls are in earnest again.
        let status = ran.as_ref().ok().and_then(std::process::ExitStatus::code);
        let handed: Option<Handed> = post(&door, "/v1/plan/end", &EndPlan { status, give_up: false })?;
        ran.map_err(|error| Fault::failed(format!("cannot run `{program}`: {error}")))?;
        let Some(plan) = &handed else {
            output.show(&handed, |_| "nothing was planned: no change was tried".to_owned());
            return Ok(if status == Some(0) { Exit::Ok } else { Exit::Failed }.into());
        };
        output.show(plan, told);
        let worst = |exit: Exit, fate: &StepFate| match (exit, fate) {
            (_, StepFate::Refused { .. }) | (Exit::Refused, _) => Exit::Refused,
            (_, StepFate::Asks { .. }) | (Exit::Held, _) => Exit::Held,
            (exit, StepFate::Flows) => exit,
        };
        Ok(plan.steps.iter().map(|step| &step.fate).fold(Exit::Ok, worst).into())
    }
}

fn post<B: Serialize, T: DeserializeOwned>(door: &AgentDoor, path: &str, body: &B) -> Result<T, Fault> {
    let body = serde_json::to_vec(body).map_err(|error| Fault::failed(error.to_string()))?;
    let request = door.post(path).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(body))).map_err(gone)?;
    wait_for(async {
        let answer = door.exchange(request).await?;
        let well = answer.status().is_success();
        let bytes = answer.into_body().collect().await.map_err(gone)?.to_bytes();
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        if well {
            return serde_json::from_slice(bytes).map_err(gone);
        }
        Err(serde_json::from_slice::<Told>(bytes).map_or_else(|_| gone("it refuses"), Into::into))
    })
}

/// What would become of each step.
fn told(plan: &Handed) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let fate = match &step.fate {
            StepFate::Flows => "by itself it passes without asking".to_owned(),
            StepFate::Asks { ticket } => format!("waits for people: {ticket}"),
            StepFate::Refused { why } => format!("WOULD BE REFUSED: {}", visible(why)),
        };
        let targets = step.targets.iter().map(|target| exact(target)).collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "{:>3}  {} on {targets}: {fate}",
            at.saturating_add(1),
            exact(step.operation.as_str())
        ));
    }
    if plan.left > 0 {
        lines.push(format!(
            "{} more were left out: a plan has at most {}",
            plan.left,
            interlock_flow::MOST_STEPS
        ));
    }
    if let Some(status) = plan.status.filter(|status| *status != 0) {
        lines.push(format!(
            "the command ended with status {status}: what it does after a refused call may be missing"
        ));
    }
    let next = match plan.tickets().len() {
        0 => "nothing of it waits for people".to_owned(),
        waits => format!(
            "{waits} wait: people decide with `interlock request approve --plan {}` on what takes one of them, and on the rest one by one",
            plan.id
        ),
    };
    lines.push(format!("plan {}: {} steps; {next}", plan.id, plan.steps.len()));
    lines.join("\n")
}
