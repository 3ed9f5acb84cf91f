//! What the host tells. A hint, never a proof: the request is written anew to the endpoint of what was identified, so a
//! host that lies changes at most which of several readings is judged and sent.

use super::Candidate;
use crate::{
    catalogue::{Catalogue, Summary},
    wire::Request,
};

/// The request's host, as far as it is one of AWS's.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Without port, lower-case.
    pub(super) name: String,
    /// The S3 bucket or access point (as ARN) that stands in it.
    pub(super) bucket: Option<String>,
    /// It is an S3 data endpoint, or an S3 Control endpoint.
    s3: Option<S3>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum S3 {
    Objects,
    Control,
}

impl Host {
    pub(super) fn of(request: &Request) -> Self {
        let name = request.header("host").unwrap_or_default().to_ascii_lowercase();
        let name = match name.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => name,
        };
        let name = name.trim_end_matches('.').to_owned();
        let mut host = Self { name, ..Self::default() };
        if let Some(inner) = aws_domain(&host.name) {
            if let Some((s3, bucket)) = s3(inner) {
                host.s3 = Some(s3);
                host.bucket = bucket;
            }
        } else if let Some(bucket) = host.name.strip_suffix(".localhost").filter(|bucket| !bucket.is_empty())
        {
            // Clients given the endpoint `http://localhost:PORT` put the bucket before it.
            host.bucket = Some(bucket.to_owned());
        }
        host
    }

    /// The services (places in the catalogue) whose endpoint it is, host prefixes aside; whether it is so exactly.
    pub(super) fn services(&self, catalogue: &Catalogue) -> (Vec<usize>, bool) {
        let summaries = catalogue.summaries();
        if let Some(s3) = self.s3 {
            let wanted = if s3 == S3::Control { "s3control" } else { "s3" };
            return (
                summaries.binary_search_by(|summary| summary.name.cmp(wanted)).into_iter().collect(),
                true,
            );
        }
        if aws_domain(&self.name).is_none() { (Vec::new(), false) } else { endpoints(&self.name, summaries) }
    }

    /// It is the endpoint of other services than those.
    pub(super) fn contradicts(&self, signed: &[usize], catalogue: &Catalogue) -> bool {
        // Nearly always it is the endpoint of what was signed for: then nobody else need be asked.
        let own = |at: &usize| {
            catalogue.summaries().get(*at).is_some_and(|summary| fits(summary.host, &self.name) == Some(""))
        };
        if self.s3.is_none() && signed.iter().any(own) {
            return false;
        }
        let (services, certain) = self.services(catalogue);
        certain && !services.is_empty() && !services.iter().any(|at| signed.contains(at))
    }

    /// Whether the service is worth a look: of S3 and S3 Control, the one whose endpoint it is.
    pub(super) fn allows(&self, catalogue: &Catalogue, at: usize) -> bool {
        match catalogue.summaries().get(at).map(|summary| summary.name) {
            Some("s3") => self.s3 != Some(S3::Control),
            Some("s3control") => self.s3 != Some(S3::Objects) && self.bucket.is_none(),
            _ => true,
        }
    }

    /// Where candidates of several services fit and the host is the endpoint of some of them, drops the others.
    pub(super) fn narrow(&self, candidates: &mut Vec<Candidate>) {
        let is = |candidate: &Candidate| {
            let template = candidate.service.host;
            fits(template, &self.name).is_some_and(|before| before.is_empty())
        };
        if candidates.len() > 1 && candidates.iter().any(is) {
            candidates.retain(is);
        }
    }
}

/// What stands before one of AWS's API domains.
fn aws_domain(name: &str) -> Option<&str> {
    [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws"]
        .iter()
        .find_map(|domain| name.strip_suffix(domain))
}

/// The services whose endpoint the host is; whether nothing stands before it. The longest match counts.
fn endpoints(name: &str, summaries: &[Summary]) -> (Vec<usize>, bool) {
    let found: Vec<(usize, usize)> = (0_usize..)
        .zip(summaries)
        .filter_map(|(at, summary)| {
            let before = fits(summary.host, name)?;
            (before.is_empty() || before.ends_with('.')).then_some((at, before.len()))
        })
        .collect();
    let least = found.iter().map(|(_, before)| *before).min();
    let best = found.iter().filter(|(_, before)| Some(*before) == least).map(|(at, _)| *at).collect();
    (best, least == Some(0))
}

/// What stands before the endpoint in the host, if it is that endpoint in some region.
fn fits<'a>(template: &str, name: &'a str) -> Option<&'a str> {
    match template.split_once("{region}") {
        None => name.strip_suffix(template),
        Some((prefix, suffix)) => {
            let rest = name.strip_suffix(suffix)?;
            let at = rest.rfind('.').map_or(0, |dot| dot + 1);
            let (before, region) = rest.split_at_checked(at)?;
            let is_region = region.contains('-') && region.ends_with(|letter: char| letter.is_ascii_digit());
            if is_region { before.strip_suffix(prefix) } else { None }
        }
    }
}

/// S3's endpoints, with what stands before them: a bucket, an access point (as ARN), an account.
fn s3(inner: &str) -> Option<(S3, Option<String>)> {
    let labels: Vec<&str> = inner.split('.').collect();
    // `s3`, `s3-REGION`, `s3-accelerate`, `s3-external-1` stand alone; others before a region, perhaps with
    // `dualstack` between.
    let (last, before) = labels.split_last()?;
    if *last == "s3" || is_alone(last) {
        return Some((S3::Objects, joined(before)));
    }
    if *last == "dualstack" {
        let (kind, before) = before.split_last()?;
        return (*kind == "s3-accelerate").then(|| (S3::Objects, joined(before)));
    }
    let region = *last;
    let before = match before.split_last() {
        Some((&"dualstack", rest)) => rest,
        _ => before,
    };
    let (kind, before) = before.split_last()?;
    let kind = kind.strip_suffix("-fips").unwrap_or(kind);
    match kind {
        "s3" => Some((S3::Objects, joined(before))),
        "s3-control" => Some((S3::Control, None)),
        "s3-accesspoint" => Some((S3::Objects, access_point("s3", region, before))),
        "s3-object-lambda" => Some((S3::Objects, access_point("s3-object-lambda", region, before))),
        "s3-outposts" => Some((S3::Objects, outpost(region, before))),
        _ if kind.starts_with("s3express-control") => Some((S3::Objects, None)),
        _ if kind.starts_with("s3express-") => Some((S3::Objects, joined(before))),
        _ => None,
    }
}

fn is_alone(label: &str) -> bool {
    let Some(rest) = label.strip_prefix("s3-") else { return false };
    rest == "accelerate"
        || rest == "external-1"
        || rest.split('-').count() >= 3 && rest.ends_with(|l: char| l.is_ascii_digit())
}

fn joined(labels: &[&str]) -> Option<String> {
    (!labels.is_empty()).then(|| labels.join("."))
}

/// `NAME-ACCOUNT` as the ARN of an access point.
fn access_point(service: &str, region: &str, labels: &[&str]) -> Option<String> {
    let (name, account) = labels.join(".").rsplit_once('-').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    Some(format!("arn:aws:{service}:{region}:{account}:accesspoint/{name}"))
}

/// `NAME-ACCOUNT.OUTPOST` as the ARN of an access point on an outpost.
fn outpost(region: &str, labels: &[&str]) -> Option<String> {
    let [point, outpost] = labels else { return joined(labels) };
    let (name, account) = point.rsplit_once('-')?;
    Some(format!("arn:aws:s3-outposts:{region}:{account}:outpost/{outpost}/accesspoint/{name}"))
}
