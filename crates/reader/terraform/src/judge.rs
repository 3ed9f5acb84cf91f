//! What one change of a plan is: effects, targets and secrets, in the vocabulary of every surface.

use std::{cell::LazyCell, collections::HashSet};

use interlock_action::{
    AccountId, Action, Bears, Claim, ClassifierWrite, Content, Effect, Kind, Operation, Relation, Surface,
    Target, TargetId, digest_of, outermost,
};
use interlock_reader_aws::secrets_in;
use serde_json::{Map, Value, json};

use crate::{
    calls::{self, Place},
    plan::{Act, Change, Plan, RUNS, Region, is_aws, is_known},
    resolve::{Made, NAMES, holds},
    stateful,
};

/// Attributes that guard what a resource holds, with the value that takes the guard away: they stand in the state and act when
/// the resource goes.
const GUARDS: [(&str, bool); 10] = [
    ("skip_final_snapshot", true),
    ("delete_automated_backups", true),
    ("force_destroy", true),
    ("force_delete", true),
    ("skip_destroy", false),
    ("deletion_protection", false),
    ("enable_deletion_protection", false),
    ("enable_key_rotation", false),
    ("enable_termination_protection", false),
    ("is_enabled", false),
];

/// Attributes that may be anything.
const LIGHT: [&str; 4] = ["comment", "description", "tags", "tags_all"];

/// Data sources whose values are secrets.
const SECRETS: [&str; 8] = [
    "aws_ecr_authorization_token",
    "aws_eks_cluster_auth",
    "aws_kms_secret",
    "aws_kms_secrets",
    "aws_secretsmanager_random_password",
    "aws_secretsmanager_secret_version",
    "aws_ssm_parameter",
    "aws_ssm_parameters_by_path",
];

/// Types that are a protection themselves, whose removal no call of their own tells.
const PROTECTIONS: [&str; 4] = [
    "aws_efs_backup_policy",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_versioning",
];

/// Parts of the names of types that no row knows, and what a change of such a thing is.
const FAMILIES: [(Effect, &[&str]); 3] = [
    (Effect::Execute, &["_invocation", "_provisioner"]),
    (Effect::Privilege, &["aws_iam_", "_policy", "_permission", "_grant", "_principal", "_role"]),
    (
        Effect::Network,
        &[
            "security_group",
            "route",
            "vpc",
            "subnet",
            "network",
            "peering",
            "gateway",
            "firewall",
            "_acl",
            "endpoint",
        ],
    ),
];

