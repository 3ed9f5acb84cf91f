//! Breaking the glass, and looking at it afterwards.

use interlock_action::{GlassId, PersonId};
use interlock_api::{Added, BreakGlass, Fault, ReviewGlass, exact, time};
use interlock_approval::KeyStep;
use interlock_flow::{Event, Glass, GlassReview, Guard, LONGEST_GLASS, Record};
use interlock_ledger::{Entry, EntryKind};

use crate::state::Daemon;

const MINUTE: u64 = 60_000;
const MOST_GLOBS: usize = 20;
const LONGEST_GLOB: usize = 200;

impl Daemon {
    /// Breaks it: from now on this person alone decides on what is in its scope.
    pub(crate) async fn break_glass(&self, request: Added<BreakGlass>) -> Result<Glass, Fault> {
        let BreakGlass { incident, scope, minutes } = &request.body;
        let signed = &request.signed;
        sensible(incident, scope, *minutes)?;
        let by = self.authorise_stop("break-glass", incident, &request.body, signed)?;
        by.key.counts(self.now()).map_err(Fault::refused)?;
        self.may_break(&signed.person, by.key.step)?;
        let since = self.now();
        let id = GlassId::new(format!("gl-{}", self.draw().chars().take(10).collect::<String>()));
        let glass = Glass {
            id,
            person: signed.person.clone(),
            incident: incident.clone(),
            reason: signed.reason.clone(),
            scope: scope.clone(),
            since,
            until: since.saturating_add((minutes.saturating_mul(MINUTE)).min(LONGEST_GLASS)),
            reviewed: None,
        };
        let entry = Entry::new(EntryKind::GlassBroken, since)
            .public("glass", &glass.id)
            .public("person", &glass.person)
            .public("incident", &glass.incident)
            .public("scope", &glass.scope)
            .public("until", glass.until)
            .private("reason", &glass.reason);
        let guards =
            vec![Guard::StillSigned(vec![glass.person.clone()]), Guard::NoGlass(glass.person.clone())];
        self.commit(Record { entry, events: vec![Event::Glass { glass: glass.clone() }], guards }).await?;
        tracing::error!(id = %glass.id, person = %glass.person, incident, "THE GLASS IS BROKEN");
        Ok(glass)
    }

    fn may_break(&self, person: &PersonId, step: KeyStep) -> Result<(), Fault> {
        let named = self.config.approval.break_glass.iter().any(|name| name == person.as_str());
        if !named {
            let why = Fault::refused(format!("`{person}` is not among those who may break the glass"));
            return Err(why.hint("people sign who may, beforehand: `[approval] break_glass = [\"NAME\"]`"));
        }
        if step < KeyStep::DeviceBound {
            let why = Fault::refused("it takes a device-bound passkey to break the glass");
            return Err(why.hint("`--key passkey:NAME`, with a passkey that cannot leave its device"));
        }
        let now = self.now();
        let memory = self.memory();
        if memory.solo(now) {
            let why = Fault::refused("whoever works alone stands in for nobody: approve it yourself");
            return Err(why.hint("enrol a second person"));
        }
        match memory.glass_unreviewed(person) {
            Some(last) => {
                let why = format!("nobody has looked at what `{person}` did with {} yet", last.id);
                Err(Fault::refused(why)
                    .hint(format!("somebody else: `interlock break-glass review {}`", last.id)))
            }
            None => Ok(()),
        }
    }

    /// Ends it before its time: anybody's one signature does.
    pub(crate) async fn mend_glass(&self, request: Added<ReviewGlass>) -> Result<Glass, Fault> {
        let (signed, id) = (&request.signed, &request.body.id);
        self.authorise_stop("mend-glass", id.as_str(), &request.body, signed)?;
        let glass = self.glass(id)?;
        let at = self.now();
        let entry = Entry::new(EntryKind::GlassMended, at)
            .public("glass", id)
            .public("person", &signed.person)
            .private("words", &signed.reason);
        let events = vec![Event::GlassMended { glass: id.clone(), at }];
        self.commit(Record { entry, events, guards: Vec::new() }).await?;
        Ok(Glass { until: glass.until.min(at), ..glass })
    }

    fn glass(&self, id: &GlassId) -> Result<Glass, Fault> {
        let found = self.memory().glasses.get(id).cloned();
        found.ok_or_else(|| Fault::not_found(format!("there is no glass `{}`", exact(id.as_str()))))
    }

