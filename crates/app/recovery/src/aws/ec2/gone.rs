//! What comes back under another id: found by the tag that says what it restores.

use interlock_action::{Answers, Deed, Read};
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

    fn by_tag(&self, id: &str) -> Value {
        json!({self.filters: [{"Name": format!("tag:{RESTORES}"), "Values": [id]}]})
    }

    /// The reads of the thing that has this id, and of the one that restores it.
    pub(super) fn reads(&self, deed: &Deed, id: &str) -> Vec<Read> {
        [self.by_id(id), self.by_tag(id)].map(|by| read(deed, "ec2", self.describe, by)).into()
    }

    /// Whichever of the two is there.
    pub(super) fn current<'a>(
        &self,
        answers: &'a Answers,
        id: &str,
        there: impl Fn(&Value) -> bool,
    ) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, "ec2", self.describe, &self.by_id(id))?;
        let own = answer.and_then(|answer| list(answer, self.list).iter().find(|one| there(one)));
        if own.is_some() {
            return Ok(own);
        }
        let answer = found(answers, "ec2", self.describe, &self.by_tag(id))?;
        let all = answer.map_or(&[][..], |answer| list(answer, self.list));
        let mut again = all.iter().filter(|one| there(one) && restores(one, id));
        match (again.next(), again.next()) {
            (Some(_), Some(_)) => Err(format!("more than one says that it restores {id}")),
            (one, _) => Ok(one),
        }
    }
}

/// Whether a thing says that it restores another. That the service was asked for such ones only is not relied on.
pub(super) fn restores(thing: &Value, gone: &str) -> bool {
    let ours = |tag: &Value| word(tag, "/Key") == Some(RESTORES) && word(tag, "/Value") == Some(gone);
    list(thing, "/Tags").iter().any(ours)
}

/// The tags that a thing is made with in place of one that is gone.
pub(super) fn tagged(kind: &str, tags: &Value, gone: &str) -> Value {
    json!([{"ResourceType": kind, "Tags": tags_of_another(tags, gone)}])
}
