//! Names taken apart, for matching members with variables and nouns.

/// Lower case, letters and digits only: `DBInstanceIdentifier` and `db-instance-identifier` become one.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What names are told apart by, without what says that it is a name: `DBInstanceIdentifier` → `dbinstance`.
pub(super) fn stem(name: &str) -> String {
    let plain = plain(name);
    for ending in [
        "namewithpath",
        "identifiers",
        "identifier",
        "names",
        "name",
        "arns",
        "arn",
        "ids",
        "id",
        "url",
        "key",
    ] {
        if let Some(stem) = plain.strip_suffix(ending)
            && !stem.is_empty()
        {
            return stem.to_owned();
        }
    }
    plain
}

/// The singular of an English plural, well enough for API names.
pub(super) fn singular(word: &str) -> String {
    if let Some(root) = word.strip_suffix("ies") {
        return format!("{root}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// The words of a camel-case name: `DBInstanceFromS3` → `DB`, `Instance`, `From`, `S3`.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let starts = letter.is_uppercase()
            && (before.is_none_or(|before| !before.is_uppercase())
                || after.is_some_and(|after| after.is_lowercase()));
        match words.last_mut() {
            Some(word) if !starts => word.push(*letter),
            _ => words.push(letter.to_string()),
        }
    }
    words
}