    /// Says that somebody else has looked at it.
    pub(crate) async fn review_glass(&self, request: Added<ReviewGlass>) -> Result<Glass, Fault> {
        let signed = &request.signed;
        let id = &request.body.id;
        self.authorise("review-glass", id.as_str(), &request.body, signed)?;
        let glass = self.glass(id)?;
        if glass.person == signed.person {
            return Err(Fault::refused("somebody else than who broke it looks at it"));
        }
        if glass.is_broken(self.now()) {
            let why = Fault::conflict("it is broken still: what is to be looked at is not over");
            return Err(why.hint(format!("`interlock break-glass mend {id}` ends it")));
        }
        let review = GlassReview { by: signed.person.clone(), words: signed.reason.clone(), at: self.now() };
        let entry = Entry::new(EntryKind::GlassReviewed, self.now())
            .public("glass", id)
            .public("person", &signed.person)
            .private("words", &signed.reason);
        let events = vec![Event::GlassReviewed { glass: id.clone(), review: review.clone() }];
        self.commit(Record { entry, events, guards: Vec::new() }).await?;
        Ok(Glass { reviewed: Some(review), ..glass })
    }

    /// Every glass, the newest first.
    pub(crate) fn glasses(&self) -> Vec<Glass> {
        let mut all: Vec<Glass> = self.memory().glasses.values().cloned().collect();
        all.sort_by_key(|glass| std::cmp::Reverse(glass.since));
        all
    }

    /// What everybody is told of broken glass, in words.
    pub(crate) fn glass_words(&self) -> Vec<String> {
        let now = self.now();
        let told = |glass: Glass| {
            let Glass { id, person, incident, .. } = &glass;
            if glass.is_broken(now) {
                let (until, scope) = (time(glass.until), glass.scope.join(", "));
                Some(format!(
                    "{person} has broken the glass for {incident} until {until}, over {scope} ({id})"
                ))
            } else if glass.reviewed.is_none() {
                let late = if glass.is_overdue(now) { "is overdue" } else { "is due within 24 hours" };
                Some(format!("a review of {id}, which {person} broke for {incident}, {late}"))
            } else {
                None
            }
        };
        self.glasses().into_iter().filter_map(told).collect()
    }
}

/// Whether it can be meant.
fn sensible(incident: &str, scope: &[String], minutes: u64) -> Result<(), Fault> {
    if incident.trim().is_empty() || incident.len() > 200 {
        return Err(Fault::bad_request("the glass is broken for an incident: say which")
            .hint("`--incident INC-1234`"));
    }
    if minutes == 0 || minutes.saturating_mul(MINUTE) > LONGEST_GLASS {
        return Err(Fault::bad_request(format!("{minutes} minutes: it is broken for 1 to 60")));
    }
    if scope.len() > MOST_GLOBS || scope.iter().any(|glob| glob.len() > LONGEST_GLOB) {
        let why = format!("a scope is at most {MOST_GLOBS} patterns of {LONGEST_GLOB} letters");
        return Err(Fault::bad_request(why));
    }
    if scope.is_empty() || !scope.iter().all(|glob| names(glob)) {
        let why = "the scope names resources: what comes before a `*` says which, and there are no other signs than `*` and `?`";
        return Err(Fault::bad_request(why).hint("`--scope 'school-*'`, as often as it takes"));
    }
    match scope.iter().find(|glob| globset::Glob::new(glob).is_err()) {
        Some(bad) => Err(Fault::bad_request(format!("`{}` is no pattern", exact(bad)))),
        None => Ok(()),
    }
}

/// Whether a pattern begins with letters of a name; of an ARN, behind what says only where it is.
fn names(glob: &str) -> bool {
    let name = if glob.starts_with("arn:") { glob.splitn(6, ':').nth(5).unwrap_or_default() } else { glob };
    let literal = name.split(['*', '?']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:*?@+=,".contains(c);
    glob.chars().all(plain) && literal.chars().filter(|c| c.is_alphanumeric()).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glass_is_broken_for_something_and_for_minutes() {
        let scope = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        assert!(sensible("INC-1", &scope(&["school-*", "arn:aws:rds:*:*:db:school-*"]), 60).is_ok());
        for (incident, globs, minutes) in [
            (" ", &["school-*"][..], 30),
            ("INC-1", &[], 30),
            ("INC-1", &["*"], 30),
            ("INC-1", &["school-*", "**/*"], 30),
            ("INC-1", &["school-["], 30),
            ("INC-1", &["arn:*"], 30),
            ("INC-1", &["arn:aws:*"], 30),
            ("INC-1", &["arn:aws:rds:*:*:*"], 30),
            ("INC-1", &["{*,aaa}"], 30),
            ("INC-1", &["*{,abc}"], 30),
            ("INC-1", &["[a-zA-Z0-9]*"], 30),
            ("INC-1", &["*school"], 30),
            ("INC-1", &["school-*"], 0),
            ("INC-1", &["school-*"], 61),
            ("INC-1", &["school-*"], u64::MAX),
        ] {
            assert!(sensible(incident, &scope(globs), minutes).is_err(), "{incident} {globs:?} {minutes}");
        }
    }
}
