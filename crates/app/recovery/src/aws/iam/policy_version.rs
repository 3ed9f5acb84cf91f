//! The versions of a managed policy: made, made the default, deleted.
//!
//! Kept: the document of every version, and which is the default. Back: the default is set, a version that is too much is
//! deleted, a missing one made again. Compared: the documents. Lost: the number of a version that was deleted.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{
        Way, at, call, found, is, later, list, missing, read, sorted, standing, step, text, what, word,
    },
    inline_policy::{document, spelled},
};

/// The way.
pub(super) struct PolicyVersion;

const OPERATIONS: &[&str] = &["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"];

fn policy(deed: &Deed) -> Option<&str> {
    text(deed, "/PolicyArn").filter(|_| is(deed, "iam", OPERATIONS))
}

fn versions<'a>(deed: &Deed, answers: &'a Answers) -> Result<&'a [Value], String> {
    let arguments = json!({"PolicyArn": policy(deed)});
    let answer = found(answers, "iam", "ListPolicyVersions", &arguments)?;
    Ok(list(answer.ok_or("the policy is not there")?, "/Versions"))
}

fn asks(deed: &Deed, version: &str) -> Value {
    json!({"PolicyArn": policy(deed), "VersionId": version})
}

/// The number of a version: `v12` is 12.
fn number(id: &str) -> u64 {
    id.trim_start_matches('v').parse().unwrap_or(0)
}

impl Way for PolicyVersion {
    fn name(&self) -> &'static str {
        "iam/policy-version"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        policy(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "iam", "ListPolicyVersions", json!({"PolicyArn": policy(deed)}))];
        let known = versions(deed, so_far).unwrap_or_default().iter();
        let ids = known.filter_map(|version| word(version, "/VersionId"));
        reads.extend(ids.map(|id| read(deed, "iam", "GetPolicyVersion", asks(deed, id))));
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let (mut documents, mut ids, mut default) = (Vec::new(), Map::new(), Value::Null);
        for version in versions(deed, answers)? {
            let id = word(version, "/VersionId").ok_or("a version has no id")?;
            let answer = found(answers, "iam", "GetPolicyVersion", &asks(deed, id))?;
            let answer = answer.ok_or("a version went while it was read")?;
            let document = document(Some(at(answer, "/PolicyVersion/Document")));
            if at(version, "/IsDefaultVersion") == &Value::Bool(true) {
                default = document.clone();
            }
            documents.push(document.clone());
            ids.insert(id.to_owned(), document);
        }
        let is = json!({"default": default, "versions": sorted(documents)});
        Ok(standing(is, json!({"ids": ids})))
    }

    fn terms(&self, deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(match is(deed, "iam", &["DeletePolicyVersion"]) {
            true => Terms::lossy(1, &["the version's number"]),
            false => Terms::exact(),
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let policy = policy(deed).ok_or("the policy is not named")?;
        let (was, is) = (what(before), what(now));
        let ids = at(now, "/handle/ids").as_object().ok_or("the versions are not told")?;
        // Of versions that say the same, the one that was there is meant.
        let known = |id: &str| at(before, "/handle/ids").get(id).is_some();
        let mut steps = Vec::new();
        let mut made: Vec<Value> = missing(at(is, "/versions"), at(was, "/versions"));
        made.dedup();
        for (place, document) in made.iter().enumerate() {
            let arguments = json!({"PolicyArn": policy, "PolicyDocument": spelled(document)});
            let name = format!("make version {} of {policy} again", place.saturating_add(1));
            steps.push(step(name, call(deed, "iam", "CreatePolicyVersion", arguments)));
        }
        if at(was, "/default") != at(is, "/default") {
            let ours = ids.iter().filter(|(_, document)| *document == at(was, "/default"));
            let id = ours.max_by_key(|(id, _)| (known(id), number(id))).map(|(id, _)| id);
            let name = format!("make the version that was the default of {policy} the default again");
            steps.push(match id {
                Some(id) => step(name, call(deed, "iam", "SetDefaultPolicyVersion", asks(deed, id))),
                None => later(name),
            });
        }
        for (id, _) in ids.iter().filter(|(id, _)| !known(id)) {
            // One that was made again on the way is none too much.
            let same = |of: &Value, document: &Value| {
                list(of, "/versions").iter().filter(|one| *one == document).count()
            };
            let document = ids.get(id).unwrap_or(&Value::Null);
            if same(is, document) > same(was, document) {
                let name = format!("delete version {id} of {policy}");
                steps.push(step(name, call(deed, "iam", "DeletePolicyVersion", asks(deed, id))));
            }
        }
        Ok(steps)
    }
}