/// A change as an action, and the calls that it was judged by.
pub(crate) fn action(
    change: &Change,
    plan: &Plan,
    made: &Made<'_>,
    place: Place<'_>,
) -> (Action, Option<Vec<Action>>) {
    let arn = change.attribute("arn");
    let (region, account) = (part(arn, 3), part(arn, 4));
    let stands = plan.configuration.regions.of(&change.configured());
    let region = region.or(match &stands {
        Region::Named(region) => Some(region.as_str()),
        Region::Own => place.region,
        Region::Open => None,
    });
    let place = Place { region, account: account.or(place.account) };
    let (resolved, open) = made.resolved(change, plan);
    let mut judged = Judged::default();
    let calls = match change.managed.then(|| calls::calls(&resolved, place)) {
        None => {
            judged.source(change);
            Some(Vec::new())
        }
        Some(None) => {
            judged.by_type(change);
            None
        }
        Some(Some(calls)) => {
            calls.judged.iter().for_each(|call| judged.call(call, change));
            let say =
                |name: &String| format!("{}: which call carries `{name}` is not known here", change.address);
            let written = plan.configuration.expressions.get(&change.configured());
            // What nobody wrote, and the service tells afterwards: versions, time stamps.
            let told = |name: &&String| {
                change.unknown.get(*name) == Some(&Value::Bool(true))
                    && written.is_some_and(|written| !written.written.contains_key(*name))
            };
            let left = calls.left.iter().filter(|name| !open.contains(name) && !told(name));
            judged.unknowns.extend(left.map(say));
            if place.region.is_none() && stands == Region::Open && change.act.makes() {
                let why = format!(
                    "{}: the region of its provider is not told: write it as a text or a variable",
                    change.address
                );
                judged.unknowns.push(why);
            }
            Some(calls.judged)
        }
    };
    if change.managed && (change.act.makes() || change.act == Act::Update) {
        let weighs = |name: &&String| !LIGHT.contains(&name.as_str());
        let say = |name: &String| format!("{}: `{name}` is known only once it is applied", change.address);
        judged.unknowns.extend(open.iter().filter(weighs).map(say));
    }
    judged.terraform(change, plan);
    if judged.targets.is_empty() {
        judged.targets.push(itself(change, place));
    }
    let told = calls.as_deref().unwrap_or_default();
    let (arguments, secrets) = arguments(change, told);
    let action = Action {
        surface: Surface::Terraform,
        operation: Operation::new(format!("terraform:{}:{}", change.kind, change.act.verb())),
        account: account.map(AccountId::from),
        region: place.region.map(str::to_owned),
        claims: judged.claims,
        targets: judged.targets,
        arguments,
        secrets,
        tokens: Vec::new(),
        writes: writes(change, told),
        writes_on: Default::default(),
        unknowns: judged.unknowns,
        content: Content::Judged,
        stated_reason: None,
    };
    (action, calls)
}

/// What the facts of a call begin with, where those of several calls stand together.
pub fn call_key(call: &Action) -> String {
    let what = json!([call.operation, call.account, call.region, call.arguments]);
    let digest = digest_of("interlock terraform call v1", &what).map(|digest| digest.short());
    format!("{}|", digest.unwrap_or_default())
}

/// A part of an ARN.
fn part(arn: Option<&str>, at: usize) -> Option<&str> {
    arn?.strip_prefix("arn:")?.split(':').nth(at.checked_sub(1)?).filter(|part| !part.is_empty())
}

/// The resource itself, where no call tells what it touches.
fn itself(change: &Change, place: Place<'_>) -> Target {
    let id = change.attribute("arn").unwrap_or(&change.address);
    let name = change.attribute("name").or_else(|| change.attribute("id"));
    Target {
        id: TargetId::new(id),
        kind: Kind::Other,
        name: name.map(str::to_owned),
        account: place.account.map(AccountId::from),
        region: place.region.map(str::to_owned),
        relation: if change.act == Act::Create { Relation::Creates } else { Relation::Acts },
        data: stateful::bears(&change.kind),
        environment: None,
    }
}

#[derive(Default)]
struct Judged {
    claims: Vec<Claim>,
    targets: Vec<Target>,
    unknowns: Vec<String>,
}

impl Judged {
    /// Takes in what one call does.
    fn call(&mut self, call: &Action, change: &Change) {
        let key = LazyCell::new(|| call_key(call));
        let acts: Vec<&Target> =
            call.targets.iter().filter(|target| target.relation == Relation::Acts).collect();
        for claim in &call.claims {
            // What falls on all that one call acts on does not fall on what another does.
            let mut each: Vec<Claim> = match (&claim.target, acts.as_slice()) {
                (None, [_, ..]) => {
                    let on = |target: &&Target| Claim { target: Some(target.id.clone()), ..claim.clone() };
                    acts.iter().map(on).collect()
                }
                _ => vec![claim.clone()],
            };
            // Two calls ask for facts of the same name, each of its own things.
            let tests = each.iter_mut().flat_map(|claim| &mut claim.when);
            tests.for_each(|test| test.fact = format!("{}{}", *key, test.fact));
            each.retain(|claim| !self.claims.contains(claim));
            self.claims.append(&mut each);
        }
        let goes = call.claims.iter().any(|claim| claim.effect == Effect::Destroy);
        for target in &call.targets {
            let mut target = target.clone();
            if goes && target.relation == Relation::Acts && change.act.takes() && holds_data(change) {
                target.data = Bears::Yes;
            }
            match self
                .targets
                .iter_mut()
                .find(|have| have.id == target.id && have.relation == target.relation)
            {
                Some(have) if target.data != Bears::No => have.data = target.data,
                Some(_) => {}
                None => self.targets.push(target),
            }
        }
        let verb = call.operation.verb();
        self.unknowns.extend(call.unknowns.iter().map(|unknown| format!("{verb}: {unknown}")));
    }

