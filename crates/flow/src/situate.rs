//! Whose session, which environment, which target: everything about an action that is not in its bytes.
//!
//! Pure over the memory and a survey's answers.

use std::collections::{BTreeMap, BTreeSet};

use interlock_action::{
    Action, AgentId, Bears, Claim, ClassifierWrite, Effect, EnvironmentName, Kind, Millis, Observed,
    Operation, POINT, Relation, Securing, Survey, Target, TargetId,
};

use crate::{
    Budget, Event, Memory, PRODUCTION, Rules, Session, WayBack, custody,
    inherit::inherits,
    labels::guard_classifiers,
    memory::{DAY, HOUR, Made},
    rules::{Subject, bucket_of, glob, is_identity, stricter, subject},
};

/// Names and tags of what Interlock keeps for itself.
const OWN_PREFIX: &str = "interlock-";

/// An effect that holds, on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Falls {
    /// The class.
    pub effect: Effect,
    /// The target.
    pub target: Target,
    /// Why, in Interlock's words.
    pub why: String,
    /// The reader's rule.
    pub rule: Option<String>,
    /// On how many things inside the target it falls.
    pub many: u32,
    /// Whether data would be touched, as measured where it could be.
    pub bears_data: bool,
    /// Whether this session made the target, and the effect reaches nothing that it did not make.
    pub made_by_session: bool,
    /// Whether the target is Interlock's own.
    pub own: bool,
}

/// An action with its place in the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Situated {
    /// The action, its targets classified, in its effective form.
    pub action: Action,
    /// What was asked for, where another operation is sent instead.
    pub asked: Option<Operation>,
    /// What it does to what.
    pub falls: Vec<Falls>,
    /// What was seen.
    pub survey: Survey,
    /// Whether anything it reaches is production.
    pub reach_production: bool,
    /// Whether every target lies in the lease's scope.
    pub in_scope: bool,
    /// Whether the lease names the secret it asks for.
    pub lease_names_secret: bool,
    /// Whether the agent has spent its destroys.
    pub over_budget: bool,
    /// How many things it destroys that the agent did not make.
    pub destroys: u32,
    /// Classifications to remember when it is let through.
    pub remember: Vec<Event>,
    /// Whether a drill has proven what could be lost, or could.
    pub proof: custody::Provable,
    /// Guards that were taken off what it falls on: words that stand in the forecast, too.
    pub reminders: Vec<String>,
    /// What stays the agent's own when it succeeds: things it made and now writes anew.
    pub renews: Vec<Event>,
    /// Which change it is a part of, of those that were let through as one action.
    pub expected: Option<usize>,
    /// Whether each of the changes in place that it consists of can be taken back exactly, by itself.
    pub parts_undone: bool,
    /// The way back, where there is one.
    pub undo: Option<WayBack>,
    /// What the policy said of it, once it was asked.
    pub judged: Option<interlock_policy::Judged>,
}

impl Situated {
    /// The environments it touches or reaches.
    pub fn environments(&self) -> Vec<EnvironmentName> {
        let mut all: BTreeSet<_> =
            self.action.targets.iter().filter_map(|target| target.environment.clone()).collect();
        if self.reach_production {
            all.insert(PRODUCTION.into());
        }
        all.into_iter().collect()
    }

    /// The classifications to remember of what is not let through: of things that were seen to be there. A name that an
    /// agent made up costs it nothing, and must not be kept for good.
    pub fn remember_seen(&self) -> Vec<Event> {
        let there = |id: &TargetId| self.survey.observed.get(id).and_then(|seen| seen.exists) == Some(true);
        let seen = |event: &&Event| matches!(event, Event::Classified { target, .. } if there(target));
        self.remember.iter().filter(seen).cloned().collect()
    }
}

/// What situate looks things up in.
pub(crate) struct World<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) rules: &'a Rules,
    pub(crate) budget: Budget,
    /// ARNs of the identities whose credentials Interlock holds.
    pub(crate) principals: &'a [String],
    pub(crate) now: Millis,
    /// How long a drill proves a recovery point.
    pub(crate) proven_within: Millis,
}

