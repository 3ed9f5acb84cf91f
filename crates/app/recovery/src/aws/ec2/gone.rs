//! What Interlock made for a deed, and what comes back under another id: found by the tag that says what it restores, and in which run.

use interlock_action::{Answers, Deed, POINT, Read};
use serde_json::{Value, json};

use super::super::way::{RESTORES, found, list, read, tags_of_another, word};

/// A kind of thing, and how it is looked up.
pub(super) struct Things {
    /// The describe operation.
    pub(super) describe: &'static str,
    /// Its member that takes ids.
    pub(super) ids: &'static str,
    /// Its member that takes filters.
    pub(super) filters: &'static str,
    /// Where the list of them stands in the answer.
    pub(super) list: &'static str,
}

impl Things {
    fn by_id(&self, id: &str) -> Value {
        json!({self.ids: [id]})
    }

    fn by_mark(&self, deed: &Deed, id: &str) -> Option<Value> {
        Some(json!({self.filters: [marked(deed, id)?]}))
    }

    /// The reads of the thing that has this id, and of the one that restores it.
    pub(super) fn reads(&self, deed: &Deed, id: &str) -> Vec<Read> {
        let both = [Some(self.by_id(id)), self.by_mark(deed, id)];
        both.into_iter().flatten().map(|by| read(deed, "ec2", self.describe, by)).collect()
    }

    /// Whichever of the two is there.
    pub(super) fn current<'a>(
        &self,
        deed: &Deed,
        answers: &'a Answers,
        id: &str,
        there: impl Fn(&Value) -> bool,
    ) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, "ec2", self.describe, &self.by_id(id))?;
        let own = answer.and_then(|answer| list(answer, self.list).iter().find(|one| there(one)));
        if own.is_some() {
            return Ok(own);
        }
        let Some(by) = self.by_mark(deed, id) else { return Ok(None) };
        let answer = found(answers, "ec2", self.describe, &by)?;
        let all = answer.map_or(&[][..], |answer| list(answer, self.list));
        again(deed, id, all.iter().filter(|one| there(one)))
    }
}

/// What a service is asked for where it knows what restores a thing by its mark; nothing before an undo has begun.
pub(super) fn marked(deed: &Deed, gone: &str) -> Option<Value> {
    Some(json!({"Name": format!("tag:{RESTORES}"), "Values": [deed.mark(gone)?]}))
}

/// The one of these that the undo of the deed made in place of what is gone. That the service was asked for such ones only is
/// not relied on.
pub(super) fn again<'a>(
    deed: &Deed,
    gone: &str,
    all: impl Iterator<Item = &'a Value>,
) -> Result<Option<&'a Value>, String> {
    let Some(mark) = deed.mark(gone) else { return Ok(None) };
    let ours = |tag: &Value| word(tag, "/Key") == Some(RESTORES) && word(tag, "/Value") == Some(&mark);
    let mut all = all.filter(|one| list(one, "/Tags").iter().any(ours));
    match (all.next(), all.next()) {
        (Some(_), Some(_)) => Err(format!(
            "more than one is tagged {RESTORES}={mark}: look which of them the undo made, and take the tag off the others"
        )),
        (one, _) => Ok(one),
    }
}

/// Whether Interlock made a thing as a recovery point for the deed. That the service was asked for such ones only is not relied
/// on.
pub(super) fn made_for(deed: &Deed, thing: &Value) -> bool {
    let made = |tag: &Value| {
        word(tag, "/Key") == Some(POINT)
            && word(tag, "/Value").is_some_and(|name| deed.points.iter().any(|point| point == name))
    };
    list(thing, "/Tags").iter().any(made)
}

/// The tags that a thing is made with in place of one that is gone.
pub(super) fn tagged(deed: &Deed, kind: &str, tags: &Value, gone: &str) -> Value {
    json!([{"ResourceType": kind, "Tags": tags_of_another(deed, tags, gone)}])
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, UndoId};

    use super::*;
    use crate::aws::testing;

    const VOLUMES: Things =
        Things { describe: "DescribeVolumes", ids: "VolumeIds", filters: "Filters", list: "/Volumes" };

    fn current(undo: Option<&str>, volumes: &[(&str, &str)]) -> Result<Option<String>, String> {
        let deed = Deed {
            undo: undo.map(UndoId::new),
            ..testing::deed("ec2", "DeleteVolume", json!({"VolumeId": "vol-1"}))
        };
        // A service that does not filter what it is asked.
        let volume =
            |(id, mark): &(&str, &str)| json!({"VolumeId": id, "Tags": [{"Key": RESTORES, "Value": mark}]});
        let all: Vec<Value> = volumes.iter().map(volume).collect();
        let answer = |read: Read| match read.call.arguments.get("VolumeIds") {
            Some(_) => (read.key, Answer::NotFound),
            None => (read.key, Answer::Found(json!({"Volumes": all}))),
        };
        let answers: Answers = VOLUMES.reads(&deed, "vol-1").into_iter().map(answer).collect();
        let found = VOLUMES.current(&deed, &answers, "vol-1", |_| true)?;
        Ok(found.and_then(|one| word(one, "/VolumeId")).map(str::to_owned))
    }

    #[test]
    fn only_what_the_run_itself_made_is_taken_for_what_is_gone() {
        let early = [("vol-8", "vol-1"), ("vol-9", "vol-1/undo-0")];
        assert_eq!(current(None, &early), Ok(None), "no undo has begun");
        assert_eq!(current(Some("undo-1"), &early), Ok(None), "another wrote it before");
        let own = [early[0], early[1], ("vol-2", "vol-1/undo-1")];
        assert_eq!(current(Some("undo-1"), &own), Ok(Some("vol-2".to_owned())));
        let copied = [own[2], ("vol-9", "vol-1/undo-1")];
        let why = current(Some("undo-1"), &copied).unwrap_err();
        assert!(why.contains("interlock:restores=vol-1/undo-1"), "{why}");
    }
}
