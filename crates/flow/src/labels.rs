//! What an action writes that classification rules read, and the marks that are Interlock's own.

use interlock_action::{Action, Claim, ClassifierWrite, Effect, POINT, RESTORES, Relation, TargetId};

use crate::{Rules, situate::is_reserved};

/// Writing what a classification rule reads takes a guard away, whatever else it is. Nobody but Interlock writes its own
/// mark, or gives a thing one of its names.
pub(crate) fn guard_classifiers(rules: &Rules, action: &mut Action) {
    let own = |key: &str| key == POINT || key == RESTORES;
    let marks = |write: &&ClassifierWrite| match write {
        ClassifierWrite::Tag { key, .. } => own(key),
        ClassifierWrite::Name(name) => is_reserved(name),
        ClassifierWrite::AllTags => false,
    };
    if action.writes.iter().chain(action.writes_on.values().flatten()).any(|write| marks(&write)) {
        let why = "writes a mark or a name by which Interlock knows what it made itself";
        let mut claim = Claim::plain(Effect::Interlock, why);
        claim.rule = Some("interlock-mark".into());
        action.claims.push(claim);
    }
    let stands = |id: &TargetId| {
        let of =
            |relation| action.targets.iter().any(|target| target.id == *id && target.relation == relation);
        of(Relation::Acts) && !of(Relation::Creates)
    };
    for (id, writes) in action.writes_on.iter().filter(|(id, _)| stands(id)) {
        let Some(what) = writes.iter().find_map(|write| read_by(rules, write)) else { continue };
        let why = format!("changes {what}, by which a rule tells its environment");
        let claim = Claim { target: Some(id.clone()), ..Claim::plain(Effect::GuardRemoval, why) };
        action.claims.push(Claim { rule: Some("classification-write".into()), ..claim });
    }
    let creates_only = action.targets.iter().all(|target| target.relation != Relation::Acts);
    if creates_only {
        return;
    }
    if let Some(what) = action.writes.iter().find_map(|write| read_by(rules, write)) {
        let why = format!("changes {what}, by which a rule tells its environment");
        let mut claim = Claim::plain(Effect::GuardRemoval, why);
        claim.rule = Some("classification-write".into());
        action.claims.push(claim);
    }
}

/// What a rule reads of this.
fn read_by(rules: &Rules, write: &ClassifierWrite) -> Option<String> {
    match write {
        ClassifierWrite::Tag { key, .. } if rules.reads_tag(key) => Some(format!("tag `{key}`")),
        ClassifierWrite::Tag { key, .. } if key == "Name" && rules.reads_names() => {
            Some("the tag `Name`".to_owned())
        }
        ClassifierWrite::AllTags if rules.reads_tags() => Some("every tag".to_owned()),
        ClassifierWrite::Name(_) if rules.reads_names() => Some("the name".to_owned()),
        _ => None,
    }
}
