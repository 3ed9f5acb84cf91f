//! `[[notify]]`: who is told that something waits, by which way, and when.

use std::{path::PathBuf, str::FromStr};

use interlock_action::Millis;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Period;

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;

/// One way by which people are told. None of them decides anything: each leads to the console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// What it is called; what was told is remembered under it.
    pub name: String,
    /// A server that takes signed JSON.
    #[serde(default)]
    pub webhook: Option<String>,
    /// The file with the secret that its messages are signed with, in the home.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// An address that takes what Slack's incoming webhooks take.
    #[serde(default)]
    pub slack: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<MailConfig>,
    /// Told only of what is about this; what no way is about is told by every way.
    #[serde(default)]
    pub about: Option<About>,
    /// Told only of what still waits after so long: whom to ask next.
    #[serde(default = "at_once")]
    pub after: Period,
    /// Told only then; what comes at other times is told when they begin, if it still waits.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// Messages in an hour; what comes beyond is told in one.
    #[serde(default = "twenty")]
    pub per_hour: usize,
}

fn at_once() -> Period {
    Period::seconds(0)
}

fn twenty() -> usize {
    20
}

/// `about = { environment = ["prod*"], service = ["rds"], name = ["school-*"], agent = ["claude"] }`: globs, of which in each list that is
/// given one fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The environment of something that it touches.
    #[serde(default)]
    pub environment: Vec<String>,
    /// The service: `rds`.
    #[serde(default)]
    pub service: Vec<String>,
    /// The id or name of something that it touches.
    #[serde(default)]
    pub name: Vec<String>,
    /// The agent.
    #[serde(default)]
    pub agent: Vec<String>,
}

impl About {
    fn sensible(&self) -> Result<(), String> {
        let all = [&self.environment, &self.service, &self.name, &self.agent];
        if all.iter().all(|list| list.is_empty()) {
            return Err("about: say what of: environment, service, name or agent".to_owned());
        }
        let bad = |glob: &&String| globset::Glob::new(glob).is_err();
        match all.into_iter().flatten().find(bad) {
            Some(bad) => Err(format!("about: `{bad}` is no pattern")),
            None => Ok(()),
        }
    }
}

impl NotifyConfig {
    /// Whether it can be meant.
    pub(crate) fn sensible(&self) -> Result<(), String> {
        let fault = |why: String| Err(format!("[[notify]] \"{}\": {why}", self.name));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return fault("a name of letters, digits and dashes".to_owned());
        }
        if self.per_hour == 0 {
            return fault("per_hour: at least one, or leave the table out".to_owned());
        }
        if let Some(about) = &self.about {
            about.sensible().or_else(fault)?;
        }
        let address = match (&self.webhook, &self.slack, &self.email) {
            (Some(address), None, None) | (None, Some(address), None) => address,
            (None, None, Some(mail)) => return mail.sensible().or_else(fault),
            _ => return fault("give `webhook`, `slack` or `email`, and one of them".to_owned()),
        };
        if self.webhook.is_some() != self.secret_file.is_some() {
            return fault("a webhook is signed: name its `secret_file`; Slack takes none".to_owned());
        }
        let parsed: Result<http::Uri, _> = address.parse();
        if !parsed.is_ok_and(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")))
        {
            return fault(format!("`{address}` is no address"));
        }
        Ok(())
    }
}

/// `email = { server = "smtps://mail.example", from = "interlock@example.com", to = ["bo@example.com"] }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// `smtps://HOST`, `smtp://HOST?tls=required` for STARTTLS, or `smtp://HOST` in the clear.
    pub server: String,
    /// Who it is from.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
    /// Who signs in there; without one, whoever it is from.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the password, in the home; without one nobody signs in.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

