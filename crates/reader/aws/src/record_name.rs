//! Names of DNS records. Route 53 answers `*` and the like as octal escapes, letters small, and a dot at the end; a
//! request may write them otherwise, and means the same record.

/// The one spelling of a record's name: letters small, no dot at the end, and an escape `\ooo` only for a byte that is
/// no visible character, or that would read as another thing: a dot within a label, a backslash.
///
/// Two names stand for the same record exactly if their spellings are the same.
pub fn record_name(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    let mut rest = name.trim_end_matches('.').as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, escaped, after) = match escape(rest) {
            Some((byte, after)) => (byte, true, after),
            None => (*first, false, after),
        };
        rest = after;
        let dot = byte == b'.' && !escaped;
        if dot || (byte.is_ascii_graphic() && ![b'.', b'\\'].contains(&byte)) {
            spelled.push(char::from(byte.to_ascii_lowercase()));
        } else {
            spelled.push_str(&format!("\\{byte:03o}"));
        }
    }
    spelled
}

/// The byte of the escape that stands first, and what follows it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (head, after) = text.split_first_chunk::<4>()?;
    let [b'\\', digits @ ..] = head else { return None };
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|one| one.is_ascii_digit()))?;
    Some((u8::from_str_radix(digits, 8).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::record_name;

    #[test]
    fn one_record_has_one_spelling() {
        for same in ["*.example.com", "\\052.example.com.", "*.EXAMPLE.com.", "\\052.\\145xample.com"] {
            assert_eq!(record_name(same), "*.example.com", "{same}");
        }
        assert_eq!(record_name("\\101.example.com"), "a.example.com");
        assert_eq!(record_name("é.com"), record_name("\\303\\251.com."));
    }

    #[test]
    fn other_records_have_others() {
        assert_ne!(record_name("a\\056b.com"), record_name("a.b.com"), "a dot within a label");
        assert_ne!(record_name("a\\134052.com"), record_name("a\\052.com"), "a backslash that is meant");
        // Not three octal digits: no escape.
        for plain in ["a\\05", "a\\09x", "a\\+52b", "a\\777b"] {
            assert!(record_name(plain).starts_with("a\\134"), "{plain}");
        }
    }
}
