//! The second arm: the same school, the same script, through Interlock.

use std::time::{Duration, Instant};

use super::{
    Stage,
    agent::{Held, Told, Work},
    bare,
    home::{Home, OWNER},
    story::{Story, Tone},
    summary::{Attempt, Guarded},
};
use crate::fault::Fault;

/// Plays it; the home stays open.
pub(super) fn play<'a>(stage: &mut Stage<'a>) -> Result<(Guarded, Home<'a>), Fault> {
    let begun = Instant::now();
    let story = stage.story;
    story.heading("2  Interlock: the same school, the same script, a key that is good nowhere else");
    let (seeded, before) = bare::seed(stage)?;
    let (children, place, emulator, tool) = (stage.children, stage.place, &stage.emulator, stage.tool);
    let home = story.step(
        "Interlock starts",
        || Home::open(children, place, emulator, (&seeded, tool)),
        |_| {
            "Interlock runs: people ana (owns the agent), bo, cy; ana's AWS key is the daemon's alone"
                .to_owned()
        },
    )?;
    let (told, held) = first_try(stage, &home)?;
    let view = home.request(&held.ticket)?;
    let ticket = &view.ticket;
    let would: Vec<String> = ticket.held.forecast.changes.iter().map(|change| change.what.clone()).collect();
    let because = ticket.held.reasons.first().map(|reason| reason.why.clone()).unwrap_or_default();
    tell(story, &would);
    story.fact("why held", &because, Tone::Plain);
    let also_held: Vec<String> = home
        .requests()?
        .into_iter()
        .filter(|row| row.id.as_str() != held.ticket)
        .map(|row| row.operation)
        .collect();
    if !also_held.is_empty() {
        story.fact("held beside it", &also_held.join(", "), Tone::Held);
    }
    let mut attempts = Vec::new();
    for person in [OWNER, "bo"] {
        attempts.push(again(stage, &home, person, &held.ticket)?);
    }
    let after = stage.emulator.look()?;
    bare::tell(story, &after);
    let ledger = story.step(
        "the ledger is verified",
        || home.verify(),
        |ledger| {
            let word = if ledger.verifies { "verifies" } else { "DOES NOT VERIFY" };
            format!(
                "the ledger {word}: {} entries, {} signed checkpoints",
                ledger.entries, ledger.checkpoints
            )
        },
    )?;
    let last = home.request(&held.ticket)?.ticket;
    let guarded = Guarded {
        seconds: super::seconds(begun.elapsed()),
        vpc: seeded.vpc,
        agent_key: told.key.unwrap_or_default(),
        site: told.site,
        before,
        recovery_points: after.recovery_points(),
        after,
        ticket: held.ticket,
        tier: last.held.tier.clone(),
        state: last.state.name().to_owned(),
        approvals: format!("{} of {}", last.filled(), last.quorum.slots.len()),
        message: held.message,
        would,
        because,
        also_held,
        attempts,
        ledger,
    };
    Ok((guarded, home))
}

/// What the call would do; what it would have left without Interlock's own change stands out.
fn tell(story: Story, would: &[String]) {
    let mut name = "it would";
    for line in would {
        let (what, asked) =
            line.split_once("; as asked, ").map_or((line.as_str(), None), |(a, b)| (a, Some(b)));
        story.fact(std::mem::take(&mut name), what, Tone::Plain);
        if let Some(asked) = asked {
            story.fact("as asked", asked, Tone::Bad);
        }
    }
}

/// The whole work: the site, then the destroy, which must be held.
fn first_try(stage: &Stage<'_>, home: &Home<'_>) -> Result<(Told, Held), Fault> {
    let begun = Instant::now();
    let story = stage.story;
    story.doing("the agent works");
    let result = home.work(Work::All, stage.tool, stage.confined);
    story.forget();
    let told = result?;
    let key = told.key.as_deref().unwrap_or_default();
    story.fact("key of the agent", &format!("{key}: virtual, good for this session only"), Tone::Plain);
    let site_took = Duration::from_secs_f64(told.made.max(0.0)).min(begun.elapsed());
    if let Some(site) = &told.site {
        let made =
            format!("the agent adds a static site: bucket {}, {} objects", site.bucket, site.objects.len());
        story.done(site_took, &made);
    }
    let held = told.held(stage.tool.operation()).ok_or_else(|| {
        Fault::failed(format!("through Interlock the destroy was not held: {}", told.said.join("; ")))
    })?;
    let what = format!("the agent destroys: {}", stage.tool.destroy());
    story.done(begun.elapsed().saturating_sub(site_took), &what);
    story.fact(stage.tool.held_at(), &format!("request {}", held.ticket), Tone::Held);
    Ok((told, held))
}

/// A person approves, and the agent tries the same call again.
fn again(stage: &Stage<'_>, home: &Home<'_>, person: &str, ticket: &str) -> Result<Attempt, Fault> {
    let owner = person == OWNER;
    let who = if owner { format!("{person}, who owns the agent,") } else { person.to_owned() };
    let attempt = || {
        home.approve(person, ticket)?;
        let told = home.work(Work::Destroy, stage.tool, stage.confined)?;
        let held = told.held(stage.tool.operation());
        let now = home.request(ticket)?.ticket;
        Ok(Attempt {
            approver: person.to_owned(),
            owner,
            held: held.is_some(),
            ticket: held.map(|held| held.ticket),
            approvals: format!("{} of {}", now.filled(), now.quorum.slots.len()),
        })
    };
    stage.story.step(&format!("{who} approves; the same call again"), attempt, |attempt| {
        let word = if attempt.held { "HELD" } else { "NOT HELD" };
        format!("{who} approves; the same call again: {word}, {} approvals", attempt.approvals)
    })
}
