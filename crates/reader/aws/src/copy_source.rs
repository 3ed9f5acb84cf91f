//! What a copy of an object is made of: the value of `x-amz-copy-source` (S3 API Reference, CopyObject).

use crate::wire::uri::encode_path;

/// An object, in one of its versions where that is named.
pub fn copy_source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let object = format!("{bucket}/{}", encode_path(key));
    match version {
        Some(version) => format!("{object}?versionId={version}"),
        None => object,
    }
}

#[cfg(test)]
mod tests {
    use super::copy_source;

    #[test]
    fn keys_are_encoded() {
        assert_eq!(copy_source("b", "a/b c+d?ü.txt", None), "b/a/b%20c%2Bd%3F%C3%BC.txt");
        assert_eq!(copy_source("b", "k", Some("v1")), "b/k?versionId=v1");
    }
}
