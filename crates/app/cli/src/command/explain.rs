//! `interlock explain`

use std::{
    io::{BufRead as _, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use interlock_action::EnvironmentName;
use interlock_daemon::explain::{Verdict, aws, terraform};
use interlock_policy::Bundle;
use serde_json::{Value, json};

use crate::{exit::Exit, fault::Fault, output::Output};

/// Which surface an input is of.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Surface {
    /// `{"method","url","headers":{…},"body_base64"}`.
    Aws,
    /// `{"plan": {…}}`, what `terraform show -json` prints, optionally `"state"` and `"prior_serial"`; or the plan alone.
    Terraform,
}

/// Say what an agent's request would do and what the policy would say. Needs no daemon and touches nothing.
///
/// Reads one input object, or with --jsonl one a line, from FILE or standard input.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The surface.
    surface: Surface,
    /// The input; standard input if left out.
    file: Option<PathBuf>,
    /// Judge every target as if it belonged to this environment; default: what no rule classifies, production.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// One input object a line in, one result a line out; a bad line gives {"error": …} and stops nothing.
    #[arg(long)]
    jsonl: bool,
}

impl Explain {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Fault> {
        let mut input: Box<dyn std::io::BufRead> = match &self.file {
            Some(path) => {
                let file = std::fs::File::open(path).map_err(|error| Fault::file(path, &error))?;
                Box::new(std::io::BufReader::new(file))
            }
            None => Box::new(std::io::BufReader::new(std::io::stdin())),
        };
        let environment = self.environment.as_deref().map(EnvironmentName::new);
        let bundle = Bundle::shipped();
        if self.jsonl {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            for line in input.split(b'\n') {
                let line = line.map_err(|error| Fault::failed(format!("cannot read the input: {error}")))?;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let result = match self.one(&line, environment.as_ref(), &bundle) {
                    Ok(verdict) => serde_json::to_value(verdict).unwrap_or_default(),
                    Err(why) => json!({"error": why}),
                };
                writeln!(out, "{result}").map_err(|error| Fault::failed(format!("cannot write: {error}")))?;
            }
            return Ok(Exit::Ok.into());
        }
        let mut text = Vec::new();
        input
            .read_to_end(&mut text)
            .map_err(|error| Fault::failed(format!("cannot read the input: {error}")))?;
        let verdict = self.one(&text, environment.as_ref(), &bundle).map_err(Fault::failed)?;
        output.show(&verdict, words);
        Ok(Exit::Ok.into())
    }

    fn one(
        &self,
        text: &[u8],
        environment: Option<&EnvironmentName>,
        bundle: &Bundle,
    ) -> Result<Verdict, String> {
        let explained = match self.surface {
            Surface::Aws => {
                let value: Value =
                    serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
                aws(&value, environment, bundle)
            }
            Surface::Terraform => terraform(text, environment, bundle),
        };
        explained.map_err(|error| error.to_string())
    }
}

fn words(verdict: &Verdict) -> String {
    let effects: Vec<String> = verdict.effects.iter().map(ToString::to_string).collect();
    let needs: Vec<String> = verdict.needs.iter().map(ToString::to_string).collect();
    let mut lines = vec![
        format!("operation  {}", verdict.operation),
        format!("decision   {} ({})", verdict.decision, verdict.tier),
        format!("effects    {}", effects.join(", ")),
    ];
    for target in &verdict.targets {
        let environment = target.environment.as_ref().map_or("?", |environment| environment.as_str());
        lines.push(format!("target     {} ({environment})", target.id));
    }
    for action in &verdict.actions {
        let what = action.what.as_deref().unwrap_or(&action.operation);
        lines.push(format!("change     {what}: {} ({})", action.decision, action.tier));
    }
    for (name, list) in [("needs", &needs), ("rules", &verdict.rules), ("unknown", &verdict.unknowns)] {
        if !list.is_empty() {
            lines.push(format!("{name:<10} {}", list.join(", ")));
        }
    }
    lines.join("\n")
}
