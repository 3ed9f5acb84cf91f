//! REST: method and path template, query literals, then required query and header members.

use std::sync::Arc;

use super::{Candidate, host::Host};
use crate::{
    ReadError,
    catalogue::{Location, Operation, Protocol, Segment, Service},
    wire::{Request, uri, walk::clip},
};

/// The path's labels by name, decoded.
type Labels = Vec<(String, String)>;

/// A template that fits the path.
struct Match<'a> {
    service: &'a Arc<Service>,
    operation: &'a Arc<Operation>,
    protocol: Protocol,
    labels: Labels,
    /// For each segment of the template: literal 2, label 1, greedy 0. Compared from the left; higher fits better.
    precision: Vec<u8>,
}

/// The operations that fit best.
pub(super) fn candidates(
    request: &Request,
    pairs: &[(String, String)],
    services: &[Arc<Service>],
    host: &Host,
) -> Result<Vec<Candidate>, ReadError> {
    let path = Path::of(&request.path)?;
    // Queries of presigned requests carry the signature, and newer SDKs name the operation in `x-id`; no service that
    // is known decides by either.
    let keys: Vec<&(String, String)> =
        pairs.iter().filter(|(key, _)| !uri::is_presign_key(key) && key != "x-id").collect();
    let mut fits = Vec::new();
    let mut literals: Vec<(&str, &'static str)> = Vec::new();
    for service in services {
        let Some(protocol) = service.protocols.iter().copied().find(|protocol| protocol.is_rest()) else {
            continue;
        };
        let bucket = if service.name == "s3" { host.bucket.as_deref() } else { None };
        for operation in &service.operations {
            // Another method's literals count as sub-resources too: only the path must fit for those.
            if operation.method != request.method && operation.route.query.is_empty() {
                continue;
            }
            let Some((labels, precision)) = path.fit(&operation.route.segments, service.base_path, bucket)
            else {
                continue;
            };
            literals.extend(operation.route.query.iter().map(|(key, _)| (service.name, *key)));
            let asked = operation.route.query.iter().all(|(key, value)| {
                *key == "x-id" || keys.iter().any(|(have, is)| have == key && is == value)
            });
            if asked && operation.method == request.method {
                fits.push(Match { service, operation, protocol, labels, precision });
            }
        }
    }
    keep_best(&mut fits, |fit| (fit.precision.clone(), literal_count(fit.operation)));
    prefer_required(&mut fits, request, &keys);
    for fit in &fits {
        refuse_other_literals(fit, &literals, &keys)?;
    }
    refuse_other_name(&fits, pairs)?;
    Ok(fits
        .into_iter()
        .map(|fit| Candidate {
            service: Arc::clone(fit.service),
            operation: Arc::clone(fit.operation),
            protocol: fit.protocol,
            labels: fit.labels,
        })
        .collect())
}

fn literal_count(operation: &Operation) -> usize {
    operation.route.query.iter().filter(|(key, _)| *key != "x-id").count()
}

/// Keeps those with the greatest key.
fn keep_best<T, K: Ord>(all: &mut Vec<T>, key: impl Fn(&T) -> K) {
    if let Some(best) = all.iter().map(&key).max() {
        all.retain(|one| key(one) == best);
    }
}

/// Among operations of the same path: those whose required query and header members are there, and of these the ones
/// that require most. If none has them all, the request lacks something whichever it is: all stay.
fn prefer_required(fits: &mut Vec<Match<'_>>, request: &Request, keys: &[&(String, String)]) {
    if fits.len() < 2 {
        return;
    }
    let has = |fit: &Match<'_>| required(fit, request, keys);
    if fits.iter().any(|fit| has(fit).is_some()) {
        fits.retain(|fit| has(fit).is_some());
        keep_best(fits, |fit| has(fit));
    }
}

/// How many required query and header members there are; `None` if one is missing.
fn required(fit: &Match<'_>, request: &Request, keys: &[&(String, String)]) -> Option<usize> {
    let Some(input) = fit.service.input(fit.operation) else { return Some(0) };
    let mut count = 0;
    for member in input.members.iter().filter(|member| member.required) {
        let there = match member.location {
            Location::Query => keys.iter().any(|(key, _)| key == member.location_name),
            Location::Header => {
                request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(member.location_name))
            }
            _ => continue,
        };
        if !there {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// A query key that is another operation's literal at the same path, and nothing that this operation knows: two
/// servers could decide differently which of the two is asked for.
fn refuse_other_literals(
    fit: &Match<'_>,
    literals: &[(&str, &'static str)],
    keys: &[&(String, String)],
) -> Result<(), ReadError> {
    let own = &fit.operation.route.query;
    let known = |key: &str| {
        own.iter().any(|(have, _)| *have == key)
            || fit.service.input(fit.operation).is_some_and(|input| {
                input.members.iter().any(|m| m.location == Location::Query && m.location_name == key)
            })
    };
    let other = keys.iter().find(|(key, _)| {
        literals.iter().any(|(service, literal)| *service == fit.service.name && *literal == key)
            && !known(key)
    });
    match other {
        Some((key, _)) => Err(ReadError::Ambiguous(format!(
            "the query key `{}` asks for another operation than `{}`",
            clip(key),
            fit.operation.name
        ))),
        None => {
            match own.iter().find(|(literal, _)| keys.iter().filter(|(key, _)| key == literal).count() > 1) {
                Some((literal, _)) => {
                    Err(ReadError::Ambiguous(format!("the query key `{literal}` stands more than once")))
                }
                None => Ok(()),
            }
        }
    }
}

/// `x-id` decides nothing, but one that names another operation than what fits is refused.
fn refuse_other_name(fits: &[Match<'_>], pairs: &[(String, String)]) -> Result<(), ReadError> {
    let mut ids = pairs.iter().filter(|(key, _)| key == "x-id").map(|(_, value)| value);
    let contradicts = |id: &String| !fits.is_empty() && fits.iter().all(|fit| fit.operation.name != id);
    match ids.find(|id| contradicts(id)) {
        Some(id) => Err(ReadError::Ambiguous(format!("`x-id={}` names another operation", clip(id)))),
        None => Ok(()),
    }
}

/// A path, taken apart. Segments are raw and decoded.
struct Path {
    raw: Vec<String>,
    decoded: Vec<String>,
    slash: bool,
}

impl Path {
    fn of(path: &str) -> Result<Self, ReadError> {
        let inner = path.strip_prefix('/').unwrap_or(path);
        let raw: Vec<String> =
            if inner.is_empty() { Vec::new() } else { inner.split('/').map(str::to_owned).collect() };
        let decoded = raw.iter().map(|segment| uri::decode(segment, false)).collect::<Result<Vec<_>, _>>()?;
        // Clients, proxies and servers disagree on who removes these.
        if decoded.iter().any(|segment| segment == "." || segment == "..") {
            return Err(ReadError::Ambiguous("the path has a segment `.` or `..`".to_owned()));
        }
        Ok(Self { slash: inner.ends_with('/'), raw, decoded })
    }

    /// Labels and precision, if the template fits. A bucket that stands in the host takes the template's first label.
    fn fit(&self, template: &[Segment], base_path: &str, bucket: Option<&str>) -> Option<(Labels, Vec<u8>)> {
        let mut labels = Vec::new();
        let mut template = template;
        if let Some(bucket) = bucket {
            let (Segment::Label(name), rest) = template.split_first()? else { return None };
            labels.push(((*name).to_owned(), bucket.to_owned()));
            template = rest;
        }
        let precision: Vec<u8> = template
            .iter()
            .map(|segment| match segment {
                Segment::Literal(_) => 2,
                Segment::Label(_) => 1,
                Segment::Greedy(_) => 0,
            })
            .collect();
        let base: Vec<&str> = base_path.split('/').filter(|part| !part.is_empty()).collect();
        let based = !base.is_empty()
            && self.decoded.iter().zip(&base).filter(|(have, base)| have == *base).count() == base.len();
        for start in [if based { base.len() } else { 0 }, 0] {
            if let Some(more) = self.fit_from(template, start) {
                labels.extend(more);
                return Some((labels, precision));
            }
        }
        None
    }

    fn fit_from(&self, template: &[Segment], start: usize) -> Option<Labels> {
        let greedy = template.iter().position(|segment| matches!(segment, Segment::Greedy(_)));
        // A trailing slash belongs to what a greedy label at the end takes, and makes no difference elsewhere.
        let ends_greedy = matches!(template.last(), Some(Segment::Greedy(_)));
        let end = self.raw.len() - usize::from(self.slash && !ends_greedy);
        let have = end.checked_sub(start)?;
        let (before, after) = match greedy {
            None if have != template.len() => return None,
            None => (template, [].as_slice()),
            Some(_) if have < template.len() => return None,
            Some(at) => (template.get(..at)?, template.get(at + 1..)?),
        };
        let mut labels = Vec::new();
        for (segment, at) in before.iter().zip(start..) {
            labels.extend(self.one(*segment, at)?);
        }
        if let Some(at) = greedy {
            let (from, to) = (start + at, end - after.len());
            let rest = self.decoded.get(from..to)?.join("/");
            let (Some(Segment::Greedy(name)), false) = (template.get(at), rest.is_empty()) else {
                return None;
            };
            labels.push(((*name).to_owned(), rest));
            for (segment, at) in after.iter().zip(to..) {
                labels.extend(self.one(*segment, at)?);
            }
        }
        Some(labels)
    }

    /// Whether one segment fits: `Some(None)` for a literal, the label else.
    fn one(&self, segment: Segment, at: usize) -> Option<Option<(String, String)>> {
        let have = self.decoded.get(at)?;
        match segment {
            Segment::Literal(text) => (have == text).then_some(None),
            Segment::Label(name) => (!have.is_empty()).then(|| Some((name.to_owned(), have.clone()))),
            Segment::Greedy(_) => None,
        }
    }
}
