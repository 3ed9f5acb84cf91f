//! `interlock undo`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use interlock_action::ActionId;
use interlock_api::{Added, Selection, UndoRequest, UndoRun};
use interlock_flow::{ChangeNote, Preview, PreviewedChange, Progress, Standing};

use crate::{
    client::Client,
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
    time::moment,
};

/// How long between two looks at a run that is under way.
const LOOK: Duration = Duration::from_millis(250);

/// Take back what an agent changed.
///
/// With nothing selected, lists what agents changed and what way back there is. With a selection, shows what taking them back would do,
/// newest change first, and what stands in the way; changes nothing. With `--key` it is done, and written down: the
/// signature is over exactly what the preview shows. What other people or programs have written since is never written over:
/// such a change is a conflict, and nothing is begun while there is one.
///
/// A run that was cut off is finished by running it again.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// These changes, by the ids of their actions.
    #[arg(value_name = "CHANGE")]
    changes: Vec<String>,
    /// Everything that this session changed.
    #[arg(long, value_name = "ID", conflicts_with = "changes")]
    session: Option<String>,
    /// Everything that this agent changed since `--since`.
    #[arg(long, value_name = "NAME", requires = "since", conflicts_with = "changes")]
    agent: Option<String>,
    /// A time in RFC 3339 (`2026-11-21T10:00:00Z`), or how long ago (`30m`, `2h`, `1d`).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<u64>,
    /// Do it: the signing person's OpenSSH key. Where two people must sign, give `--key` twice.
    #[arg(long = "key", value_name = "FILE", requires = "reason")]
    keys: Vec<PathBuf>,
    /// Why; kept in the ledger.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Undo {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        let selection = Selection {
            changes: self.changes.iter().map(|id| ActionId::new(id.as_str())).collect(),
            session: self.session.as_deref().map(Into::into),
            agent: self.agent.as_deref().map(Into::into),
            since: self.since,
        };
        if selection == Selection::default() {
            return list(&client, output);
        }
        let preview: Preview = client.post("/v1/undo/preview", &selection)?;
        let Some(reason) = self.reason.filter(|_| !self.keys.is_empty()) else {
            output.show(&preview, words);
            return Ok(if preview.clear() { Exit::Ok } else { Exit::Refused }.into());
        };
        if !output.json {
            output.say(&words(&preview));
        }
        let run = begin(&client, &preview, &self.keys, &reason)?;
        let ended = follow(&client, run, output)?;
        let failed = ended.error.clone();
        output.show(&ended, |run| match &run.error {
            None => format!("{}: everything is as it was", run.id),
            Some(_) => String::new(),
        });
        match failed {
            None => Ok(Exit::Ok.into()),
            Some(why) => Err(Fault::failed(why)
                .hint("look again with `interlock undo`; running it again goes on from there")),
        }
    }
}

fn list(client: &Client, output: &Output) -> Result<ExitCode, Fault> {
    let changes: Vec<(ActionId, ChangeNote)> = client.get("/v1/changes")?;
    output.show(&changes, |changes| {
        let row = |(action, note): &(ActionId, ChangeNote)| {
            let state = match &note.standing {
                Standing::Unsettled => "outcome unread".to_owned(),
                Standing::Settled { .. } => class(note.terms.class).to_owned(),
                Standing::Undoing { .. } => "being taken back".to_owned(),
                Standing::Undone { undo } => format!("taken back by {undo}"),
            };
            let target = note.target.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![
                action.to_string(),
                time(note.at),
                note.agent.to_string(),
                note.operation.clone(),
                visible(&target),
                state,
            ]
        };
        let rows: Vec<_> = changes.iter().map(row).collect();
        table(&["CHANGE", "AT", "AGENT", "OPERATION", "TARGET", "WAY BACK"], &rows)
    });
    Ok(Exit::Ok.into())
}

fn class(class: interlock_action::Reversibility) -> &'static str {
    use interlock_action::Reversibility::{Exact, FromRecoveryPoint, Lossy, None};
    match class {
        Exact => "exact",
        FromRecoveryPoint => "from recovery point",
        Lossy => "lossy",
        None => "none",
    }
}

fn begin(client: &Client, preview: &Preview, keys: &[PathBuf], reason: &str) -> Result<UndoRun, Fault> {
    let changes = preview.changes.iter().map(|change| change.action.clone()).collect();
    let body = UndoRequest { changes, digest: preview.digest };
    let subject = preview.digest.to_string();
    let sign = |key: &PathBuf| sign::signed(client, "undo", &subject, &body, key, reason);
    let mut all = keys.iter().map(sign).collect::<Result<Vec<_>, _>>()?.into_iter();
    let signed = all.next().ok_or_else(|| Fault::usage("nobody signs: give `--key FILE`"))?;
    client.post("/v1/undo", &Added { body, signed, co_signed: all.collect() })
}

/// Tells what the run tells, until it has ended.
fn follow(client: &Client, mut run: UndoRun, output: &Output) -> Result<UndoRun, Fault> {
    let mut told = 0;
    loop {
        for progress in run.progress.iter().skip(told) {
            if output.json {
                continue;
            }
            output.say(&match progress {
                Progress::Step { name, .. } => format!("  {}", visible(name)),
                Progress::Waits { name, .. } => format!("  … {}", visible(name)),
                Progress::Undone { action } => format!("  {action} is taken back"),
            });
        }
        told = run.progress.len();
        if run.ended {
            return Ok(run);
        }
        std::thread::sleep(LOOK);
        run = client.get(&format!("/v1/undo/{}", run.id))?;
    }
}

fn words(preview: &Preview) -> String {
    let mut lines = Vec::new();
    for change in &preview.changes {
        tell(change, &mut lines);
    }
    let people = if preview.signatures == 1 { "one person signs" } else { "two people sign" };
    lines.push(if preview.clear() {
        format!("{people}: run it again with --key FILE --reason TEXT")
    } else {
        "nothing is begun while something stands in the way".to_owned()
    });
    lines.join("\n")
}

fn tell(change: &PreviewedChange, lines: &mut Vec<String>) {
    let target = change.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let (at, agent) = (time(change.at), &change.agent);
    lines.push(format!("{}  {} {}  by {agent} at {at}", change.action, change.operation, visible(&target)));
    for step in &change.steps {
        lines.push(format!("  would   {}", visible(step)));
    }
    if change.deferred {
        lines.push("  looked at again once the newer changes of it are taken back".to_owned());
    } else if change.conflict.is_none() && change.steps.is_empty() {
        lines.push("  nothing remains to be done".to_owned());
    }
    if let Some(terms) = &change.terms {
        lines.extend(terms.loses.iter().map(|lost| format!("  lost    {}", visible(lost))));
        if terms.minutes > 1 {
            lines.push(format!("  takes   about {} minutes", terms.minutes));
        }
    }
    if let Some(conflict) = &change.conflict {
        lines.push(format!("  STOPS   {}", visible(&conflict.to_string())));
    }
}
