//! Sizes, counts and lists in plain words.

/// A size in bytes: `1.5 GB`, decimal as AWS bills it.
pub(super) fn bytes(size: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    for (unit, one) in UNITS {
        if size >= one {
            let tenths = size.saturating_mul(10) / one;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{size} bytes")
}

/// A number with thousands separated: `1,943,200`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 item`, `3 items`, `2 policies`.
pub(super) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {}", thousands(number), several(one)) }
}

/// More than one: `items`, `policies`.
pub(super) fn several(one: &str) -> String {
    match one.strip_suffix("cy") {
        Some(stem) => format!("{stem}cies"),
        None => format!("{one}s"),
    }
}

/// The first names of a list, and how many more there are.
pub(super) fn some<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let mut shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let more = format!("{} more", names.len().saturating_sub(most));
    if names.len() > most {
        shown.push(&more);
    }
    shown.join(", ")
}
