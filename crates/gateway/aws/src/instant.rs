//! Points in time as AWS writes them. The time itself is always a parameter.

/// Seconds since the Unix epoch, UTC.
pub(crate) type Seconds = u64;

const DAY: u64 = 86_400;

/// Year, month and day of a count of days since 1970-01-01 (Hinnant's `civil_from_days`, years 1970 and later).
pub(crate) fn civil(days: u64) -> (u64, u64, u64) {
    let z = days.saturating_add(719_468);
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + u64::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of a date in 1970 or later.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let y = if month <= 2 { year.saturating_sub(1) } else { year };
    let era = y / 400;
    let yoe = y % 400;
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day.saturating_sub(1);
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    (era * 146_097 + doe).saturating_sub(719_468)
}

/// `20150830T123600Z`.
pub(crate) fn basic(at: Seconds) -> String {
    let (year, month, day) = civil(at / DAY);
    let second = at % DAY;
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// `2015-08-30T12:36:00Z`.
#[cfg(test)]
pub(crate) fn iso8601(at: Seconds) -> String {
    let (year, month, day) = civil(at / DAY);
    let second = at % DAY;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn from_parts(year: &str, month: &str, day: &str, hour: &str, minute: &str, second: &str) -> Option<Seconds> {
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    let fits = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    fits.then(|| days(year, month, day) * DAY + hour * 3_600 + minute * 60 + second)
}

/// Reads `20150830T123600Z`.
pub(crate) fn parse_basic(text: &str) -> Option<Seconds> {
    if text.len() != 16 || text.get(8..9)? != "T" || text.get(15..)? != "Z" {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    from_parts(part(0, 4)?, part(4, 6)?, part(6, 8)?, part(9, 11)?, part(11, 13)?, part(13, 15)?)
}

/// Reads `2015-08-30T12:36:00Z`, also with a fraction, which is dropped.
pub(crate) fn parse_iso8601(text: &str) -> Option<Seconds> {
    let (date, time) = text.split_once('T')?;
    let time = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00"))?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let mut date = date.split('-');
    let mut time = time.split(':');
    from_parts(date.next()?, date.next()?, date.next()?, time.next()?, time.next()?, time.next()?)
}

/// Reads the `Date` header's `Mon, 09 Sep 2011 23:36:00 GMT`.
pub(crate) fn parse_http(text: &str) -> Option<Seconds> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)?.saturating_add(1).to_string();
    let mut time = time.split(':');
    from_parts(year, &month, day, time.next()?, time.next()?, time.next()?)
}

/// Now, by the machine's clock.
pub(crate) fn now() -> Seconds {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for at in [0, 951_782_400, 1_440_938_160, 1_709_164_800, 4_102_444_799, 32_503_680_000] {
            assert_eq!(parse_basic(&basic(at)), Some(at));
            assert_eq!(parse_iso8601(&iso8601(at)), Some(at));
        }
        assert_eq!(basic(1_440_938_160), "20150830T123600Z");
        assert_eq!(parse_http("Mon, 09 Sep 2011 23:36:00 GMT"), parse_basic("20110909T233600Z"));
        assert_eq!(parse_iso8601("2015-08-30T12:36:00.123Z"), Some(1_440_938_160));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "20150830T1236000", "2015083aT123600Z", "20151330T123600Z", "+0150830T123600Z"] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
    }
}
