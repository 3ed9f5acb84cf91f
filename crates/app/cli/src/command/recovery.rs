//! `interlock recovery`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use interlock_daemon::api::{Added, DrillRequest, DrillRun};
use interlock_flow::custody::{DrillNews, Point};

use crate::{
    client::Client,
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
};

/// How long between two looks at a run that is under way.
const LOOK: Duration = Duration::from_millis(250);

/// Recovery points that Interlock made, and whether they restore anything.
#[derive(Debug, Subcommand)]
pub(crate) enum Recovery {
    /// List the recovery points in custody, newest first.
    ///
    /// No agent may change or delete them, nor, without being held, what they depend on. A point is proven once a drill has
    /// restored it, and by nothing else.
    #[command(visible_alias = "ls")]
    List,
    Drill(Drill),
}

/// Restore a recovery point to a scratch copy, compare, and remove the copy.
///
/// Without `--key`, says what it would do. With it, it is done, and written down: a point that was restored is proven, with
/// the time that it took; one that was not is not, whatever an earlier drill said. A drill that was cut off is finished by
/// running it again. It costs what a restored copy costs for as long as it stands.
#[derive(Debug, Args)]
pub(crate) struct Drill {
    /// These points, by the names that `interlock recovery list` shows.
    #[arg(value_name = "POINT")]
    points: Vec<String>,
    /// Every point that is not proven yet.
    #[arg(long, conflicts_with = "points")]
    all: bool,
    /// Do it: the signing person's OpenSSH key.
    #[arg(long, value_name = "FILE", requires = "reason")]
    key: Option<PathBuf>,
    /// Why; kept in the ledger.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Recovery {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::List => list(&client, output),
            Self::Drill(drill) => drill.run(&client, output),
        }
    }
}

fn list(client: &Client, output: &Output) -> Result<ExitCode, Fault> {
    let points: Vec<Point> = client.get("/v1/recovery")?;
    output.show(&points, |points| {
        let row = |point: &Point| {
            vec![
                visible(&point.kept.id),
                time(point.kept.made),
                visible(point.kept.of.as_str()),
                state(point).to_owned(),
                proven(point),
            ]
        };
        let rows: Vec<_> = points.iter().map(row).collect();
        table(&["POINT", "MADE", "OF", "STATE", "PROVEN"], &rows)
    });
    Ok(Exit::Ok.into())
}

fn state(point: &Point) -> &'static str {
    match &point.sight {
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

impl Drill {
    fn run(self, client: &Client, output: &Output) -> Result<ExitCode, Fault> {
        let known: Vec<Point> = client.get("/v1/recovery")?;
        let chosen = self.chosen(&known)?;
        let Some((key, reason)) = self.key.as_deref().zip(self.reason.as_deref()) else {
            output.show(&chosen, |chosen| {
                let line = |point: &&Point| {
                    format!(
                        "{}: would be restored beside {}, compared, and removed again",
                        visible(&point.kept.id),
                        visible(point.kept.of.as_str())
                    )
                };
                let mut lines: Vec<String> = chosen.iter().map(line).collect();
                lines.push("one person signs: run it again with --key FILE --reason TEXT".to_owned());
                lines.join("\n")
            });
            return Ok(Exit::Ok.into());
        };
        let body = DrillRequest { points: chosen.iter().map(|point| point.kept.id.clone()).collect() };
        let subject = body.subject();
        let signed = sign::signed(client, "drill", &subject, &body, key, reason)?;
        let run: DrillRun =
            client.post("/v1/recovery/drill", &Added { body, signed, co_signed: Vec::new() })?;
        let ended = follow(client, run, output)?;
        output.show(&ended, |_| String::new());
        match ended.failed.as_slice() {
            [] => Ok(Exit::Ok.into()),
            failed => Err(Fault::failed(format!("not proven: {}", failed.join(", ")))
                .hint("why stands in `interlock recovery list`; a drill is finished by running it again")),
        }
    }

    fn chosen<'a>(&self, known: &'a [Point]) -> Result<Vec<&'a Point>, Fault> {
        let listed = "list them with `interlock recovery list`";
        if self.points.is_empty() && !self.all {
            return Err(Fault::usage("name a recovery point, or give `--all`").hint(listed));
        }
        if self.all {
            let there = |point: &&Point| {
                point.proven.is_none() && point.sight.as_ref().is_none_or(|sight| sight.there)
            };
            let all: Vec<&Point> = known.iter().filter(there).collect();
            return if all.is_empty() {
                Err(Fault::failed("every recovery point in custody is proven already").hint(listed))
            } else {
                Ok(all)
            };
        }
        let find = |name: &String| {
            let found = known.iter().find(|point| point.is_called(name));
            found.ok_or_else(|| {
                Fault::failed(format!("no recovery point `{name}` is in custody")).hint(listed)
            })
        };
        self.points.iter().map(find).collect()
    }
}

/// Tells what the run tells, until it has ended.
fn follow(client: &Client, mut run: DrillRun, output: &Output) -> Result<DrillRun, Fault> {
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
        run = client.get(&format!("/v1/recovery/drill/{}", run.id))?;
    }
}

fn words(news: &DrillNews) -> String {
    match news {
        DrillNews::Begins { point, scratch } => format!("{} as {scratch}", visible(point)),
        DrillNews::Step { name } => format!("  {}", visible(name)),
        DrillNews::Waits { name } => format!("  … {}", visible(name)),
        DrillNews::Proven { proof, .. } => {
            let figure = |(name, value): (&String, &String)| format!("{name} {}", visible(value));
            let figures: Vec<String> = proof.figures.iter().map(figure).collect();
            format!("  proven in {:.1} s: {}", seconds(proof.took), figures.join(", "))
        }
        DrillNews::Failed { why, .. } => format!("  not proven: {}", visible(why)),
    }
}