/// Places an action.
pub(crate) fn situate(
    world: &World<'_>,
    session: &Session,
    mut action: Action,
    mut survey: Survey,
) -> Situated {
    let asked = survey.instead.clone().map(|instead| std::mem::replace(&mut action.operation, instead));
    if let Some(arguments) = &survey.rewrite {
        action.arguments = arguments.clone();
    }
    for target in &survey.discovered {
        if !action.targets.iter().any(|have| have.id == target.id) {
            action.targets.push(target.clone());
        }
    }
    action.writes.append(&mut survey.writes.clone());
    if !action.targets.iter().any(|target| target.relation != Relation::Reaches) {
        action.targets.push(somewhere(&action));
    }
    let remember = classify(world, &mut action, &survey);
    guard_classifiers(world.rules, &mut action);
    data_that_is_lost(&mut action, &survey);
    let mut falls: Vec<Falls> = Vec::new();
    for claim in &action.claims {
        if claim.when.iter().all(|test| test.holds(&survey.facts)) {
            falls.extend(fall(world, session, &action, claim, &survey));
        }
    }
    // What sends to a thing of Interlock's own writes there, whatever the call is about.
    let own = |target: &&Target| {
        target.relation == Relation::Reaches && is_own(world, target, survey.observed.get(&target.id))
    };
    for target in action.targets.iter().filter(own).filter(|_| action.mutates()) {
        let why = "sends to, or acts through, what is Interlock's own";
        let claim = Claim { target: Some(target.id.clone()), ..Claim::plain(Effect::Interlock, why) };
        falls.extend(fall(world, session, &action, &claim, &survey));
    }
    let (losses, said) = custody::endangered(world.memory, &survey.forecast, &falls);
    falls.extend(losses);
    survey.forecast.changes.extend(said);
    custody::leaving(world.memory, &mut survey);
    custody::mark_proven(world.memory, &mut survey.forecast);
    let proof = custody::provable(world, &falls, &survey);
    let reminders = crate::guards::remind(world.memory, &falls, &mut survey, world.now);
    let reach_production = reaches_production(world, &action, &falls, &survey);
    let renews = renewed(world.memory, session, &action, &falls, &survey);
    let destroys = count_destroys(world.memory, &session.agent.name, &falls, &survey);
    let spent = |window, limit: u32| {
        world.memory.destroyed(&session.agent.name, world.now, window).saturating_add(destroys) > limit
    };
    let over_budget = destroys > 0
        && (spent(HOUR, world.budget.destroys_per_hour) || spent(DAY, world.budget.destroys_per_day));
    Situated {
        in_scope: in_scope(&session.lease.scope, &action, true),
        asked,
        lease_names_secret: !session.lease.secrets.is_empty()
            && in_scope(&session.lease.secrets, &action, false),
        action,
        falls,
        survey,
        reach_production,
        over_budget,
        destroys,
        remember,
        proof,
        reminders,
        renews,
        expected: None,
        parts_undone: false,
        undo: None,
        judged: None,
    }
}

/// The stand-in for an action whose bytes name nothing: something of that service in that account.
fn somewhere(action: &Action) -> Target {
    let account = action.account.as_ref().map_or("", |account| account.as_str());
    let region = action.region.as_deref().unwrap_or_default();
    Target {
        id: format!("arn:aws:{}:{region}:{account}:*", action.operation.service()).into(),
        kind: Kind::Other,
        name: None,
        account: action.account.clone(),
        region: action.region.clone(),
        relation: Relation::Acts,
        data: Bears::Unknown,
        environment: None,
    }
}

/// The key a classification is remembered under: an object's is its bucket's, unless it is production only by what it
/// was copied from.
pub(crate) fn memory_key(target: &Target) -> TargetId {
    match (target.kind, bucket_of(target.id.as_str())) {
        (Kind::Object, Some(bucket)) => format!("arn:aws:s3:::{bucket}").into(),
        _ => target.id.clone(),
    }
}