    /// What a change of a type is that no call is known of.
    fn by_type(&mut self, change: &Change) {
        let claim = |effect| Claim::plain(effect, format!("{} {}", change.address, change.act));
        if stateful::is_local(&change.kind) {
            // It is in the state and nowhere else.
            if change.act.takes() || change.act == Act::Update {
                self.claims.push(claim(Effect::Update));
            }
            if change.act.makes() {
                self.claims.push(claim(Effect::Create));
            }
            return;
        }
        if change.act.takes() {
            self.claims.push(claim(Effect::Destroy));
        }
        if change.act.makes() {
            self.claims.push(claim(Effect::Create));
        }
        if change.act == Act::Update {
            self.claims.push(claim(Effect::Update));
        }
        if !matches!(change.act, Act::NoOp | Act::Read) {
            let of = |parts: &[&str]| parts.iter().any(|part| change.kind.contains(part));
            let family = FAMILIES.iter().filter(|(_, parts)| of(parts));
            self.claims.extend(family.map(|(effect, _)| claim(*effect)));
        }
        let mutates = change.act.takes() || change.act.makes() || change.act == Act::Update;
        if !change.kind.starts_with("aws_") && mutates {
            self.unknowns.push(format!("no reader here knows `{}`, of {}", change.kind, provider(change)));
        } else if mutates {
            self.unknowns.push(format!("which calls `{}` comes to is not known here", change.kind));
        }
    }

    /// What reading a data source is.
    fn source(&mut self, change: &Change) {
        let address = &change.address;
        let kind = change.kind.as_str();
        let claim = |effect, why: &str| Claim::plain(effect, format!("{address} {why}"));
        if RUNS.contains(&kind) {
            self.claims.push(claim(Effect::Execute, "runs a program, or asks somebody, while it is applied"));
        } else if SECRETS.contains(&kind) {
            self.claims.push(claim(Effect::SensitiveRead, "is a secret, which is read while it is applied"));
        } else {
            self.claims.push(claim(Effect::Read, "is read while it is applied"));
        }
        if !is_known(&change.provider) {
            self.unknowns
                .push(format!("what reading `{kind}`, of {}, does is not known here", provider(change)));
        }
    }

