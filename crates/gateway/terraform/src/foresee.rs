//! What a plan would do to the live state: the forecasts of the calls that it comes to, folded into one.

use std::{collections::BTreeMap, sync::Arc};

use interlock_action::{
    AccountId, Action, Answers, Change, Claim, Effect, Facts, Forecast, Kind, Method, Read, RecoveryCount,
    Reversibility, Securing, Survey,
};
use interlock_flow::Foresee;
use interlock_reader_aws::{catalogue::Catalogue, judge};
use interlock_reader_terraform::call_key;
use serde_json::{Map, Value, json};

use crate::{
    action::{NOTED, SAYS, calls},
    new::New,
};

/// Of so many calls the live state is looked at: beyond, what they meet is unknown.
const MOST_CALLS: usize = 1_000;

/// Calls that change labels.
const LABELS: [&str; 4] =
    ["aws:ec2:CreateTags", "aws:ec2:DeleteTags", "aws:s3:DeleteBucketTagging", "aws:s3:PutBucketTagging"];

/// Of so many changes in place it is looked whether they can be taken back.
const MOST_UNDONE: usize = 100;

/// Forecasts plans by the forecasters of the calls' own surface.
pub struct TerraformForesee {
    aws: Arc<dyn Foresee>,
}

impl TerraformForesee {
    /// Over those of AWS.
    pub fn over(aws: Arc<dyn Foresee>) -> Self {
        Self { aws }
    }

    /// What of a call is answered, and what it still asks for. Equal reads of several calls are one.
    fn replay(&self, call: &Action, so_far: &Answers) -> (Answers, Vec<Read>) {
        let mut known = Answers::new();
        loop {
            let mut missing = Vec::new();
            let mut news = false;
            for read in self.aws.reads(call, &known) {
                if known.contains_key(&read.key) {
                    continue;
                }
                let key = key(&read);
                match so_far.get(&key) {
                    Some(answer) => {
                        known.insert(read.key, answer.clone());
                        news = true;
                    }
                    None => missing.push(Read { key, call: read.call }),
                }
            }
            if !news {
                return (known, missing);
            }
        }
    }
}

/// One name for one call, whoever asks for it.
fn key(read: &Read) -> String {
    let call = &read.call;
    format!("{} {} {}", call.operation, call.region.as_deref().unwrap_or_default(), call.arguments)
}

/// The calls of a plan that meet something, as they are judged.
fn judged(action: &Action) -> Vec<(String, Action)> {
    let one = |(address, call): (&str, &Value)| {
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        let (service, operation) = text("operation")?.strip_prefix("aws:")?.split_once(':')?;
        let service = Catalogue::get().service(service)?;
        let operation = service.operation(operation)?;
        let account = text("account").or(action.account.as_ref().map(AccountId::as_str));
        let region = text("region").or(action.region.as_deref());
        let arguments = call.get("arguments").cloned().unwrap_or_else(|| json!({}));
        Some((address.to_owned(), judge(&service, operation, region, account, &arguments)))
    };
    let all: Vec<(String, Action)> = calls(&action.arguments).filter_map(one).take(MOST_CALLS).collect();
    let new = New::by(all.iter().map(|(_, call)| call));
    all.into_iter().filter(|(_, call)| !new.is_all_of(call)).collect()
}

