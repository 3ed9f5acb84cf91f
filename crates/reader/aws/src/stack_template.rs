//! Texts of CloudFormation templates, looked at as texts: what runs when one is worked out, and what is fetched for it.
//!
//! JSON or YAML, and nobody here parses YAML as the service does. A word counts wherever it stands and however it is
//! escaped: one too many holds a request, one too few would run somebody's code.

/// Whether working it out runs code or takes in other text: a macro, `AWS::Include`, any transform.
pub(crate) fn expands(body: &str) -> bool {
    // A tag directive may put together a tag out of two halves.
    let directive = body.lines().any(|line| line.starts_with("%TAG"));
    directive || says(body, "Transform")
}

/// What of it CloudFormation fetches from elsewhere, each time that it works it out.
pub(crate) fn fetches(body: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    if says(body, "TemplateURL") {
        found.push("templates of nested stacks");
    }
    let spelled = spelled(body);
    let has = |words: &str| body.contains(words) || spelled.contains(words);
    if has("{{resolve:") {
        found.push("dynamic references");
    }
    if has("AWS::SSM::Parameter::") {
        found.push("values of parameters in Systems Manager");
    }
    found
}

/// The marks in it by which Interlock knows what it made itself.
pub(crate) fn marks(body: &str) -> Vec<&'static str> {
    let spelled = spelled(body);
    let has = |mark: &&str| body.contains(*mark) || spelled.contains(*mark);
    [interlock_action::POINT, interlock_action::RESTORES].into_iter().filter(has).collect()
}

/// Whether the word stands there by itself, as written or once escapes are resolved. Both count: what would be an escape
/// in a quoted text is none in a plain one.
fn says(body: &str, word: &str) -> bool {
    has_word(body, word) || has_word(&spelled(body), word)
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        ![before, after].into_iter().flatten().any(|letter| letter.is_ascii_alphanumeric())
    })
}

/// The text with the escapes resolved that JSON and YAML have for letters: `\xHH`, `\uHHHH`, `\UHHHHHHHH`, `%HH` in a
/// tag, and a line broken within quotes.
pub(crate) fn spelled(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let escaped = match first {
            '\\' => match after.chars().next() {
                Some('x') => letter(after.get(1..), 2),
                Some('u') => letter(after.get(1..), 4),
                Some('U') => letter(after.get(1..), 8),
                Some('\n' | '\r') => {
                    rest = after.trim_start();
                    continue;
                }
                _ => None,
            },
            '%' => letter(Some(after), 2),
            _ => None,
        };
        let (letter, after) = escaped.unwrap_or((first, after));
        text.push(letter);
        rest = after;
    }
    text
}

/// The letter of so many hexadecimal digits, and what follows them.
fn letter(text: Option<&str>, digits: usize) -> Option<(char, &str)> {
    let (number, after) = text?.split_at_checked(digits)?;
    let code = u32::from_str_radix(number, 16).ok()?;
    Some((char::from_u32(code)?, after))
}

#[cfg(test)]
mod tests {
    use super::{expands, fetches};

    #[test]
    fn a_transform_is_seen_however_it_is_written() {
        for body in [
            r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {}}"#,
            r#"{"Tr\u0061nsform": ["Count"], "Resources": {}}"#,
            r#"{"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}"#,
            "Transform: Evil\nResources: {}\n",
            "Description: a\\\nTransform: Evil\nResources: {}\n",
            "\"\\x54ransform\": Evil\n",
            "? \"Trans\\\n   form\"\n: Evil\n",
            "Resources:\n  A: !Transform {Name: Evil}\n",
            "Resources:\n  A: !Tr%61nsform {Name: Evil}\n",
            "%TAG !e! !Trans\n---\nResources:\n  A: !e!form {Name: Evil}\n",
        ] {
            assert!(expands(body), "{body}");
        }
    }

    #[test]
    fn other_words_are_no_transform() {
        for body in [
            "Resources:\n  W: {Type: AWS::WAFv2::WebACL, TextTransformations: []}\n",
            "Resources:\n  M: {Type: AWS::Glue::MLTransform}\n",
            r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#,
        ] {
            assert!(!expands(body), "{body}");
            assert!(fetches(body).is_empty(), "{body}");
        }
    }

    #[test]
    fn what_is_fetched_again_is_named() {
        let body = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>'}}
Resources: {S: {Properties: {TemplateURL: 'https://a/b'}}, D: {Properties: {P: '{{resolve:ssm:/a:1}}'}}}";
        assert_eq!(fetches(body).len(), 3);
    }
}
