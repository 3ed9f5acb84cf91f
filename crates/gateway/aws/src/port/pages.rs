//! Answers that come in pages, put together.

use interlock_reader_aws::catalogue::Pages;
use serde_json::{Map, Value};

/// So many pages at most; what remains shows as a token that is still there.
pub(super) const MOST: usize = 50;

/// Names of parameters that bound a page: whoever sets one wants just that page.
const BOUNDS: [&str; 10] = [
    "MaxResults",
    "maxResults",
    "MaxRecords",
    "MaxItems",
    "MaxKeys",
    "Limit",
    "limit",
    "PageSize",
    "pageSize",
    "MaxUploads",
];

/// Whether the caller wants a page of a size of its own.
pub(super) fn bounded(arguments: &Value) -> bool {
    BOUNDS.iter().any(|name| arguments.get(name).is_some())
}

/// The value at a path with alternatives: `NextMarker || Contents[-1].Key`.
fn at<'a>(answer: &'a Value, paths: &str) -> Option<&'a Value> {
    paths.split("||").map(str::trim).find_map(|path| {
        let mut value = answer;
        for part in path.split('.') {
            let (name, last) = part.strip_suffix("[-1]").map_or((part, false), |name| (name, true));
            value = value.get(name)?;
            if last {
                value = value.as_array()?.last()?;
            }
        }
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    })
}

/// The arguments of the next page, if there is one.
pub(super) fn next(pages: &Pages, arguments: &Value, answer: &Value) -> Option<Value> {
    if let Some(more) = pages.more
        && at(answer, more).and_then(Value::as_bool) != Some(true)
    {
        return None;
    }
    let mut next = arguments.as_object().cloned().unwrap_or_else(Map::new);
    let mut found = false;
    for (input, output) in pages.inputs.iter().zip(&pages.outputs) {
        match at(answer, output) {
            Some(token) if next.get(*input) != Some(token) => {
                found = true;
                next.insert((*input).to_owned(), token.clone());
            }
            // The same token again would go round in a circle.
            Some(_) => {}
            None => {
                next.remove(*input);
            }
        }
    }
    found.then_some(Value::Object(next))
}

/// Adds a page to what was read before: lists grow, tokens are those of the last page.
pub(super) fn add(pages: &Pages, sum: &mut Value, page: Value) {
    let Value::Object(page) = page else { return };
    let is_result = |name: &str| pages.results.iter().any(|path| path.split(['.', '[']).next() == Some(name));
    let Value::Object(sum) = sum else { return };
    for name in tokens(pages) {
        sum.remove(&name);
    }
    for (name, value) in page {
        match (sum.get_mut(&name), value) {
            (Some(Value::Array(have)), Value::Array(more)) if is_result(&name) || !more.is_empty() => {
                have.extend(more)
            }
            (Some(Value::Object(have)), Value::Object(more)) if is_result(&name) => merge(have, more),
            (_, value) => {
                sum.insert(name, value);
            }
        }
    }
}

fn merge(have: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (have.get_mut(&name), value) {
            (Some(Value::Array(have)), Value::Array(more)) => have.extend(more),
            (_, value) => {
                have.insert(name, value);
            }
        }
    }
}

fn tokens(pages: &Pages) -> Vec<String> {
    let paths = pages.outputs.iter().flat_map(|paths| paths.split("||"));
    paths.map(str::trim).filter(|path| !path.contains(['.', '['])).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_followed_and_added_up() {
        let pages = Pages {
            inputs: vec!["Marker"],
            outputs: vec!["NextMarker || Items[-1].Key"],
            more: Some("IsTruncated"),
            results: vec!["Items"],
        };
        let first = json!({"Items": [{"Key": "a"}, {"Key": "b"}], "IsTruncated": true});
        let arguments = next(&pages, &json!({"Bucket": "x"}), &first).unwrap();
        assert_eq!(arguments, json!({"Bucket": "x", "Marker": "b"}));
        let mut sum = first;
        let second = json!({"Items": [{"Key": "c"}], "IsTruncated": false});
        assert_eq!(next(&pages, &arguments, &second), None);
        add(&pages, &mut sum, second);
        assert_eq!(sum, json!({"Items": [{"Key": "a"}, {"Key": "b"}, {"Key": "c"}], "IsTruncated": false}));
        // A token that does not move is not followed.
        let stuck = json!({"Items": [], "NextMarker": "b", "IsTruncated": true});
        assert_eq!(next(&pages, &arguments, &stuck), None);
        assert!(bounded(&json!({"MaxKeys": 1})) && !bounded(&json!({"Bucket": "x"})));
    }

    #[test]
    fn the_token_of_the_first_page_does_not_stay() {
        let pages = Pages { inputs: vec!["T"], outputs: vec!["T"], more: None, results: vec!["L"] };
        let mut sum = json!({"L": [1], "T": "t"});
        add(&pages, &mut sum, json!({"L": [2]}));
        assert_eq!(sum, json!({"L": [1, 2]}));
    }
}
