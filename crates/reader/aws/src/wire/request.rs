//! A request as it stands on the wire, before anything is believed about it.

/// An HTTP request. Header names are lower-case; path and query are raw, as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, upper-case.
    pub method: String,
    /// The raw path, percent-encoding untouched.
    pub path: String,
    /// The raw query, without `?`.
    pub query: String,
    /// Names lower-case, in the order sent, repeated ones kept.
    pub headers: Vec<(String, String)>,
    /// What follows.
    pub body: Body,
}

/// A request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Bytes(Vec<u8>),
    /// It streams past and is not judged.
    Streamed {
        /// As declared.
        length: Option<u64>,
    },
}

impl Request {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// The part of a SigV4 credential scope that says what the request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `us-east-1`.
    pub region: String,
    /// The signing name: `rds`.
    pub service: String,
}
