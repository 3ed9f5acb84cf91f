//! Who has signed in. A visit shows pages and carries a form's own token; it decides nothing.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use interlock_action::{Digest, Millis, PersonId};
use interlock_approval::FRESH;
use sha2::{Digest as _, Sha256};

use crate::{By, Console, Standing};

const MINUTE: Millis = 60_000;
/// A visit that nobody used for so long is over.
const IDLE: Millis = 30 * MINUTE;
/// No visit is longer.
const LONGEST: Millis = 12 * 60 * MINUTE;
/// So many at once; the one that was used last longest ago goes.
const MOST: usize = 1_000;
/// So many of one person, who drives out nobody else's.
const MOST_OF_ONE: usize = 10;

/// A person's visit.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Who.
    pub(crate) person: PersonId,
    /// What they came in by.
    pub(crate) by: By,
    /// What their forms carry.
    pub(crate) token: String,
    /// Their key is suspended.
    pub(crate) suspended: bool,
    since: Millis,
    seen: Millis,
}

/// All visits, by the digest of what their cookie says.
#[derive(Default)]
pub(crate) struct Visitors(HashMap<[u8; 32], Visitor>);

impl Visitors {
    /// Begins a visit under what was drawn for its cookie.
    pub(crate) fn begin(&mut self, cookie: &str, token: String, (person, by): (PersonId, By), now: Millis) {
        self.0.retain(|_, visitor| visitor.is_on(now));
        let own = |visitor: &Visitor| visitor.person == person;
        if self.0.values().filter(|visitor| own(visitor)).count() >= MOST_OF_ONE {
            self.drop_oldest(own);
        } else if self.0.len() >= MOST {
            self.drop_oldest(|_| true);
        }
        let visitor = Visitor { person, by, token, suspended: false, since: now, seen: now };
        self.0.insert(digest(cookie), visitor);
    }

    fn drop_oldest(&mut self, of: impl Fn(&Visitor) -> bool) {
        let of = self.0.iter().filter(|(_, visitor)| of(visitor));
        if let Some(oldest) = of.min_by_key(|(_, visitor)| visitor.seen).map(|(digest, _)| *digest) {
            self.0.remove(&oldest);
        }
    }

    /// Whose cookie it is.
    pub(crate) fn find(&mut self, cookie: &str, now: Millis) -> Option<Visitor> {
        let visitor = self.0.get_mut(&digest(cookie)).filter(|visitor| visitor.is_on(now))?;
        visitor.seen = now;
        Some(visitor.clone())
    }

    /// Ends a visit.
    pub(crate) fn end(&mut self, cookie: &str) {
        self.0.remove(&digest(cookie));
    }
}

impl Visitor {
    fn is_on(&self, now: Millis) -> bool {
        now < self.seen.saturating_add(IDLE) && now < self.since.saturating_add(LONGEST)
    }
}

fn digest(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie).into()
}

/// A cookie of the console's. Where the site speaks TLS no other site of its domain can set it.
#[derive(Clone, Copy)]
pub(crate) struct Cookie {
    /// What it is called, after its beginning.
    name: &'static str,
    /// How long a browser keeps it.
    seconds: Millis,
}

/// Whose visit it is.
pub(crate) const VISIT: Cookie = Cookie { name: "interlock", seconds: LONGEST / 1_000 };
/// Which sign-in by a provider was begun in this browser.
pub(crate) const BEGUN: Cookie = Cookie { name: "interlock-sign-in", seconds: FRESH / 1_000 };

impl Cookie {
    fn named(self, console: &Console) -> String {
        format!("{}{}", if console.is_secure() { "__Host-" } else { "" }, self.name)
    }

    /// What a browser is told to keep.
    pub(crate) fn set(self, console: &Console, value: &str) -> String {
        self.line(console, value, self.seconds)
    }

    /// What a browser is told to forget.
    pub(crate) fn drop(self, console: &Console) -> String {
        self.line(console, "", 0)
    }

