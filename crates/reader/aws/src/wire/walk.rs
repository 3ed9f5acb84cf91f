//! What every walk over a shape carries along: the service's shapes, how strict to be, and the unknown members met.

use std::fmt;

use serde_json::Value;

use super::limits::MAX_UNKNOWN;
use crate::ReadError;
use crate::catalogue::{Kind, Location, Member, Service, ShapeId, Structure, TimestampFormat};

/// Where in the parameters a walk stands. Built on the stack, printed only when something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Path::Root, name) => f.write_str(&clip(name)),
            Self::Member(parent, name) => write!(f, "{parent}.{}", clip(name)),
            Self::Item(parent, at) => write!(f, "{parent}[{at}]"),
        }
    }
}

/// A name that somebody else chose, short enough to be shown.
pub(crate) fn clip(name: &str) -> String {
    const LONGEST: usize = 96;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

/// A walk over a shape.
pub(super) struct Walk<'a> {
    pub(super) service: &'a Service,
    /// Requests are read strictly; answers of AWS leniently.
    pub(super) strict: bool,
    unknown: Vec<String>,
    unnamed: usize,
}

impl<'a> Walk<'a> {
    /// For what an agent sent.
    pub(super) fn strict(service: &'a Service) -> Self {
        Self { service, strict: true, unknown: Vec::new(), unnamed: 0 }
    }

    /// For what AWS answered.
    pub(super) fn lenient(service: &'a Service) -> Self {
        Self { service, strict: false, unknown: Vec::new(), unnamed: 0 }
    }

    /// What the shape is.
    pub(super) fn kind(&self, shape: ShapeId) -> Result<&'a Kind, ReadError> {
        match self.service.shape(shape) {
            Some(shape) => Ok(&shape.kind),
            None => Err(ReadError::Malformed("the catalogue lacks a shape".to_owned())),
        }
    }

    /// Notes something that the catalogue does not know. What is noted is held, and never sent on.
    pub(super) fn note(&mut self, what: impl Into<String>) {
        if self.unknown.len() < MAX_UNKNOWN {
            self.unknown.push(what.into());
        } else {
            self.unnamed = self.unnamed.saturating_add(1);
        }
    }

    /// Notes an unknown member of the structure at `path`.
    pub(super) fn note_member(&mut self, path: &Path<'_>, name: &str) {
        self.note(Path::Member(path, name).to_string());
    }

    /// Everything noted.
    pub(super) fn into_unknown(self) -> Vec<String> {
        let mut unknown = self.unknown;
        if self.unnamed > 0 {
            unknown.push(format!("and {} more", self.unnamed));
        }
        unknown
    }

    /// What to make of a value that has not the form that its shape asks for: refused in a request, kept as it is in
    /// an answer.
    pub(super) fn misfit(&self, value: Value, path: &Path<'_>, wanted: &str) -> Result<Value, ReadError> {
        if self.strict { Err(malformed(path, wanted)) } else { Ok(value) }
    }
}

/// `path` is not what it must be. The value is left out: it may be a secret.
pub(super) fn malformed(path: &Path<'_>, wanted: &str) -> ReadError {
    match path {
        Path::Root => ReadError::Malformed(format!("the body is not {wanted}")),
        _ => ReadError::Malformed(format!("`{path}` is not {wanted}")),
    }
}

/// `path` can be read in two ways.
pub(super) fn ambiguous(path: &Path<'_>, why: &str) -> ReadError {
    ReadError::Ambiguous(format!("`{path}` {why}"))
}

/// The parameter at `path` does not fit.
pub(super) fn unwritable(path: &Path<'_>, why: &str) -> ReadError {
    ReadError::Unwritable(format!("`{path}` {why}"))
}

/// How a point in time is written: as the member says, else as the shape says, else as the protocol does.
pub(super) fn time_format(
    kind: &Kind,
    member: Option<&Member>,
    protocol: TimestampFormat,
) -> TimestampFormat {
    let own = if let Kind::Timestamp(own) = kind { *own } else { None };
    member.and_then(|member| member.timestamp).or(own).unwrap_or(protocol)
}

/// Whether a member of the input stands in the body, given that it is (not) a REST protocol's root.
pub(super) fn in_body(member: &Member, rest_root: bool) -> bool {
    !rest_root || member.location == Location::Body
}

/// The object of a structure's parameters, checked to name only members that exist.
pub(super) fn object<'v>(
    structure: &Structure,
    value: &'v Value,
    path: &Path<'_>,
) -> Result<&'v serde_json::Map<String, Value>, ReadError> {
    let object = value.as_object().ok_or_else(|| unwritable(path, "is not an object"))?;
    match object.keys().find(|key| structure.member(key).is_none()) {
        Some(stranger) => Err(unwritable(&Path::Member(path, stranger), "is no parameter of this operation")),
        None => Ok(object),
    }
}