fn classify(world: &World<'_>, action: &mut Action, survey: &Survey) -> Vec<Event> {
    let mut remember = Vec::new();
    let judged: Vec<(EnvironmentName, bool)> = action
        .targets
        .iter()
        .map(|target| {
            let source = target.relation == Relation::Source;
            let own = action.writes_on.get(&target.id).into_iter().flatten();
            let writes: Vec<_> = action.writes.iter().chain(own).filter(|_| !source).cloned().collect();
            environment(world, target, &writes, survey.observed.get(&target.id))
        })
        .collect();
    let all = action.targets.iter().zip(&judged);
    let production: Vec<&Target> =
        all.filter(|(_, (found, _))| is_production(found)).map(|(target, _)| target).collect();
    // Copies, restores and children are judged by what they came from.
    let inherited: Vec<Option<bool>> =
        action.targets.iter().map(|target| inherits(world, target, &production, survey)).collect();
    for (target, ((mut found, mut certain), inherits)) in
        action.targets.iter_mut().zip(judged.into_iter().zip(inherited))
    {
        let mut key = memory_key(target);
        if let Some(for_certain) = inherits {
            // Else its place says so already.
            if !is_production(&found) {
                // INVARIANT: what was copied makes nothing else production that lies beside it.
                key = target.id.clone();
                certain &= for_certain;
                found = PRODUCTION.into();
            }
        }
        let worth = certain && !is_identity(target.kind) && target.relation != Relation::Reaches;
        if worth && world.memory.classified.get(&key) != Some(&found) {
            remember.push(Event::Classified { target: key, environment: found.clone() });
        }
        target.environment = Some(found);
    }
    remember
}

/// The environment of one target: the stricter of what is remembered, what the rules say now, and what they would say
/// after the action has written its tags and names.
fn environment(
    world: &World<'_>,
    target: &Target,
    writes: &[ClassifierWrite],
    observed: Option<&Observed>,
) -> (EnvironmentName, bool) {
    if is_identity(target.kind) {
        return (world.rules.strictest(target.account.as_ref().map(|account| account.as_str())), true);
    }
    let creating =
        target.relation == Relation::Creates && observed.and_then(|seen| seen.exists) != Some(true);
    let nothing = BTreeMap::new();
    let before = if creating { Some(&nothing) } else { observed.and_then(|seen| seen.tags.as_ref()) };
    let after = before.map(|tags| written(tags, writes));
    let named = |tags| {
        let mut subject = subject(target, tags);
        // What the service calls it is no name that anybody gave it.
        if creating && subject.name.is_none() && target.id.as_str().ends_with('*') {
            subject.name = Some("");
        }
        subject
    };
    let now = world.rules.classify(&named(if creating { after.as_ref() } else { before }));
    let then = world.rules.classify(&named(after.as_ref()));
    let mut found = stricter(now.environment, then.environment);
    let written = [before, after.as_ref()];
    if written.into_iter().flatten().any(|tags| named_production(world, target, tags.get("Name"), Some(tags)))
        || observed.is_some_and(|seen| {
            seen.names.iter().any(|name| named_production(world, target, Some(name), before))
        })
    {
        found = PRODUCTION.into();
    }
    let mut certain = now.certain && then.certain;
    if observed.is_some_and(|seen| seen.names_unread) && !creating && !is_production(&found) {
        let nameless = Subject { name: None, ..subject(target, before) };
        if world.rules.perhaps_production_by_name(&nameless) {
            (found, certain) = (PRODUCTION.into(), false);
        }
    }
    if let Some(known) = world.memory.classified.get(&memory_key(target)) {
        found = stricter(known.clone(), found);
    }
    if !is_production(&found) && world.memory.is_copy_of_production(target) {
        // Remembered already, of itself; its place is none the stricter for it.
        (found, certain) = (PRODUCTION.into(), false);
    }
    (found, certain)
}

/// Whether a name by which people call what has only an id (the tag `Name`, an alias, a title) is one of production's. It
/// makes nothing laxer: what is production by its id stays so.
fn named_production(
    world: &World<'_>,
    target: &Target,
    name: Option<&String>,
    tags: Option<&BTreeMap<String, String>>,
) -> bool {
    name.is_some_and(|name| {
        let named = Subject { name: Some(name), ..subject(target, tags) };
        world.rules.production_by_name(&named)
    })
}

