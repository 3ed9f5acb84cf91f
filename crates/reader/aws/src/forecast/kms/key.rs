//! KMS keys.
//!
//! A key whose deletion is scheduled, or that is disabled, opens nothing from that moment on; after the waiting period
//! (7 to 30 days) it is destroyed, and with it whatever only it can open, recovery points among it (KMS Developer Guide,
//! "Deleting AWS KMS keys"). Interlock rewrites the request to the longest waiting period, in which the deletion can be
//! taken back. Keys of AWS's own and replicated primaries are refused. Reads: DescribeKey, ListAliases, ListGrants, and
//! the listings of what the key may close: volumes, databases, file systems, warehouses, caches, secrets, snapshots.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, listed, number, text, texts},
        arn,
        draft::{Draft, leading},
        existence, words,
    },
    users,
};

const ALIASES: &str = "kms aliases";
const GRANTS: &str = "kms grants";
/// The longest waiting period that the service takes.
const LONGEST: u64 = 30;

/// The forecaster of keys.
pub(in crate::forecast) struct Key;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let given = action.arguments.get("KeyId")?.as_str()?;
    let acts = |target: &&interlock_action::Target| {
        target.kind == Kind::Key && target.relation == interlock_action::Relation::Acts
    };
    let built = || TargetId::new(arn::build(action, "kms", &format!("key/{}", arn::last(given))));
    let id = action.targets.iter().find(acts).map_or_else(built, |target| target.id.clone());
    Some((given, id))
}

impl Look for Key {
    fn knows(&self, action: &Action) -> bool {
        let operations =
            ["aws:kms:ScheduleKeyDeletion", "aws:kms:DisableKey", "aws:kms:DeleteImportedKeyMaterial"];
        operations.contains(&action.operation.as_str()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((given, _)) = subject(action) else { return Vec::new() };
        let by_key = json!({ "KeyId": given });
        let mut reads = vec![
            crate::call::read(action, ALIASES, "kms", "ListAliases", by_key.clone()),
            crate::call::read(action, GRANTS, "kms", "ListGrants", by_key),
        ];
        reads.extend(users::reads(action));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((given, id)) = subject(action) else { return };
        let name = arn::last(given);
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "KeyId": record.get("KeyId"),
                "CreationDate": record.get("CreationDate"),
                "KeyState": record.get("KeyState"),
            }),
        );
        let aliases = listed(answers, ALIASES, "Aliases");
        draft.gap(aliases.gap("aliases"));
        let mut names: Vec<&str> = ["/KeyId", "/Arn"].iter().filter_map(|at| text(record, at)).collect();
        let called: Vec<&str> =
            aliases.entries().iter().filter_map(|alias| text(alias, "/AliasName")).collect();
        names.extend(called.iter().map(|alias| alias.trim_start_matches("alias/")));
        if !called.is_empty() {
            draft.depend(format!("programs that go by {}", words::some(&called, 5)));
        }
        grants(answers, draft);
        let (closed, tally) = users::tell(answers, &names, draft);
        let known =
            if called.is_empty() { name.to_owned() } else { format!("{name} ({})", called.join(", ")) };
        refused(name, &id, record, draft);
        match action.operation.verb() {
            "DisableKey" => disable(&known, &id, &closed, draft),
            "ScheduleKeyDeletion" => schedule(action, &known, &id, &closed, draft),
            _ => {
                let what = format!(
                    "the material of key {known} is deleted: it opens nothing until it is imported again"
                );
                draft.change(&id, Kind::Key, leading(action), what);
                lose(&known, "from now on", &closed, draft);
                let why = "only whoever has a copy of the key material can bring it back";
                draft.secure(Securing::Impossible(why.to_owned()));
            }
        }
        for one in &closed {
            draft.depend(format!("closed with it: {one}"));
        }
        draft.unknown(format!(
            "what else key {name} closes (objects, tables, queues, logs, programs' own data) cannot be listed"
        ));
        if action.operation.verb() != "DisableKey" {
            draft.tally(tally);
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unread(action, (&format!("key {name}"), id, Kind::Key), why);
    if action.operation.verb() != "DisableKey" {
        draft.lose_unread(
            &format!("key {name}"),
            format!("whatever only key {name} can open, and nobody could read what that is"),
            why,
        );
    }
}

fn grants(answers: &Answers, draft: &mut Draft) {
    let grants = listed(answers, GRANTS, "Grants");
    draft.gap(grants.gap("grants"));
    let mut to: Vec<&str> =
        grants.entries().iter().filter_map(|grant| text(grant, "/GranteePrincipal")).collect();
    to.sort_unstable();
    to.dedup();
    if !to.is_empty() {
        draft.depend(format!(
            "{} let {} use it",
            words::count(to.len() as u64, "grant"),
            words::some(&to, 5)
        ));
    }
}

/// States in which the service refuses.
fn refused(name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let replicas = texts(record, "/MultiRegionConfiguration/ReplicaKeys", "Region");
    let why = if text(record, "/KeyManager") == Some("AWS") {
        format!("key {name} is AWS's own")
    } else if text(record, "/KeyState") == Some("PendingDeletion") {
        format!("key {name} waits for its deletion already")
    } else if !entries(record, "/MultiRegionConfiguration/ReplicaKeys").is_empty() {
        draft.depend(format!("replicas in {}", replicas.join(", ")));
        return;
    } else {
        return;
    };
    draft.change(id, Kind::Key, Effect::Interrupt, format!("{why}: the service will refuse"));
}

fn lose(known: &str, when: &str, closed: &[String], draft: &mut Draft) {
    let what =
        if closed.is_empty() { "nothing of it was found listed".to_owned() } else { closed.join("; ") };
    draft.lose(format!("{when}: whatever only key {known} can open ({what})"));
}

fn disable(known: &str, id: &TargetId, closed: &[String], draft: &mut Draft) {
    let users = if closed.is_empty() { String::new() } else { format!(", among it {}", closed.join("; ")) };
    let what = format!("key {known} cannot be used any more: whatever needs it fails{users}");
    draft.change(id, Kind::Key, Effect::Interrupt, what);
    draft.reversibility = Reversibility::Exact;
}

fn schedule(action: &Action, known: &str, id: &TargetId, closed: &[String], draft: &mut Draft) {
    let days = number(&action.arguments, "/PendingWindowInDays").unwrap_or(LONGEST);
    let what = format!("key {known} cannot be used from now on, and is destroyed after {days} days");
    draft.change(id, Kind::Key, Effect::Destroy, what);
    lose(known, &format!("after {days} days"), closed, draft);
    let mut arguments = action.arguments.clone();
    if let (true, Some(members)) = (days < LONGEST, arguments.as_object_mut()) {
        members.insert("PendingWindowInDays".to_owned(), json!(LONGEST));
    }
    // A shorter window is one, too.
    draft.secure(Securing::Exists);
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    draft.depend(format!(
        "until then the deletion can be taken back: for {days} days, by kms:CancelKeyDeletion"
    ));
    draft.reversibility = Reversibility::FromRecoveryPoint;
}

#[cfg(test)]
mod tests;