    fn line(self, console: &Console, value: &str, seconds: Millis) -> String {
        let secure = if console.is_secure() { "; Secure" } else { "" };
        let name = self.named(console);
        // A link from elsewhere leads to the page it names; no form from elsewhere is taken, whatever it carries.
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// What a browser kept.
    pub(crate) fn kept<'h>(self, console: &Console, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.named(console);
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(have, _)| *have == name).map(|(_, value)| value)
    }
}

/// Who sends this, where that is known.
pub(crate) fn known(console: &Console, headers: &HeaderMap) -> Option<PersonId> {
    let (cookie, now) = (VISIT.kept(console, headers)?, console.desk.now());
    console.visitors(|visitors| visitors.find(cookie, now)).map(|visitor| visitor.person)
}

/// Who has signed in, as far as they still may see anything.
pub(crate) fn find(headers: &HeaderMap, console: &Console) -> Option<Visitor> {
    let cookie = VISIT.kept(console, headers)?;
    let now = console.desk.now();
    let visitor = console.visitors(|visitors| visitors.find(cookie, now))?;
    // INVARIANT: whoever is taken out is shown nothing more; whoever is suspended only what they may still stop.
    match console.desk.standing(&visitor.person, &visitor.by) {
        Standing::Counts => Some(visitor),
        Standing::Suspended => Some(Visitor { suspended: true, ..visitor }),
        Standing::Out => {
            console.visitors(|visitors| visitors.end(cookie));
            None
        }
    }
}

impl Visitor {
    /// Whether this is the token of the visit. Compared by digest: how long that takes tells nothing of either.
    pub(crate) fn holds(&self, token: &str) -> bool {
        Digest::of(token.as_bytes()) == Digest::of(self.token.as_bytes())
    }

    /// Whether the same visit still shows what it showed when it began.
    pub(crate) fn still(&self, console: &Console) -> bool {
        let now = console.desk.now();
        console
            .visitors(|visitors| visitors.0.values().any(|have| have.token == self.token && have.is_on(now)))
            && console.desk.standing(&self.person, &self.by) == Standing::Counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitors() -> Visitors {
        let mut visitors = Visitors::default();
        visitors.begin("one", "token".to_owned(), ("ana".into(), By::Key("SHA256:a".to_owned())), 0);
        visitors
    }

    #[test]
    fn a_visit_ends_by_itself_and_by_leaving() {
        let mut all = visitors();
        assert_eq!(all.find("one", 10).map(|visitor| visitor.person), Some("ana".into()));
        assert!(all.find("two", 10).is_none());
        assert!(all.find("one", 10 + IDLE).is_none(), "idle");
        let mut all = visitors();
        let mut now = 0;
        while now < LONGEST - MINUTE {
            now += 20 * MINUTE;
            all.find("one", now.min(LONGEST - 1));
        }
        assert!(all.find("one", LONGEST - 1).is_some() && all.find("one", LONGEST).is_none(), "too long");
        let mut all = visitors();
        all.end("one");
        assert!(all.find("one", 1).is_none());
    }

    #[test]
    fn there_are_only_so_many() {
        let mut all = visitors();
        for n in 0..MOST {
            let at = 1 + u64::try_from(n).unwrap_or_default();
            all.begin(
                &format!("c{n}"),
                String::new(),
                (format!("bo{}", n / 8).as_str().into(), By::Key(String::new())),
                at,
            );
        }
        assert_eq!(all.0.len(), MOST);
        for n in 0..100 {
            all.begin(&format!("d{n}"), String::new(), ("cy".into(), By::Key(String::new())), 5_000 + n);
        }
        assert_eq!(all.0.values().filter(|visitor| visitor.person == "cy".into()).count(), MOST_OF_ONE);
        assert!(all.find("one", 2).is_none(), "the oldest went");
    }
}