/// Whether this is the environment that is guarded most.
pub(crate) fn is_production(environment: &EnvironmentName) -> bool {
    environment.as_str() == PRODUCTION
}

fn written(tags: &BTreeMap<String, String>, writes: &[ClassifierWrite]) -> BTreeMap<String, String> {
    let mut tags = tags.clone();
    for write in writes {
        match write {
            ClassifierWrite::AllTags => tags.clear(),
            ClassifierWrite::Tag { key, value: Some(value) } => {
                tags.insert(key.clone(), value.clone());
            }
            ClassifierWrite::Tag { key, value: None } => {
                tags.remove(key);
            }
            ClassifierWrite::Name(_) => {}
        }
    }
    tags
}

/// What is said to lose data destroys it, whatever its call is named. Where a rule has asked for the facts, they decide.
fn data_that_is_lost(action: &mut Action, survey: &Survey) {
    let told = |claim: &Claim| matches!(claim.effect, Effect::Destroy | Effect::RecoveryLoss);
    if let (Some(lost), false) = (survey.forecast.data_loss.first(), action.claims.iter().any(told)) {
        let mut claim = Claim::plain(Effect::Destroy, format!("loses {lost}"));
        claim.rule = Some("data-lost".into());
        action.claims.push(claim);
    }
}

/// The targets a claim falls on.
fn fall(world: &World<'_>, session: &Session, action: &Action, claim: &Claim, survey: &Survey) -> Vec<Falls> {
    let wanted = |target: &&Target| match (&claim.target, claim.effect, target.relation) {
        (Some(id), ..) => *id == target.id,
        (None, Effect::Create, relation) => relation == Relation::Creates,
        (None, _, relation) => relation == Relation::Acts,
    };
    let mut hit: Vec<&Target> = action.targets.iter().filter(wanted).collect();
    if hit.is_empty() {
        hit = action.targets.iter().filter(|target| target.relation != Relation::Reaches).collect();
    }
    // A trail that goes with a larger thing is the record of what happened like one that is named.
    let recorded = |target: &Target| {
        target.kind == Kind::Trail
            && claim.effect.mutates()
            && survey.discovered.iter().any(|found| found.id == target.id)
    };
    let falls = |target: &Target| Falls {
        effect: if recorded(target) { Effect::AuditTrail } else { claim.effect },
        bears_data: bears_data(target, survey.observed.get(&target.id)),
        made_by_session: made_here(world, session, action, target, survey)
            && !(claim.effect == Effect::Destroy
                && may_hold_others_data(target, survey.observed.get(&target.id))),
        own: is_own(world, target, survey.observed.get(&target.id)),
        target: target.clone(),
        why: claim.why.clone(),
        rule: claim.rule.as_ref().map(ToString::to_string),
        many: claim.many,
    };
    hit.into_iter().map(falls).collect()
}

fn bears_data(target: &Target, observed: Option<&Observed>) -> bool {
    match observed.map(|seen| seen.data) {
        Some(Bears::Yes) => true,
        Some(Bears::No) => false,
        Some(Bears::Unknown) | None => target.data != Bears::No,
    }
}

/// Whether there may be data in it that somebody else wrote where Interlock does not see it: who made a thing says
/// nothing of what has come into it since.
fn may_hold_others_data(target: &Target, observed: Option<&Observed>) -> bool {
    match target.kind {
        // What was encrypted with a key is lost with it, wherever it lies.
        Kind::Key => true,
        // An object's immutable id is one of its content.
        Kind::Object => false,
        _ => bears_data(target, observed),
    }
}

