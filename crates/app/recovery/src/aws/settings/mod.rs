//! Settings that a request writes over: one row a request, one mechanism for all.
//!
//! Kept: of what the request names, the present values, member by member; the whole of what it replaces as a whole. Back:
//! the same request with those values. Compared: those values. Not a way back: a request that names what no row knows, and
//! one that writes where nothing was to be seen, unless the row says what nothing is called.

mod compute;
mod content;
mod network;
mod watch;

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::way::{OWN, Way, at, call, found, is, is_less, list, only, read, step, with, word};

/// One request that writes a setting.
pub(super) struct Setting {
    /// The way: `efs/backup-policy`.
    name: &'static str,
    service: &'static str,
    operation: &'static str,
    /// What names the thing: sent again as it was sent.
    ids: &'static [&'static str],
    /// What says how it is done: sent again where it was sent.
    how: &'static [&'static str],
    members: &'static [Member],
    /// Whether the request replaces all members, those too that it does not name.
    whole: bool,
    /// The read that tells the present values.
    read: &'static str,
    asks: fn(&Deed) -> Value,
    /// Where the thing stands in the answer.
    record: &'static str,
    terms: On,
}

/// One member of the request.
struct Member {
    /// Its name in the request.
    sent: &'static str,
    /// Where the record tells it.
    told: &'static str,
    form: Form,
}

/// How a record tells what a request sends.
enum Form {
    /// Written member by member: what the request does not name stays.
    Merged,
    /// The same, and where nothing is told this JSON stands for it.
    Or(&'static str),
    /// Written as a whole.
    Whole,
    /// The same; a request takes only these members of it.
    Only(&'static [&'static str]),
    /// Written as a whole; a request takes only these members of the elements of this list in it.
    Within(&'static str, &'static [&'static str]),
    /// A word that stands for yes when it begins so.
    Begins(&'static str),
}

/// On what terms it is taken back.
enum On {
    /// Exactly, within so many minutes.
    Exact(u32),
    /// The same, unless one of these numbers is made smaller: what is lost then.
    Unless(u32, &'static [&'static str], &'static str),
    /// The same, unless this holds of what is sent and of the state before: what is lost then.
    When(u32, fn(&Value, &Value) -> bool, &'static str),
    /// Never exactly: what is lost.
    Lossy(u32, &'static str),
}

const fn member(sent: &'static str, told: &'static str, form: Form) -> Member {
    Member { sent, told, form }
}

/// Every setting.
pub(super) static WAYS: &[&[Setting]] = &[compute::ROWS, content::ROWS, network::ROWS, watch::ROWS];

/// What of the present value the request writes over: its leaves, nothing where there is none.
fn mirrored(sent: &Value, present: &Value) -> Value {
    let Some(sent) = sent.as_object() else { return present.clone() };
    let inner = |(name, sent): (&String, &Value)| (name.clone(), mirrored(sent, at_name(present, name)));
    Value::Object(sent.iter().map(inner).collect())
}

fn at_name<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Whether something in it is not told.
fn untold(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().any(untold),
        _ => false,
    }
}

impl Member {
    fn kept(&self, sent: Option<&Value>, record: &Value) -> Value {
        let told = at(record, self.told);
        match self.form {
            Form::Merged => mirrored(sent.unwrap_or(&Value::Null), told),
            Form::Or(nothing) if told.is_null() => serde_json::from_str(nothing).unwrap_or_default(),
            Form::Or(_) => mirrored(sent.unwrap_or(&Value::Null), told),
            Form::Whole => told.clone(),
            Form::Only(_) | Form::Within(..) if told.is_null() => Value::Null,
            Form::Only(members) => only(told, members),
            Form::Within(list, members) => {
                let kept = told.get(list).and_then(Value::as_array).into_iter().flatten();
                let kept: Value = kept.map(|one| only(one, members)).collect();
                with(told.clone(), json!({list: kept}))
            }
            Form::Begins(yes) => told.as_str().map_or(Value::Null, |told| Value::Bool(told.starts_with(yes))),
        }
    }
}

impl Setting {
    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.sent == name)
    }

    fn thing<'a>(&self, deed: &'a Deed) -> &'a str {
        let named = self.ids.iter().rev().find_map(|id| deed.arguments.get(*id)?.as_str());
        named.unwrap_or(self.operation)
    }
}

impl Way for Setting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn undoes(&self, deed: &Deed) -> bool {
        if !is(deed, self.service, &[self.operation]) {
            return false;
        }
        let Some(sent) = deed.arguments.as_object() else { return false };
        let known = |name: &String| {
            let name = name.as_str();
            let others = self.ids.iter().chain(self.how).chain(&OWN);
            self.member(name).is_some() || others.clone().any(|other| *other == name)
        };
        self.ids.iter().all(|id| sent.get(*id).is_some_and(Value::is_string))
            && sent.keys().any(|name| self.member(name).is_some())
            && sent.keys().all(known)
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, self.service, self.read, (self.asks)(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, self.service, self.read, &(self.asks)(deed))?;
        let Some(record) = answer.map(|answer| at(answer, self.record)).filter(|record| !record.is_null())
        else {
            return Ok(Value::Null);
        };
        let mut state = Map::new();
        for member in self.members {
            let sent = deed.arguments.get(member.sent).filter(|sent| !sent.is_null());
            if sent.is_some() || self.whole {
                state.insert(member.sent.to_owned(), member.kept(sent, record));
            }
        }
        Ok(Value::Object(state))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        // What a whole replaces need not be there: put back without it, it is not there again.
        let all = before.as_object()?.values().all(|value| self.whole || !untold(value));
        let (minutes, lost) = match self.terms {
            On::Exact(minutes) => (minutes, None),
            On::Unless(minutes, numbers, lost) => {
                let number = |value: &Value, name: &str| at(value, name).as_f64();
                let less = |name: &&str| is_less(number(&deed.arguments, name), number(before, name));
                (minutes, numbers.iter().any(less).then_some(lost))
            }
            On::When(minutes, loses, lost) => (minutes, loses(&deed.arguments, before).then_some(lost)),
            On::Lossy(minutes, lost) => (minutes, Some(lost)),
        };
        all.then(|| match lost {
            Some(lost) => Terms::lossy(minutes, &[lost]),
            None => Terms { minutes, ..Terms::exact() },
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        if now.is_null() {
            return Err("what was set is gone".to_owned());
        }
        let named = [self.ids, self.how].concat();
        let mut was = before.clone();
        if let (false, Some(was)) = (self.whole, was.as_object_mut()) {
            was.retain(|name, value| now.get(name) != Some(&*value));
        }
        let set: Vec<&str> = was.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let name = format!("set {} of {} back", set.join(", "), self.thing(deed));
        let arguments = with(only(&deed.arguments, &named), was.clone());
        Ok(vec![step(name, call(deed, self.service, self.operation, arguments))])
    }
}

/// The named parameters of the deed.
fn same(deed: &Deed, names: &[&str]) -> Value {
    only(&deed.arguments, names)
}

/// One parameter of the deed in a list, as a read takes it.
fn listed(deed: &Deed, name: &str, list: &str) -> Value {
    json!({list: [word(&deed.arguments, &format!("/{name}"))]})
}

#[cfg(test)]
mod tests;