impl Foresee for TerraformForesee {
    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let mut all: BTreeMap<String, Read> = BTreeMap::new();
        for (_, call) in judged(action) {
            let (_, missing) = self.replay(&call, so_far);
            all.extend(missing.into_iter().map(|read| (read.key.clone(), read)));
        }
        all.into_values().collect()
    }

    fn fold(&self, action: &Action, answers: &Answers) -> Survey {
        let mut fold = Fold::new();
        let noted = action.arguments.get(NOTED).and_then(Value::as_array).into_iter().flatten();
        let noted = noted.filter_map(Value::as_str).map(|what| said(what.to_owned(), Effect::Destroy));
        fold.survey.forecast.changes.extend(noted.chain(whole(action)));
        fold.survey
            .forecast
            .changes
            .extend(action.claims.iter().filter(|claim| weighs(claim.effect)).map(told));
        for (address, call) in judged(action) {
            let (known, _) = self.replay(&call, answers);
            fold.take(&address, &call, self.aws.fold(&call, &known));
        }
        let left = calls(&action.arguments).count().saturating_sub(MOST_CALLS);
        if left > 0 {
            fold.survey.forecast.unknowns.push(format!("what {left} of its calls meet was not looked at"));
        }
        fold.done()
    }

    fn changes_in_place(&self, action: &Action) -> Option<Vec<Action>> {
        let changes = action.arguments.get("changes").and_then(Value::as_array)?;
        let side = |change: &Value, name: &str| change.pointer(&format!("/{name}/tags_all")).cloned();
        // Where it is not known which call labels a thing, neither is what takes that back.
        let labels = |change: &&Value| {
            let calls = change.get("calls").and_then(Value::as_array).into_iter().flatten();
            let mut operations = calls.filter_map(|call| call.get("operation").and_then(Value::as_str));
            change.get("action").and_then(Value::as_str) == Some("update")
                && side(change, "before") != side(change, "after")
                && !operations.any(|operation| LABELS.contains(&operation))
        };
        if changes.iter().any(|change| labels(&change)) {
            return None;
        }
        let in_place = |address: &str| {
            let is = |change: &&Value| change.get("address").and_then(Value::as_str) == Some(address);
            let change = changes.iter().find(is);
            change.and_then(|change| change.get("action")).and_then(Value::as_str) == Some("update")
        };
        let parts: Vec<Action> = judged(action)
            .into_iter()
            .filter(|(address, _)| in_place(address))
            .map(|(_, call)| call)
            .collect();
        (parts.len() <= MOST_UNDONE).then_some(parts)
    }

    fn most(&self) -> usize {
        4_000
    }
}

/// Whether an effect is told by itself, beside what becomes of things.
fn weighs(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Execute
            | Effect::Expose
            | Effect::Exfiltrate
            | Effect::Privilege
            | Effect::Network
            | Effect::GuardRemoval
            | Effect::AuditTrail
    )
}

/// A sentence that is said of no one thing.
fn said(what: String, effect: Effect) -> Change {
    Change { target: "*".into(), kind: Kind::default(), effect, what, before: None, after: None }
}

/// What no call of a plan says by itself: what is destroyed and created again, and what stays and is nobody's any more.
fn whole(action: &Action) -> impl Iterator<Item = Change> {
    let changes = action.arguments.get("changes").and_then(Value::as_array).into_iter().flatten();
    changes.filter_map(|change| {
        let text = |name: &str| change.get(name).and_then(Value::as_str);
        let effect = match text("action")? {
            "replace" => Effect::Destroy,
            "forget" => Effect::Interrupt,
            _ => return None,
        };
        Some(said(text(SAYS)?.to_owned(), effect))
    })
}

fn told(claim: &Claim) -> Change {
    let target = claim.target.clone().unwrap_or_else(|| "*".into());
    let kind = Kind::default();
    Change { target, kind, effect: claim.effect, what: claim.why.clone(), before: None, after: None }
}

/// What a forecaster says of a thing that something else still uses.
const WOULD_REFUSE: &str = "the service will refuse";
/// What it says of a request that Interlock changes, before what would have come of it.
const AS_ASKED: &str = "; as asked, ";

/// Surveys folded so far.
struct Fold {
    survey: Survey,
    fingerprint: Map<String, Value>,
    impossible: Option<String>,
    made_as_sent: bool,
    exists: bool,
}

