//! `interlock recovery drill`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use interlock_api::{Added, DrillRequest, KeptPoint, PointRun};

use super::{LISTED, follow};
use crate::{
    client::Client,
    exit::Exit,
    fault::Fault,
    output::{Output, visible},
    sign,
};

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

impl Drill {
    pub(super) fn run(self, client: &Client, output: &Output) -> Result<ExitCode, Fault> {
        let known: Vec<KeptPoint> = client.get("/v1/recovery")?;
        let chosen = self.chosen(&known)?;
        let Some((key, reason)) = self.key.as_deref().zip(self.reason.as_deref()) else {
            output.show(&chosen, |chosen| {
                let line = |point: &&KeptPoint| {
                    format!(
                        "{}: would be restored beside {}, compared, and removed again",
                        visible(&point.point.kept.id),
                        visible(point.point.kept.of.as_str())
                    )
                };
                let mut lines: Vec<String> = chosen.iter().map(line).collect();
                lines.push("one person signs: run it again with --key FILE --reason TEXT".to_owned());
                lines.join("\n")
            });
            return Ok(Exit::Ok.into());
        };
        let body = DrillRequest { points: chosen.iter().map(|point| point.point.kept.id.clone()).collect() };
        let subject = body.subject();
        let signed = sign::signed(client, "drill", &subject, &body, key, reason)?;
        let run: PointRun =
            client.post("/v1/recovery/drill", &Added { body, signed, co_signed: Vec::new() })?;
        let ended = follow(client, run, output)?;
        output.show(&ended, |_| String::new());
        match ended.failed.as_slice() {
            [] => Ok(Exit::Ok.into()),
            failed => Err(Fault::failed(format!("not proven: {}", failed.join(", ")))
                .hint("why stands in `interlock recovery list`; a drill is finished by running it again")),
        }
    }

    fn chosen<'a>(&self, known: &'a [KeptPoint]) -> Result<Vec<&'a KeptPoint>, Fault> {
        if self.points.is_empty() && !self.all {
            return Err(Fault::usage("name a recovery point, or give `--all`").hint(LISTED));
        }
        if self.all {
            let there = |point: &&KeptPoint| {
                point.point.proven.is_none()
                    && point.point.purging.is_none()
                    && point.point.sight.as_ref().is_none_or(|sight| sight.there)
            };
            let all: Vec<&KeptPoint> = known.iter().filter(there).collect();
            return if all.is_empty() {
                Err(Fault::failed("every recovery point in custody is proven already").hint(LISTED))
            } else {
                Ok(all)
            };
        }
        let find = |name: &String| {
            let found = known.iter().find(|point| point.point.is_called(name));
            found.ok_or_else(|| {
                Fault::failed(format!("no recovery point `{name}` is in custody")).hint(LISTED)
            })
        };
        self.points.iter().map(find).collect()
    }
}
