//! `interlock recovery`

mod drill;
mod purge;

use std::{process::ExitCode, time::Duration};

use clap::Subcommand;
use interlock_api::{KeptPoint, PointRun};
use interlock_flow::custody::{Point, PointNews};

use crate::{
    client::Client,
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
};

/// How long between two looks at a run that is under way.
const LOOK: Duration = Duration::from_millis(250);
/// What helps whoever names a point that is not there.
const LISTED: &str = "list them with `interlock recovery list`";

/// Recovery points that Interlock made, and whether they restore anything.
#[derive(Debug, Subcommand)]
pub(crate) enum Recovery {
    /// List the recovery points in custody, newest first.
    ///
    /// No agent may change or delete them, nor, without being held, what they depend on. A point is proven once a drill has
    /// restored it, and by nothing else. Until the time that STAYS tells, nobody can have it removed.
    #[command(visible_alias = "ls")]
    List,
    Drill(drill::Drill),
    Purge(purge::Purge),
}

impl Recovery {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::List => list(&client, output),
            Self::Drill(drill) => drill.run(&client, output),
            Self::Purge(purge) => purge.run(&client, output),
        }
    }
}

fn list(client: &Client, output: &Output) -> Result<ExitCode, Fault> {
    let points: Vec<KeptPoint> = client.get("/v1/recovery")?;
    output.show(&points, |points| {
        let row = |KeptPoint { point, stays_until }: &KeptPoint| {
            vec![
                visible(&point.kept.id),
                time(point.kept.made),
                visible(point.kept.of.as_str()),
                state(point).to_owned(),
                time(*stays_until),
                proven(point),
            ]
        };
        let rows: Vec<_> = points.iter().map(row).collect();
        table(&["POINT", "MADE", "OF", "STATE", "STAYS", "PROVEN"], &rows)
    });
    Ok(Exit::Ok.into())
}

fn state(point: &Point) -> &'static str {
    match &point.sight {
        _ if point.purged.is_some() => "removed",
        _ if point.purging.is_some() => "being removed",
        None => "not seen yet",
        Some(sight) if !sight.there => "gone",
        Some(sight) if sight.ready => "ready",
        Some(_) => "being made",
    }
}

fn proven(point: &Point) -> String {
    match (&point.proven, &point.failed) {
        (Some(proof), _) => format!("{} in {:.1} s", time(proof.at), seconds(proof.took)),
        (None, Some(failure)) => format!("failed {}: {}", time(failure.at), visible(&failure.why)),
        (None, None) => "never".to_owned(),
    }
}

fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}

/// Tells what the run tells, until it has ended.
fn follow(client: &Client, mut run: PointRun, output: &Output) -> Result<PointRun, Fault> {
    let mut told = 0;
    loop {
        for news in run.progress.iter().skip(told).filter(|_| !output.json) {
            output.say(&words(news));
        }
        told = run.progress.len();
        if run.ended {
            return Ok(run);
        }
        std::thread::sleep(LOOK);
        run = client.get(&format!("/v1/recovery/run/{}", run.id))?;
    }
}

fn words(news: &PointNews) -> String {
    match news {
        PointNews::Begins { point, scratch } => format!("{} as {scratch}", visible(point)),
        PointNews::Step { name } => format!("  {}", visible(name)),
        PointNews::Waits { name } => format!("  … {}", visible(name)),
        PointNews::Proven { proof, .. } => {
            let figure = |(name, value): (&String, &String)| format!("{name} {}", visible(value));
            let figures: Vec<String> = proof.figures.iter().map(figure).collect();
            format!("  proven in {:.1} s: {}", seconds(proof.took), figures.join(", "))
        }
        PointNews::Removes { point } => visible(point),
        PointNews::Removed { .. } => "  removed".to_owned(),
        PointNews::Failed { why, .. } => format!("  failed: {}", visible(why)),
    }
}
