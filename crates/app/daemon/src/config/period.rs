//! Lengths of time in a configuration: `"90s"`, `"10m"`, `"24h"`, `"7d"`.

use std::{fmt, str::FromStr};

use interlock_action::Millis;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Millis);

impl Period {
    /// That many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }
    /// That many minutes.
    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes * 60_000)
    }
    /// That many hours.
    pub const fn hours(hours: u64) -> Self {
        Self(hours * 3_600_000)
    }
    /// That many days.
    pub const fn days(days: u64) -> Self {
        Self(days * 86_400_000)
    }
    /// In milliseconds.
    pub fn millis(self) -> Millis {
        self.0
    }
}

impl FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a length of time like `90s`, `10m`, `24h` or `7d`");
        let unit = text.chars().last().ok_or_else(bad)?;
        let factor = match unit {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return Err(bad()),
        };
        let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| bad())?;
        number.checked_mul(factor).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms % 86_400_000 == 0 && ms > 0 => write!(f, "{}d", ms / 86_400_000),
            ms if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            ms if ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
            ms => write!(f, "{}s", ms / 1_000),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
