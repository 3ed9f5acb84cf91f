//! Path templates, taken apart.

/// A path template with its query literals: `/{Bucket}/{Key+}?tagging`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What stands between the slashes. One trailing slash is not a segment: it makes no difference.
    pub segments: Vec<Segment>,
    /// Query keys that must be there, with the value they must have (empty: any spelling of empty).
    pub query: Vec<(&'static str, &'static str)>,
}

/// A segment of a path template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(&'static str),
    /// One segment, not empty.
    Label(&'static str),
    /// One segment or more.
    Greedy(&'static str),
}

impl Route {
    /// Takes a template apart.
    pub fn parse(uri: &'static str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segment =
            |text: &'static str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                Some(label) => label.strip_suffix('+').map_or(Segment::Label(label), Segment::Greedy),
                None => Segment::Literal(text),
            };
        let segments = if path.is_empty() { Vec::new() } else { path.split('/').map(segment).collect() };
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        Self { segments, query }
    }
}
