//! What goes with a stack or by its update, thing by thing: each is forecast as its own service's deletion would be, or
//! the call by which its service makes it smaller.
//!
//! CloudFormation deletes with its own parameters, so that nothing is rewritten: a recovery point is made first, by calls,
//! or there is none. A thing whose template says `Retain` stays; of one that says `Snapshot` CloudFormation itself makes
//! a final snapshot.

use interlock_action::{
    Action, Answer, Answers, Bears, Call, Change, Claim, Effect, Kind, Read, RecoveryPoint, Relation,
    Securing, Survey, Target, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{OWN, arn, draft::Draft, forecaster_for, own_name, tally::Tally},
    calls, kinds,
    template::Keep,
};

/// Of one stack so many things are looked into.
const MOST: usize = 20;

/// One resource of a stack that goes, or may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its name in the template.
    pub(super) logical: String,
    /// Its type in the template.
    pub(super) kind: String,
    /// What its service calls it.
    pub(super) physical: Option<String>,
    /// What becomes of the thing itself.
    pub(super) keep: Keep,
    /// Whether another takes its place.
    pub(super) replaced: bool,
    /// Whether it surely goes.
    pub(super) sure: bool,
    /// Where it stays and is changed: the arguments of the call that does the same.
    pub(super) changed: Option<Value>,
}

impl Part {
    /// What its own service would be asked for.
    fn call(&self, action: &Action) -> Option<Action> {
        match &self.changed {
            Some(arguments) => calls::call(action, &self.kind, arguments),
            None => kinds::deletion(action, &self.kind, self.physical.as_deref()?),
        }
    }

    fn goes(&self) -> bool {
        self.keep != Keep::Retain
    }

    fn called(&self) -> String {
        let name = self.physical.as_deref().map(arn::last).unwrap_or("not made yet");
        format!("{name} ({}, {})", self.logical, self.kind)
    }

    fn key(&self, key: &str) -> String {
        format!("part {}: {key}", self.logical)
    }

    /// The answers that its own forecaster asked for.
    fn own(&self, answers: &Answers) -> Answers {
        let head = self.key("");
        let own = |(key, answer): (&String, &Answer)| {
            key.strip_prefix(&head).map(|key| (key.to_owned(), answer.clone()))
        };
        answers.iter().filter_map(own).collect()
    }
}

/// The parts that are looked into, with their calls.
fn looked<'p>(action: &Action, parts: &'p [Part]) -> Vec<(&'p Part, Action)> {
    let goes = parts.iter().filter(|part| part.goes());
    goes.filter_map(|part| Some((part, part.call(action)?))).take(MOST).collect()
}

/// The reads of the parts' own forecasters that are still missing.
pub(super) fn reads(action: &Action, parts: &[Part], so_far: &Answers) -> Vec<Read> {
    let mut reads = Vec::new();
    for (part, deletion) in looked(action, parts) {
        let own = part.own(so_far);
        let missing = forecaster_for(&deletion).reads(&deletion, &own);
        reads.extend(missing.into_iter().map(|read| Read { key: part.key(&read.key), ..read }));
    }
    reads
}

/// What the parts come to together.
#[derive(Default)]
pub(super) struct Sum {
    bears: bool,
    impossible: Vec<String>,
    calls: Vec<Call>,
    proof: Vec<(Call, String, Value)>,
    makes: Vec<String>,
    kept: bool,
    destroys: bool,
}

impl Sum {
    /// Whether anything that bears data goes.
    pub(super) fn data(&self) -> Bears {
        if self.bears { Bears::Yes } else { Bears::No }
    }

    /// Whether something goes with what stays and is changed.
    pub(super) fn destroys(&self) -> bool {
        self.destroys
    }

