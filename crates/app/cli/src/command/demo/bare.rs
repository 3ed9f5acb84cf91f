//! The first arm: the agent holds a person's own key, and nothing stands between it and the cloud.

use std::{
    io::Read as _,
    process::Stdio,
    time::{Duration, Instant},
};

use super::{
    Stage,
    agent::{self, Told},
    emulator::{Seeded, Sight},
    story::{Story, Tone},
    summary::Bare,
    terraform::Tool,
};
use crate::fault::Fault;

/// How long the loss may take.
const LIMIT: Duration = Duration::from_secs(100);
/// How often is looked whether it has happened.
const PAUSE: Duration = Duration::from_millis(250);

/// Plays it.
pub(super) fn play(stage: &mut Stage<'_>) -> Result<Bare, Fault> {
    let begun = Instant::now();
    let story = stage.story;
    story.heading("1  Bare: the agent holds a person's own key");
    let (seeded, before) = seed(stage)?;
    let at_work = Instant::now();
    story.doing("the agent works");
    let result = lose(stage, &seeded);
    story.forget();
    let (told, stopped_waiting) = result?;
    let after = stage.emulator.look()?;
    let agent_key = told.key.unwrap_or_default();
    let site_took = Duration::from_secs_f64(told.made.max(0.0)).min(at_work.elapsed());
    let destroy_took = at_work.elapsed().saturating_sub(site_took);
    story.fact("key of the agent", &format!("{agent_key}: ana's, an administrator"), Tone::Plain);
    if let Some(site) = &told.site {
        let made =
            format!("the agent adds a static site: bucket {}, {} objects", site.bucket, site.objects.len());
        story.done(site_took, &made);
    }
    story.done(destroy_took, &format!("the agent destroys: {}", stage.tool.destroy()));
    if stopped_waiting {
        story.fact("note", "Terraform looks again after a minute; it was stopped there", Tone::Plain);
    }
    tell(story, &after);
    Ok(Bare {
        seconds: super::seconds(begun.elapsed()),
        vpc: seeded.vpc,
        agent_key,
        site: told.site,
        before,
        recovery_points: after.recovery_points(),
        after,
        stopped_waiting,
    })
}

/// Makes the school, and looks at it.
pub(super) fn seed(stage: &mut Stage<'_>) -> Result<(Seeded, Sight), Fault> {
    let (emulator, place) = (&mut stage.emulator, stage.place);
    stage.story.step(
        "the school is made",
        || Ok((emulator.seed(place)?, emulator.look()?)),
        |(_, sight)| {
            format!(
                "the school: database course-management-prod is {}; automated snapshots: {}",
                sight.database.as_deref().unwrap_or("missing"),
                sight.automated_snapshots
            )
        },
    )
}

/// What is left, in facts.
pub(super) fn tell(story: Story, sight: &Sight) {
    let tone = |lost: bool| if lost { Tone::Bad } else { Tone::Good };
    let database = sight.database.as_deref().unwrap_or("GONE");
    story.fact("database", database, tone(sight.database.is_none()));
    let points = sight.recovery_points();
    story.fact(
        "automated snapshots",
        &sight.automated_snapshots.to_string(),
        tone(sight.automated_snapshots == 0),
    );
    story.fact("recovery points", &points.to_string(), tone(points == 0));
}

/// Lets the agent work until all is lost, or it has ended. Whether it was stopped because nothing was left to wait for.
fn lose(stage: &mut Stage<'_>, seeded: &Seeded) -> Result<(Told, bool), Fault> {
    let key = (seeded.key_id.as_str(), seeded.key_secret.as_str());
    let mut command = agent::bare(stage.place, stage.tool, stage.emulator.url(), key);
    let log = stage.place.root().join("agent.log");
    let errors = std::fs::File::create(&log).map_err(|error| Fault::file(&log, &error))?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut running = stage.children.start(&mut command)?;
    let mut output = running.child.stdout.take();
    let until = Instant::now() + LIMIT;
    let mut stopped = false;
    while !running.has_ended() && Instant::now() < until {
        let sight = stage.emulator.look()?;
        // Only Terraform waits: it looks again a minute after it has asked for the end of a database.
        if stage.tool == Tool::Terraform
            && sight.database.is_none()
            && sight.recovery_points() == 0
            && !sight.cluster
        {
            stopped = !running.has_ended();
            break;
        }
        std::thread::sleep(PAUSE);
    }
    running.end();
    let mut out = String::new();
    if let Some(output) = &mut output {
        output
            .read_to_string(&mut out)
            .map_err(|error| Fault::failed(format!("the agent's words: {error}")))?;
    }
    Ok((Told::read(&out), stopped))
}
