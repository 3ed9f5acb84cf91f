//! `interlock demo`

mod agent;
mod bare;
mod children;
mod emulator;
mod guarded;
mod home;
mod place;
mod story;
mod summary;
mod terraform;

use std::{
    io::IsTerminal as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;

use self::{
    children::Children,
    emulator::{Emulator, Sight},
    home::{OWNER, PEOPLE},
    place::Place,
    story::{Story, Tone},
    summary::{Bare, Guarded, Summary},
    terraform::Tool,
};
use crate::{command::Global, exit::Exit, fault::Fault, output::Output};

/// Show the school's loss in two arms on an emulator: with bare credentials, and through Interlock.
///
/// Needs a Python with moto and boto3 (`INTERLOCK_PYTHON`, else `python3`), and no account: nothing but the emulator is
/// reached, and no home but a temporary one is touched. That one is left behind, with the open request in it. Status 0
/// means that everything came out as told; otherwise 1, and what differed.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// What the agent destroys with; Terraform where it is here with the AWS provider.
    #[arg(long, value_enum, value_name = "TOOL")]
    with: Option<Tool>,
}

/// What both arms play on.
struct Stage<'a> {
    story: Story,
    children: &'a Children,
    place: &'a Place,
    emulator: Emulator,
    tool: Tool,
    confined: bool,
}

impl Demo {
    pub(crate) fn run(self, _global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let (place, children) = (Place::new()?, Children::default());
        children.end_on_signals(place.root().to_owned());
        self.play(output, &place, &children).map_err(|fault| {
            children.yield_to_signal();
            if fault.hint.is_some() {
                // Something is missing on this machine, and the fault says what.
                let _ = std::fs::remove_dir_all(place.root());
                return fault;
            }
            fault.hint(format!("what its programs wrote is in {}", place.root().display()))
        })
    }

    fn play(&self, output: &Output, place: &Place, children: &Children) -> Result<ExitCode, Fault> {
        let begun = Instant::now();
        let story = Story::new(output.json);
        open(story);
        let mut stage = self.stage(story, children, place)?;
        let bare = bare::play(&mut stage)?;
        let (guarded, home) = guarded::play(&mut stage)?;
        let look = look(place, &guarded.ticket);
        let differs = summary::differences(&bare, &guarded);
        let summary = Summary {
            as_told: differs.is_empty(),
            differs,
            seconds: seconds(begun.elapsed()),
            moto: stage.emulator.version().to_owned(),
            tool: stage.tool,
            confined: stage.confined,
            bare,
            interlock: guarded,
            home: place.home().display().to_string(),
            look,
        };
        children.keep_folder();
        close(story, place, &summary);
        if !output.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            story.say("The daemon and the emulator run until you press Enter.");
            let _ = std::io::stdin().read_line(&mut String::new());
        }
        drop(home);
        if output.json {
            output.show(&summary, |_| String::new());
        }
        Ok(if summary.as_told { Exit::Ok } else { Exit::Failed }.into())
    }

    fn stage<'a>(&self, story: Story, children: &'a Children, place: &'a Place) -> Result<Stage<'a>, Fault> {
        let confined = interlock_confine::check();
        let get_ready = || {
            let emulator = Emulator::start(children, place)?;
            Ok((emulator, terraform::ready(children, place, self.with)?))
        };
        let (emulator, (tool, why_not)) =
            story.step("getting ready", get_ready, |(emulator, (tool, _))| {
                let sandbox = confined
                    .as_ref()
                    .map_or("none".to_owned(), |sandbox| format!("bubblewrap {}", sandbox.version));
                format!(
                    "ready: AWS is moto {}; the agent has {}; sandbox {sandbox}",
                    emulator.version(),
                    tool.name()
                )
            })?;
        if let Some(why) = why_not {
            story.fact("note", &format!("{why}: the agent destroys by boto3"), Tone::Plain);
        }
        if let Err(missing) = &confined {
            let note =
                format!("the agent runs UNCONFINED, its requests are advisory: {missing}; {}", missing.fix());
            story.fact("note", &note, Tone::Held);
        }
        Ok(Stage { story, children, place, emulator, tool, confined: confined.is_ok() })
    }
}

fn open(story: Story) {
    story.heading("Interlock demo: how a school lost its database, and how it does not");
    story.say(
        "An agent is to add a static site and to remove duplicate resources. It takes the production Terraform state for \
         its own and destroys what stands in it. AWS is an emulator here; every fact below is read back from it.",
    );
}

/// How to look at the open request, once the demo has ended.
fn look(place: &Place, ticket: &str) -> Vec<String> {
    vec![place.typed("serve &"), place.typed(&format!("request show {ticket}"))]
}

fn close(story: Story, place: &Place, summary: &Summary) {
    compare(story, &summary.bare, &summary.interlock);
    let guarded = &summary.interlock;
    let waits = PEOPLE.iter().find(|person| {
        **person != OWNER && guarded.attempts.iter().all(|attempt| attempt.approver != **person)
    });
    story.heading(&format!(
        "Request {} is {}, with {} approvals",
        guarded.ticket, guarded.state, guarded.approvals
    ));
    let person = waits.map_or(String::new(), |person| format!(" and decide as {person}"));
    story
        .say(&format!("Look at it{person}. The first line starts the daemon again once the demo has ended:"));
    for line in &summary.look {
        story.command(line);
    }
    if let Some(person) = waits {
        let key = place.key(person).display().to_string();
        story.command(&place.typed(&format!("request approve {} --key {key} --reason TEXT", guarded.ticket)));
    }
    for line in &summary.differs {
        story.fact("DIFFERS", line, Tone::Bad);
    }
    let verdict =
        if summary.as_told { "Everything came out as told" } else { "NOT everything came out as told" };
    story.heading(&format!("{verdict}, in {:.0} s.", summary.seconds));
}

fn compare(story: Story, bare: &Bare, guarded: &Guarded) {
    let tone = |lost: bool| if lost { Tone::Bad } else { Tone::Good };
    let row = |name: &str, value: &dyn Fn(&Sight) -> (String, bool)| {
        let ((left, left_lost), (right, right_lost)) = (value(&bare.after), value(&guarded.after));
        story.pair(name, (&left, tone(left_lost)), (&right, tone(right_lost)));
    };
    let number = |count: u32| (count.to_string(), count == 0);
    story.heading(&format!("{:<33}{:<20}through Interlock", "In the end", "bare"));
    row("static site, objects", &|sight| number(sight.site_objects));
    row("database", &|sight| (sight.database.clone().unwrap_or("GONE".to_owned()), sight.database.is_none()));
    row("automated snapshots", &|sight| number(sight.automated_snapshots));
    row("recovery points", &|sight| number(sight.recovery_points()));
}

/// To a tenth.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}