    /// What Terraform itself adds to the calls.
    fn terraform(&mut self, change: &Change, plan: &Plan) {
        let address = &change.address;
        let mut claim = |effect, why: String| self.claims.push(Claim::plain(effect, why));
        match &change.act {
            Act::Unknown(_) => self.unknowns.push(format!("{address} {}", change.act)),
            Act::Forget | Act::ForgetAndCreate => claim(
                Effect::Interrupt,
                format!("{address} stays, and Terraform forgets it: nothing manages it any more"),
            ),
            Act::NoOp if change.imports.is_none() => {
                claim(Effect::Read, format!("{address} {}", change.act));
            }
            _ => {}
        }
        if let Some(id) = &change.imports {
            let why = format!("{address} takes `{id}` into the state: a later plan may change or destroy it");
            claim(Effect::Update, why);
        }
        if change.act.takes() && holds_data(change) {
            let what = stateful::holds(&change.kind).unwrap_or("data");
            claim(Effect::Destroy, format!("{address} {}: {what}", change.act));
        }
        if change.act == Act::Update {
            let different = calls::changed(change);
            let gone = change.after.get("permissions_boundary").is_none_or(Value::is_null);
            if different.contains("permissions_boundary") && gone {
                claim(Effect::GuardRemoval, format!("{address}: its permissions boundary goes"));
            }
            for (guard, gone) in GUARDS {
                if different.contains(guard) && change.after.get(guard) == Some(&Value::Bool(gone)) {
                    claim(Effect::GuardRemoval, format!("{address}: `{guard}` becomes {gone}"));
                }
            }
            for window in ["recovery_window_in_days", "deletion_window_in_days"] {
                let days = |side: &Value| side.get(window).and_then(Value::as_u64);
                if let (Some(before), Some(after)) = (days(&change.before), days(&change.after))
                    && after < before
                {
                    claim(
                        Effect::GuardRemoval,
                        format!("{address}: `{window}` goes from {before} to {after}"),
                    );
                }
            }
            if different.iter().all(|name| name.starts_with("tags")) || self.claims.is_empty() {
                let mut names: Vec<String> = different.into_iter().collect();
                names.sort();
                self.claims.push(Claim::plain(Effect::Update, format!("{address}: {}", names.join(", "))));
            }
        }
        // What goes goes, and what comes comes, also where its attributes are too odd for a call.
        let plainly = [(change.act.takes(), Effect::Destroy), (change.act.makes(), Effect::Create)];
        if self.claims.is_empty() {
            for (_, effect) in plainly.into_iter().filter(|(is, _)| *is) {
                self.claims.push(Claim::plain(effect, format!("{address} {}", change.act)));
            }
        }
        if change.act.takes() && PROTECTIONS.contains(&change.kind.as_str()) {
            self.claims.push(Claim::plain(Effect::GuardRemoval, format!("{address} {}", change.act)));
        }
        if change.act.takes() && change.before.get("recovery_window_in_days") == Some(&json!(0)) {
            self.claims
                .push(Claim::plain(Effect::RecoveryLoss, format!("{address} is deleted with no window")));
        }
        if change.managed && change.kind.starts_with("aws_") && !is_aws(&change.provider) {
            self.unknowns
                .push(format!("{address} is of {}, which is not AWS's own provider", provider(change)));
        }
        let configured = change.configured();
        let runs = plan.configuration.provisioners.iter().filter(|(of, _)| *of == configured);
        if change.act.takes() || change.act.makes() {
            for (_, kind) in runs {
                let why = format!("{address}: its provisioner `{kind}` runs where the plan is applied");
                self.claims.push(Claim::plain(Effect::Execute, why));
            }
        }
    }
}

/// Whether what goes holds data: of what the service deletes only when it is empty, nothing does.
fn holds_data(change: &Change) -> bool {
    let emptied =
        ["force_destroy", "force_delete"].iter().find_map(|name| change.before.get(name)?.as_bool());
    stateful::holds(&change.kind).is_some() && emptied != Some(false)
}

fn provider(change: &Change) -> &str {
    if change.provider.is_empty() { "a provider that is not told" } else { &change.provider }
}

/// The tags that it writes: what a rule may classify by.
fn writes(change: &Change, calls: &[Action]) -> Vec<ClassifierWrite> {
    let mut writes = tags(change);
    let is_name = |write: &&ClassifierWrite| matches!(write, ClassifierWrite::Name(_));
    writes.extend(calls.iter().flat_map(|call| &call.writes).filter(is_name).cloned());
    if change.act == Act::Update {
        let new = |name: &&&str| change.after.get(**name) != change.before.get(**name);
        let name = |name: &&str| change.after.get(*name).and_then(Value::as_str);
        let renamed = NAMES.iter().filter(|name| **name != "arn").filter(new).filter_map(name);
        writes.extend(renamed.map(|name| ClassifierWrite::Name(name.to_owned())));
    }
    writes
}