/// Whether this session made the target and nobody else has written to it, and the effect reaches nothing else.
fn made_here(
    world: &World<'_>,
    session: &Session,
    action: &Action,
    target: &Target,
    survey: &Survey,
) -> bool {
    let made = |id: &TargetId| {
        let made = world.memory.made.get(id)?;
        Some(
            made.session == *session.root()
                && !made.touched_by_others
                && is_proved(id, made, survey.observed.get(id)),
        )
    };
    // What came into being with a thing was made by who made that.
    let with = survey.observed.get(&target.id).and_then(|seen| seen.came_with.as_ref());
    let by_itself = made(&target.id).or_else(|| made(with?)).unwrap_or(false);
    let reaches = action.targets.iter().filter(|other| other.relation == Relation::Reaches);
    let attached =
        survey.observed.get(&target.id).map(|seen| seen.attached_to.as_slice()).unwrap_or_default();
    by_itself
        && reaches.into_iter().all(|other| made(&other.id).unwrap_or(false))
        && attached.iter().all(|id| made(id).unwrap_or(false))
}

/// Whether what stands there now is provably what was made then: by an id that no later thing of the same name has.
///
/// INVARIANT: an id that is missing, then or now, proves nothing: somebody may have removed the thing and made another
/// of its name where Interlock does not see it.
fn is_proved(id: &TargetId, made: &Made, observed: Option<&Observed>) -> bool {
    let Some(then) = &made.immutable_id else { return false };
    // An id that the service chose and that the name itself consists of is never given twice.
    let head = id.as_str().strip_suffix(then.as_str());
    let in_name = head.is_some_and(|head| head.is_empty() || head.ends_with(['/', ':']));
    let now = observed.and_then(|seen| seen.immutable_id.as_deref());
    // What a service tells only once a thing is ready comes after what it tells at once.
    let same = |now: &str| {
        now.strip_prefix(then.as_str()).is_some_and(|more| more.is_empty() || more.starts_with(' '))
    };
    in_name || now.is_some_and(same)
}

/// Whether what stands there now is what was made then, as far as ids tell, else by its name and the proof that nothing
/// had it: enough for sums, never for a lower tier.
fn is_still(id: &TargetId, made: &Made, observed: Option<&Observed>) -> bool {
    made.immutable_id.is_none() || is_proved(id, made, observed)
}

fn is_own(world: &World<'_>, target: &Target, observed: Option<&Observed>) -> bool {
    let id = target.id.as_str();
    let last = id.rsplit([':', '/']).next().unwrap_or(id);
    let name =
        bucket_of(id).filter(|_| target.kind == Kind::Object).or(target.name.as_deref()).unwrap_or(last);
    let tagged = observed.and_then(|seen| seen.tags.as_ref()).is_some_and(|tags| tags.contains_key(POINT));
    let point = world.memory.recovery_points.keys().any(|point| point == id || point == name);
    target.relation != Relation::Source
        && (tagged || point || is_reserved(name) || world.principals.iter().any(|own| own == id))
}

/// Whether a name is one of those that Interlock gives what it makes, of whatever kind. Services write names in small letters.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.get(..OWN_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_PREFIX))
}

fn reaches_production(world: &World<'_>, action: &Action, falls: &[Falls], survey: &Survey) -> bool {
    let direct = action.targets.iter().any(|target| target.environment.as_ref().is_none_or(is_production));
    let mut attached = survey.observed.values().flat_map(|seen| &seen.attached_to);
    // What runs under another identity reaches what identities reach: the strictest that the account holds.
    let runs = falls.iter().any(|fall| fall.effect == Effect::Execute);
    let account = action.account.as_ref().map(|account| account.as_str());
    // Who opens a bucket, opens what was copied into it.
    let holds = |target: &Target| {
        target.kind == Kind::Bucket
            && target.relation == Relation::Acts
            && world.memory.holds_production(&format!("{}/", target.id))
    };
    direct
        || action.targets.iter().any(holds)
        || attached.any(|id| match world.memory.classified.get(id) {
            Some(known) => is_production(known),
            None => is_production(&by_arn(world.rules, id)),
        })
        || (runs && is_production(&world.rules.strictest(account)))
}

/// The environment of something known by its ARN alone.
fn by_arn(rules: &Rules, id: &TargetId) -> EnvironmentName {
    let parts: Vec<&str> = id.as_str().splitn(6, ':').collect();
    let part = |at: usize| parts.get(at).copied().filter(|text| !text.is_empty());
    let target = Target {
        id: id.clone(),
        kind: Kind::Other,
        name: part(5).and_then(|rest| rest.rsplit(['/', ':']).next()).map(str::to_owned),
        account: part(4).map(Into::into),
        region: part(3).map(str::to_owned),
        relation: Relation::Reaches,
        data: Bears::Unknown,
        environment: None,
    };
    rules.classify(&subject(&target, None)).environment
}