    /// How their recovery points come about.
    pub(super) fn securing(self) -> Securing {
        if let Some(first) = self.impossible.first() {
            let more = self.impossible.len().saturating_sub(1);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            return Securing::Impossible(format!("{first}{more}"));
        }
        if !self.calls.is_empty() {
            return Securing::ByCalls { calls: self.calls, proof: self.proof, makes: self.makes };
        }
        if self.kept { Securing::Exists } else { Securing::NotNeeded }
    }

    fn add(&mut self, part: &Part, survey: &Survey, action: &Action) {
        match &survey.securing {
            Securing::NotNeeded => {}
            _ if part.keep == Keep::Snapshot => self.kept = true,
            Securing::Exists => self.kept = true,
            Securing::ByCalls { calls, proof, makes } => {
                self.calls.extend(calls.iter().cloned());
                self.proof.extend(proof.iter().cloned());
                self.makes.extend(makes.iter().cloned());
            }
            Securing::ByRewrite { .. } => match snapshot(action, part, survey) {
                Some((call, proof, made)) => {
                    self.calls.push(call);
                    self.proof.push(proof);
                    self.makes.push(made);
                }
                None => self.impossible.push(format!(
                    "CloudFormation deletes {} with its own parameters, and no snapshot of it is asked for",
                    part.called()
                )),
            },
            Securing::Impossible(why) => self.impossible.push(why.clone()),
        }
    }
}

/// The snapshot that is taken of a database first, where its own deletion would have been rewritten to make one.
fn snapshot(action: &Action, part: &Part, survey: &Survey) -> Option<(Call, (Call, String, Value), String)> {
    let (make, look, id, name, list, resource) = match part.kind.as_str() {
        "AWS::RDS::DBInstance" => (
            "CreateDBSnapshot",
            "DescribeDBSnapshots",
            "DBInstanceIdentifier",
            "DBSnapshotIdentifier",
            "DBSnapshots",
            "snapshot",
        ),
        "AWS::RDS::DBCluster" => (
            "CreateDBClusterSnapshot",
            "DescribeDBClusterSnapshots",
            "DBClusterIdentifier",
            "DBClusterSnapshotIdentifier",
            "DBClusterSnapshots",
            "cluster-snapshot",
        ),
        _ => return None,
    };
    let physical = part.physical.as_deref()?;
    // An older point of the same name would prove nothing.
    let earlier = survey.forecast.points.iter().filter(|point| point.id.contains(OWN)).count();
    let made = survey.observed.values().find_map(|seen| seen.immutable_id.clone());
    let parts = json!([action.account, action.region, physical, made, earlier]);
    let called = own_name("interlock stack snapshot v1", physical, &parts);
    let tags = json!([{"Key": interlock_action::POINT, "Value": called}]);
    let call = crate::call::call(action, "rds", make, json!({id: physical, name: called, "Tags": tags}));
    let proof = crate::call::call(action, "rds", look, json!({ name: called }));
    let point = arn::build(action, "rds", &format!("{resource}:{called}"));
    Some((call, (proof, format!("/{list}/0/Status"), json!("available")), point))
}

/// Writes down what becomes of every part.
pub(super) fn tell(
    action: &Action,
    stack: &TargetId,
    parts: &[Part],
    answers: &Answers,
    draft: &mut Draft,
) -> Sum {
    let mut sum = Sum::default();
    let looked = looked(action, parts);
    for part in parts {
        if !part.goes() {
            let stays = format!("{} stays, outside the stack: the template says Retain", part.called());
            draft.change(stack, Kind::Stack, Effect::Update, stays);
            continue;
        }
        match looked.iter().find(|(have, _)| *have == part) {
            Some((_, deletion)) => {
                let survey = forecaster_for(deletion).asked(deletion, &part.own(answers));
                absorb(part, deletion, survey, action, &mut sum, draft);
            }
            None => plainly(action, part, stack, &mut sum, draft),
        }
    }
    sum
}