/// Of them the tags.
fn tags(change: &Change) -> Vec<ClassifierWrite> {
    let tags = |side: &Value| -> Map<String, Value> {
        let all = side.get("tags_all").filter(|tags| tags.is_object()).or_else(|| side.get("tags"));
        all.and_then(Value::as_object).cloned().unwrap_or_default()
    };
    if !(change.act.makes() || change.act == Act::Update) {
        return Vec::new();
    }
    let (before, after) = (tags(&change.before), tags(&change.after));
    let secret = ["/tags", "/tags_all"].iter().any(|at| change.sensitive.1.pointer(at).is_some_and(holds));
    // A secret is no value that anybody classifies by.
    let text = |value: &Value| value.as_str().filter(|_| !secret).map(str::to_owned);
    let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let mut writes: Vec<ClassifierWrite> =
        set.map(|(key, value)| ClassifierWrite::Tag { key: key.clone(), value: text(value) }).collect();
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    // What is not known yet may be any.
    if change.unknown.get("tags_all") == Some(&Value::Bool(true)) && !before.is_empty() {
        writes.push(ClassifierWrite::AllTags);
    } else {
        writes.extend(gone.map(|key| ClassifierWrite::Tag { key: key.clone(), value: None }));
    }
    writes
}

/// What people see of the change, and what of it is secret.
fn arguments(change: &Change, calls: &[Action]) -> (Value, Vec<String>) {
    let mut secrets = Vec::new();
    for (side, marks, value) in
        [("before", &change.sensitive.0, &change.before), ("after", &change.sensitive.1, &change.after)]
    {
        marked(marks, value, &format!("/{side}"), &mut secrets);
        secrets.extend(secrets_in(value).into_iter().map(|at| format!("/{side}{at}")));
    }
    let made: Vec<Value> = calls
        .iter()
        .map(|call| {
            json!({
                "operation": call.operation, "account": call.account, "region": call.region,
                "arguments": call.arguments,
            })
        })
        .collect();
    let mut values = HashSet::new();
    for (marks, value) in [(&change.sensitive.0, &change.before), (&change.sensitive.1, &change.after)] {
        let mut at = Vec::new();
        marked(marks, value, "", &mut at);
        at.iter().filter_map(|at| value.pointer(at)).for_each(|value| texts(value, &mut values));
    }
    for (index, call) in calls.iter().enumerate() {
        let at = format!("/calls/{index}/arguments");
        secrets.extend(call.secrets.iter().map(|secret| format!("{at}{secret}")));
        // What Terraform calls a secret is one under any name.
        same(&values, &call.arguments, &at, &mut secrets);
    }
    outermost(&mut secrets);
    let arguments = json!({
        "address": change.address,
        "previous_address": change.previous,
        "deposed": change.deposed,
        "type": change.kind,
        "provider": change.provider,
        "action": change.act.verb(),
        "reason": change.reason,
        "imports": change.imports,
        "before": change.before,
        "after": change.after,
        "after_unknown": change.unknown,
        "calls": made,
    });
    (arguments, secrets)
}

/// Every text in a value.
fn texts<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) if !text.is_empty() => drop(found.insert(text)),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(values) => values.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// Pointers to texts that are one of these.
fn same(values: &HashSet<&str>, value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if values.contains(text.as_str()) => found.push(at.to_owned()),
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, value)| same(values, value, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            same(values, value, &format!("{at}/{name}"), found);
        }),
        _ => {}
    }
}

/// Pointers to what a tree of marks marks and that is there.
fn marked(marks: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    match (marks, value) {
        (_, Value::Null) => {}
        (Value::Bool(true), _) => found.push(at.to_owned()),
        (Value::Array(marks), Value::Array(values)) => {
            for (index, (marks, value)) in marks.iter().zip(values).enumerate() {
                marked(marks, value, &format!("{at}/{index}"), found);
            }
        }
        (Value::Object(marks), Value::Object(values)) => {
            for (name, marks) in marks {
                if let Some(value) = values.get(name) {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    marked(marks, value, &format!("{at}/{name}"), found);
                }
            }
        }
        _ => {}
    }
}