/// Objects that are the agent's own and that it now writes anew: what stands there afterwards is this session's, under
/// another id.
fn renewed(
    memory: &Memory,
    session: &Session,
    action: &Action,
    falls: &[Falls],
    survey: &Survey,
) -> Vec<Event> {
    let written = |target: &&Target| {
        target.kind == Kind::Object
            && falls.iter().any(|fall| fall.effect == Effect::Create && fall.target.id == target.id)
    };
    let renewed = action.targets.iter().filter(written).filter_map(|target| {
        let made = memory.made.get(&target.id)?;
        let seen = survey.observed.get(&target.id).filter(|seen| seen.exists == Some(true));
        let own = made.agent == session.agent.name && is_proved(&target.id, made, Some(seen?));
        own.then(|| Event::Made {
            target: target.id.clone(),
            agent: made.agent.clone(),
            session: session.root().clone(),
            immutable_id: None,
        })
    });
    renewed.collect()
}

fn count_destroys(memory: &Memory, agent: &AgentId, falls: &[Falls], survey: &Survey) -> u32 {
    let made = |id: &TargetId| {
        let made = memory.made.get(id);
        made.is_some_and(|made| made.agent == *agent && is_still(id, made, survey.observed.get(id)))
    };
    let mine = |target: &Target| {
        let with = survey.observed.get(&target.id).and_then(|seen| seen.came_with.as_ref());
        made(&target.id) || with.is_some_and(made)
    };
    let destroyed = falls.iter().filter(|fall| fall.effect == Effect::Destroy && !mine(&fall.target));
    // A delete of nothing destroys nothing: the service will say so.
    let there = |id: &TargetId| survey.observed.get(id).and_then(|seen| seen.exists) != Some(false);
    // What one rule found in a target adds up; what several rules say of it is the same things again.
    let mut sums: BTreeMap<(&TargetId, Option<&str>), u32> = BTreeMap::new();
    for fall in destroyed.filter(|fall| there(&fall.target.id)) {
        let sum = sums.entry((&fall.target.id, fall.rule.as_deref())).or_default();
        *sum = sum.saturating_add(fall.many);
    }
    let mut most: BTreeMap<&TargetId, u32> = BTreeMap::new();
    for ((id, _), sum) in sums {
        let most = most.entry(id).or_default();
        *most = sum.max(*most);
    }
    most.values().fold(0, |all, one| all.saturating_add(*one))
}

/// Whether the globs name every target that the action acts on, makes or takes data from. Where there is none, nothing
/// says that it is in scope.
fn in_scope(globs: &[String], action: &Action, empty: bool) -> bool {
    if globs.is_empty() {
        return empty;
    }
    let globs: Vec<_> = globs.iter().filter_map(|pattern| glob(pattern).ok()).collect();
    let named = |target: &Target| {
        globs.iter().any(|glob| {
            glob.is_match(target.id.as_str())
                || target.name.as_deref().is_some_and(|name| glob.is_match(name))
        })
    };
    let mut touched = action.targets.iter().filter(|target| target.relation != Relation::Reaches).peekable();
    touched.peek().is_some() && touched.all(named)
}

/// Whether a recovery point stands or will stand without further calls. A forecast that says what would be lost and that
/// nothing needs to be kept is believed in the first half.
pub(crate) fn is_secured(survey: &Survey) -> bool {
    is_securable(survey) && !matches!(survey.securing, Securing::ByCalls { .. })
}

/// Whether a recovery point stands, or could be made.
pub(crate) fn is_securable(survey: &Survey) -> bool {
    match survey.securing {
        Securing::NotNeeded => survey.forecast.data_loss.is_empty(),
        Securing::Exists | Securing::ByRewrite { .. } | Securing::ByCalls { .. } => true,
        Securing::Impossible(_) => false,
    }
}