impl MailConfig {
    fn sensible(&self) -> Result<(), String> {
        if !["smtp://", "smtps://"].iter().any(|scheme| self.server.starts_with(scheme)) {
            return Err(format!("email: `{}` is no `smtp://` or `smtps://` address", self.server));
        }
        if self.server.contains('@') {
            return Err("email: no name or password in the address: `user` and `password_file`".to_owned());
        }
        if self.to.is_empty() || !self.to.iter().chain([&self.from]).all(|address| address.contains('@')) {
            return Err("email: `from` and at least one `to`, each an address".to_owned());
        }
        if self.password_file.is_some()
            && !self.server.starts_with("smtps://")
            && !self.server.contains("tls=required")
        {
            return Err(
                "email: a password is not sent in the clear: `smtps://` or `?tls=required`".to_owned()
            );
        }
        Ok(())
    }
}

/// Hours of a week: `Mon-Fri 08:00-18:00 +01:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The first and the last day, Monday being 0.
    days: (u64, u64),
    /// From this minute of the day, up to and not including that one.
    minutes: (u64, u64),
    /// Minutes ahead of UTC.
    ahead: i64,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Hours {
    /// Whether this time is among them.
    pub fn contain(&self, now: Millis) -> bool {
        let ahead = self.ahead.saturating_mul(60_000);
        let local = now.checked_add_signed(ahead).unwrap_or(now);
        // The first of January 1970 was a Thursday.
        let day = (local / DAY + 3) % 7;
        let minute = local % DAY / MINUTE;
        let (first, last) = self.days;
        let (from, to) = self.minutes;
        (first..=last).contains(&day) && (from..to).contains(&minute)
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` are no hours like `Mon-Fri 08:00-18:00 +01:00`");
        let mut words = text.split_whitespace();
        let (Some(days), Some(clock), zone, None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad());
        };
        let day = |name: &str| DAYS.iter().position(|day| *day == name).and_then(|at| u64::try_from(at).ok());
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let days = (day(first).ok_or_else(bad)?, day(last).ok_or_else(bad)?);
        let (from, to) = clock.split_once('-').ok_or_else(bad)?;
        let minutes = (minute(from).ok_or_else(bad)?, minute(to).ok_or_else(bad)?);
        let zone = zone.unwrap_or("+00:00");
        let ahead = match zone.split_at_checked(1).ok_or_else(bad)? {
            ("+", clock) => i64::try_from(minute(clock).ok_or_else(bad)?).map_err(|_| bad())?,
            ("-", clock) => -i64::try_from(minute(clock).ok_or_else(bad)?).map_err(|_| bad())?,
            _ => return Err(bad()),
        };
        if days.0 > days.1 || minutes.0 >= minutes.1 {
            return Err(bad());
        }
        Ok(Self { days, minutes, ahead })
    }
}

/// `08:30` as minutes of the day.
fn minute(clock: &str) -> Option<u64> {
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = |at: u64| usize::try_from(at).ok().and_then(|at| DAYS.get(at)).copied().unwrap_or_default();
        let ((first, last), (from, to)) = (self.days, self.minutes);
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let ahead = self.ahead.unsigned_abs();
        write!(
            f,
            "{}-{} {:02}:{:02}-{:02}:{:02} {sign}{:02}:{:02}",
            day(first),
            day(last),
            from / 60,
            from % 60,
            to / 60,
            to % 60,
            ahead / 60,
            ahead % 60
        )
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_of_the_week_and_of_their_own_zone() {
        let hours: Hours = "Mon-Fri 08:00-18:00 +01:00".parse().unwrap();
        assert_eq!(hours.to_string(), "Mon-Fri 08:00-18:00 +01:00");
        // Sunday the 22nd of November 2026, and the Monday after it.
        let sunday = 1_795_305_600_000;
        let at = |day: u64, hour: u64| hours.contain(sunday + day * DAY + hour * 60 * MINUTE);
        assert!(!at(0, 12) && at(1, 7) && !at(1, 6) && at(1, 16) && !at(1, 17) && at(5, 10) && !at(6, 10));
        for bad in [
            "",
            "Mon",
            "Mon-Fri",
            "Fri-Mon 08:00-18:00",
            "Mon 18:00-08:00",
            "Mon 25:00-26:00",
            "Mon 08:00-18:00 01:00",
        ] {
            assert!(bad.parse::<Hours>().is_err(), "{bad}");
        }
    }
}
