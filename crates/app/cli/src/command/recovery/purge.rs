//! `interlock recovery purge`

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;
use interlock_action::ActionId;
use interlock_api::{Added, KeptPoint, PurgeBegun};
use interlock_flow::custody::{Obstacle, PurgeOrder, PurgePreview, Removal};

use super::{LISTED, follow};
use crate::{
    client::Client,
    command::request,
    exit::Exit,
    fault::Fault,
    output::{Output, span, time, visible},
    sign,
};

/// Remove recovery points for good.
///
/// Without `--key`, says what it would come to, and what stands in the way. With it, it is done, and written down. Whoever
/// answers for the agent that caused a point, and whoever launched its session, does not count; nothing is removed before
/// its time (`[recovery] grace_days`), nor while a request, an action or an undo counts on it. Who works alone waits, and
/// `interlock request deny` stops it meanwhile.
#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// These points, by the names that `interlock recovery list` shows.
    #[arg(value_name = "POINT")]
    points: Vec<String>,
    /// Every point whose time is over and that nothing stands in the way of.
    #[arg(long, conflicts_with = "points")]
    expired: bool,
    /// Even the last point of something that is gone. Takes two people.
    #[arg(long)]
    last: bool,
    /// Only say what it would come to.
    #[arg(long)]
    dry_run: bool,
    /// Do it: the signing person's OpenSSH key. Where two people must sign, give `--key` twice.
    #[arg(long = "key", value_name = "FILE", requires = "reason")]
    keys: Vec<PathBuf>,
    /// Why; kept in the ledger.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Purge {
    pub(super) fn run(self, client: &Client, output: &Output) -> Result<ExitCode, Fault> {
        let (mut order, preview) = self.preview(client)?;
        let clear = preview.points.iter().all(|point| point.obstacle.is_none());
        let signed = self.reason.as_deref().filter(|_| !self.keys.is_empty() && !self.dry_run);
        let Some(reason) = signed else {
            output.show(&preview, words);
            return Ok(if clear { Exit::Ok } else { Exit::Refused }.into());
        };
        if !output.json {
            output.say(&words(&preview));
        }
        order.digest = Some(preview.digest);
        let subject = preview.digest.to_string();
        let sign = |key: &PathBuf| sign::signed(client, "purge", &subject, &order, key, reason);
        let mut all = self.keys.iter().map(sign).collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = all.next().zip(self.keys.first());
        let (signed, key) = first.ok_or_else(|| Fault::usage("nobody signs: give `--key FILE`"))?;
        let request = Added { body: order, signed, co_signed: all.collect() };
        let begun: PurgeBegun = client.post("/v1/recovery/purge", &request)?;
        if let Some(held) = &begun.held {
            let view = request::approve_own(client, &held.id, key, reason)?;
            let wait = span(view.ticket.quorum.delay.unwrap_or_default());
            output.show(&view, |view| {
                let id = &view.ticket.id;
                format!("you work alone: removed in {wait}; `interlock request deny {id}` stops it")
            });
            return Ok(Exit::Held.into());
        }
        let run = begun.run.ok_or_else(|| Fault::failed("the daemon began nothing"))?;
        let ended = follow(client, run, output)?;
        output.show(&ended, |_| String::new());
        match ended.failed.as_slice() {
            [] => Ok(Exit::Ok.into()),
            failed => Err(Fault::failed(format!("not removed: {}", failed.join(", ")))
                .hint("a removal that was cut off is finished by running it again")),
        }
    }

    fn preview(&self, client: &Client) -> Result<(PurgeOrder, PurgePreview), Fault> {
        if self.points.is_empty() && !self.expired {
            return Err(Fault::usage("name a recovery point, or give `--expired`").hint(LISTED));
        }
        let ask = |points: Vec<String>| -> Result<(PurgeOrder, PurgePreview), Fault> {
            let order = PurgeOrder { points, last: self.last, digest: None };
            let preview = client.post("/v1/recovery/purge/preview", &order)?;
            Ok((order, preview))
        };
        if !self.expired {
            return ask(self.points.clone());
        }
        let known: Vec<KeptPoint> = client.get("/v1/recovery")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let over = |kept: &KeptPoint| {
            let there = kept.point.sight.as_ref().is_some_and(|sight| sight.there);
            u128::from(kept.stays_until) <= now && there && kept.point.purged.is_none()
        };
        let expired = known.into_iter().filter(over).map(|kept| kept.point.kept.id).collect();
        let (_, all) = ask(expired)?;
        // What stays is looked at as what stays: another point of the same thing may go because of it.
        let clear = all.points.into_iter().filter(|point| point.obstacle.is_none());
        let clear: Vec<String> = clear.map(|point| point.point).collect();
        if clear.is_empty() {
            return Err(Fault::failed("there is no recovery point that could be removed now").hint(LISTED));
        }
        ask(clear)
    }
}

fn words(preview: &PurgePreview) -> String {
    let mut lines = Vec::new();
    for removal in &preview.points {
        tell(removal, &mut lines);
    }
    let stopped = preview.points.iter().any(|point| point.obstacle.is_some());
    lines.push(match (stopped, preview.delay, preview.signatures) {
        (true, ..) => "nothing is removed while something stands in the way".to_owned(),
        (_, Some(delay), _) => format!("you work alone: it is held for {} first", span(delay)),
        (_, None, 1) => "one person signs: run it again with --key FILE --reason TEXT".to_owned(),
        (_, None, people) => format!("{people} people sign: run it again with --key FILE for each"),
    });
    lines.join("\n")
}

fn tell(removal: &Removal, lines: &mut Vec<String>) {
    lines.push(format!("{}  of {}", visible(&removal.point), visible(removal.of.as_str())));
    let others = match removal.others.len() {
        0 => None,
        1 => Some("1 more point".to_owned()),
        more => Some(format!("{more} more points")),
    };
    lines.push(match (removal.stands, others) {
        (Some(true), None) => "  leaves  the thing itself, and no other point of it".to_owned(),
        (Some(true), Some(more)) => format!("  leaves  the thing itself, and {more} of it"),
        (Some(false), None) => "  leaves  NOTHING: the thing is gone".to_owned(),
        (Some(false), Some(more)) => format!("  leaves  {more} of it; the thing is gone"),
        (None, None) => "  leaves  perhaps NOTHING: nobody can tell whether the thing is there".to_owned(),
        (None, Some(more)) => format!("  leaves  {more} of it"),
    });
    if !removal.closes.is_empty() {
        let closed: Vec<&str> = removal.closes.iter().map(ActionId::as_str).collect();
        lines.push(format!("  closes  the way back of {}", closed.join(", ")));
    }
    if !removal.involved.is_empty() {
        let names: Vec<&str> = removal.involved.iter().map(interlock_action::PersonId::as_str).collect();
        lines.push(format!("  not by  {}", visible(&names.join(", "))));
    }
    if let Some(obstacle) = &removal.obstacle {
        let until = match obstacle {
            Obstacle::Grace(until) => format!(" (until {})", time(*until)),
            _ => String::new(),
        };
        lines.push(format!("  STOPS   {}{until}", visible(&obstacle.to_string())));
    }
}