impl Fold {
    fn new() -> Self {
        let forecast = Forecast {
            method: Method::Planned,
            changes: Vec::new(),
            data_loss: Vec::new(),
            recovery: RecoveryCount { before: Some(0), after: Some(0) },
            points: Vec::new(),
            dependents: Vec::new(),
            reversibility: Reversibility::Exact,
            unknowns: Vec::new(),
        };
        let survey = Survey {
            forecast,
            facts: Facts::default(),
            observed: BTreeMap::new(),
            discovered: Vec::new(),
            writes: Vec::new(),
            rewrite: None,
            instead: None,
            told: Vec::new(),
            securing: Securing::NotNeeded,
            fingerprint: Value::Null,
        };
        Self { survey, fingerprint: Map::new(), impossible: None, made_as_sent: false, exists: false }
    }

    fn take(&mut self, address: &str, call: &Action, survey: Survey) {
        let key = call_key(call);
        let (all, forecast) = (&mut self.survey, survey.forecast);
        let loses = !forecast.data_loss.is_empty();
        let name = call.targets.first().map(|target| target.name.as_deref().unwrap_or(target.id.as_str()));
        for mut change in forecast.changes {
            // One of several calls cannot know what those before it have taken away.
            if change.what.contains(WOULD_REFUSE) {
                if change.effect != Effect::Destroy {
                    continue;
                }
                change.what = format!("{address} goes, once what uses it is gone");
            }
            if let Some((request, remain)) = change.what.split_once(AS_ASKED) {
                change.what = format!("{}: {remain} as planned; {request}", name.unwrap_or(address));
                change.effect = Effect::Destroy;
            }
            if !all.forecast.changes.iter().any(|have| have.what == change.what) {
                all.forecast.changes.push(change);
            }
        }
        if loses || !forecast.points.is_empty() {
            let sum = |all: Option<u32>, one: Option<u32>| Some(all?.saturating_add(one?));
            let (have, more) = (all.forecast.recovery, forecast.recovery);
            all.forecast.recovery =
                RecoveryCount { before: sum(have.before, more.before), after: sum(have.after, more.after) };
        }
        all.forecast.data_loss.extend(forecast.data_loss);
        all.forecast.points.extend(forecast.points);
        for one in forecast.dependents {
            if !all.forecast.dependents.contains(&one) {
                all.forecast.dependents.push(one);
            }
        }
        all.forecast.reversibility = all.forecast.reversibility.max(forecast.reversibility);
        all.forecast
            .unknowns
            .extend(forecast.unknowns.into_iter().map(|unknown| format!("{address}: {unknown}")));
        all.facts.0.extend(survey.facts.0.into_iter().map(|(name, value)| (format!("{key}{name}"), value)));
        for (id, seen) in survey.observed {
            let have = all.observed.entry(id).or_default();
            let exists = have.exists.or(seen.exists);
            let told = have.tags.is_none() && seen.tags.is_some() || have.exists.is_none();
            if told {
                *have = seen;
            }
            have.exists = exists;
        }
        all.discovered.extend(survey.discovered);
        all.writes.extend(survey.writes);
        all.told.extend(survey.told.into_iter().map(|told| format!("{address}: {told}")));
        if !survey.fingerprint.is_null() {
            self.fingerprint.insert(key, survey.fingerprint);
        }
        match survey.securing {
            Securing::NotNeeded if loses => {
                self.impossible.get_or_insert_with(|| format!("{address}: nothing keeps what it loses"));
            }
            Securing::NotNeeded => {}
            Securing::Exists => self.exists = true,
            Securing::ByRewrite { .. } | Securing::ByCalls { .. } => self.made_as_sent = true,
            Securing::Impossible(why) => drop(self.impossible.get_or_insert(format!("{address}: {why}"))),
        }
    }

    /// Recovery points are made as the calls come to the gateway of their own surface, each before what it is of goes.
    fn done(self) -> Survey {
        let mut survey = self.survey;
        survey.securing = match (self.impossible, self.made_as_sent, self.exists) {
            (Some(why), _, _) => Securing::Impossible(why),
            (None, true, _) => Securing::ByRewrite { makes: Vec::new() },
            (None, false, true) => Securing::Exists,
            (None, false, false) => Securing::NotNeeded,
        };
        survey.fingerprint = Value::Object(self.fingerprint);
        survey
    }
}