/// One part, as its own forecaster sees it.
fn absorb(
    part: &Part,
    deletion: &Action,
    mut survey: Survey,
    action: &Action,
    sum: &mut Sum,
    draft: &mut Draft,
) {
    for change in &mut survey.forecast.changes {
        change.what = words(part, change);
    }
    if part.keep == Keep::Snapshot {
        let what = "final snapshot, made by CloudFormation because the template says so";
        let id = part.called();
        survey.forecast.points.push(RecoveryPoint {
            id,
            what: what.to_owned(),
            survives: true,
            proven: None,
        });
        survey.forecast.recovery.after = survey.forecast.recovery.after.map_or(Some(1), |n| n.checked_add(1));
        survey.forecast.data_loss.clear();
    }
    sum.add(part, &survey, action);
    deletion.unknowns.iter().for_each(|unknown| draft.unknown(format!("{}: {unknown}", part.logical)));
    let acts = deletion.targets.iter().filter(|target| target.relation == Relation::Acts);
    let holds = |claim: &&Claim| claim.when.iter().all(|test| test.holds(&survey.facts));
    let effects: Vec<Effect> = deletion.claims.iter().filter(holds).map(|claim| claim.effect).collect();
    // A call that does nothing but change the thing, as the live state has it, only reaches it.
    let stays = part.changed.is_some()
        && survey.forecast.data_loss.is_empty()
        && effects.iter().all(|effect| *effect == Effect::Update);
    sum.destroys |= part.changed.is_some() && effects.contains(&Effect::Destroy);
    for target in acts {
        if stays {
            draft.discover(Target { relation: Relation::Reaches, ..target.clone() });
            continue;
        }
        let seen = survey.observed.get(&target.id);
        let gone = seen.and_then(|seen| seen.exists) == Some(false);
        let data = seen.map(|seen| seen.data).filter(|data| *data != Bears::Unknown).unwrap_or(target.data);
        sum.bears |= data != Bears::No && !gone;
        draft.discover(target.clone());
    }
    draft.absorb(&part.logical, survey);
}

/// A change of a part's own forecast, with its place in the stack.
fn words(part: &Part, change: &Change) -> String {
    let perhaps = if part.sure { "" } else { "perhaps: " };
    let instead = if part.replaced { ", and a new, empty one takes its place" } else { "" };
    format!("{perhaps}{} [{}]{instead}", change.what, part.logical)
}

/// One part whose deletion nobody looks into.
fn plainly(action: &Action, part: &Part, stack: &TargetId, sum: &mut Sum, draft: &mut Draft) {
    let called = part.called();
    let verb = match (part.replaced, part.sure) {
        _ if part.changed.is_some() => "is changed, and may lose what it holds",
        (true, true) => "is replaced by a new one",
        (true, false) => "may be replaced by a new one",
        (false, true) => "is deleted",
        (false, false) => "may be deleted",
    };
    let own = part.physical.as_deref().filter(|physical| physical.starts_with("arn:"));
    let id = own.map_or_else(|| format!("{stack}#{}", part.logical), str::to_owned);
    let id = TargetId::new(id);
    draft.change(&id, Kind::Other, Effect::Destroy, format!("{called} {verb}"));
    if kinds::records(&part.kind) {
        draft.discover(kinds::part_of_the_record(action, id));
    }
    // What a change would take with it nobody has looked at either.
    sum.destroys |= part.changed.is_some();
    match kinds::bears(&part.kind) {
        Bears::No if part.changed.is_none() => return,
        _ if part.keep == Keep::Snapshot && kinds::takes_snapshot(&part.kind) => {
            sum.bears = true;
            sum.kept = true;
            return;
        }
        Bears::Yes | Bears::No => draft.lose(format!("what {called} holds: how much was not looked at")),
        Bears::Unknown => draft.lose(format!("{called}: whether it holds data, its type does not tell")),
    }
    sum.bears = true;
    draft.tally(Tally::unread());
    draft.unknown(format!("what {called} holds, and what it could be restored from, was not looked at"));
    sum.impossible.push(format!("no recovery point is known for {called}"));
}
