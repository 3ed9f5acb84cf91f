//! A request read into Actions: identified, parsed, judged, worst first.

use interlock_action::{AccountId, Action, Operation as Name, Surface, part_of};
use serde_json::Value;

use crate::ReadError;
use crate::catalogue::{Operation, Protocol, Service};
use crate::effect::{self, Subject};
use crate::identify::{self, identify};
use crate::wire::{Body, Request, Scope, parse};
use crate::{queue_url, rules, target};

/// What a request says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Everything it may be, worst first; never empty. Whoever judges takes them all together.
    pub candidates: Vec<Candidate>,
}

/// One thing that a request may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What it does to what.
    pub action: Action,
    /// The service's name in clients: `rds`.
    pub service: String,
    /// `DeleteDBInstance`.
    pub operation: String,
    /// The protocol that the request speaks, and that it is rebuilt in.
    pub protocol: Protocol,
    /// The parameters by member names.
    pub parameters: Value,
}

/// Reads a request.
///
/// `scope` is that of a verified signature, or as sent where a request is only explained; `account` is the session's.
/// Neither the host nor a parameter says whose account it is.
///
/// # Errors
/// Whatever two parsers could read differently, is not well-formed, too large, or no operation of the catalogue.
pub fn read(request: &Request, scope: Option<&Scope>, account: Option<&str>) -> Result<Reading, ReadError> {
    read_without(request, scope, account, None)
}

/// [`read`] as if one parameter rule did not exist: shows a rule's worth.
#[doc(hidden)]
pub fn read_without(
    request: &Request,
    scope: Option<&Scope>,
    account: Option<&str>,
    rule: Option<&str>,
) -> Result<Reading, ReadError> {
    let region = scope.map(|scope| scope.region.as_str());
    let mut candidates = Vec::new();
    let mut malformed = None;
    for found in identify(request, scope)? {
        match one(&found, request, region, account, rule) {
            Ok(candidate) => candidates.push(candidate),
            // What one of several cannot be is no reason to refuse what another is. Anything else is.
            Err(error @ ReadError::Malformed(_)) => malformed = Some(error),
            Err(error) => return Err(error),
        }
    }
    if candidates.is_empty() {
        return Err(malformed.unwrap_or_else(|| ReadError::Unknown("nothing fits".to_owned())));
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(worst(&candidate.action)));
    Ok(Reading { candidates })
}

fn one(
    found: &identify::Candidate,
    request: &Request,
    region: Option<&str>,
    account: Option<&str>,
    rule: Option<&str>,
) -> Result<Candidate, ReadError> {
    let mut parsed = parse(found, request)?;
    queue_url::settle(&found.service, region, &mut parsed.parameters)?;
    let mut action = judged(&found.service, &found.operation, region, account, &parsed.parameters, rule);
    for member in &parsed.unknown_members {
        action.unknowns.push(format!("`{member}` is not known to `{}`", action.operation));
    }
    own_bucket(&found.service, &found.operation, account, &mut action);
    if matches!(request.body, Body::Streamed { .. }) {
        action.content = interlock_action::Content::Unbound;
    }
    Ok(Candidate {
        action,
        service: found.service.name.to_owned(),
        operation: found.operation.name.to_owned(),
        protocol: found.protocol,
        parameters: parsed.parameters,
    })
}

/// A bucket's name does not say whose it is. A write that names no owner is sent with the session's own account as the
/// expected one, so that S3 itself refuses to carry data into a stranger's bucket; one that names a foreign owner is
/// judged as what it is.
fn own_bucket(service: &Service, operation: &Operation, account: Option<&str>, action: &mut Action) {
    const OWNER: &str = "ExpectedBucketOwner";
    let takes = || {
        service.input(operation).is_some_and(|input| input.members.iter().any(|member| member.name == OWNER))
    };
    let Some(account) = account.filter(|_| service.name == "s3" && action.mutates()) else { return };
    if let Some(arguments) = action.arguments.as_object_mut()
        && arguments.contains_key("Bucket")
        && !arguments.contains_key(OWNER)
        && takes()
    {
        arguments.insert(OWNER.to_owned(), account.into());
    }
}

/// The action that an operation with these parameters is: what a request says once it is parsed, and what a call of
/// Interlock's own, or a rewritten one, would be.
pub fn judge(
    service: &Service,
    operation: &Operation,
    region: Option<&str>,
    account: Option<&str>,
    parameters: &Value,
) -> Action {
    judged(service, operation, region, account, parameters, None)
}

fn judged(
    service: &Service,
    operation: &Operation,
    region: Option<&str>,
    account: Option<&str>,
    parameters: &Value,
    rule: Option<&str>,
) -> Action {
    let subject = Subject {
        service: service.name,
        operation: operation.name,
        access: operation.access,
        resources: &operation.resources,
        credentials_out: operation.credentials_out,
        presigned_out: operation.presigned_out,
        region,
        account,
        parameters,
    };
    let effect::Judged { mut claims, mut unknowns } = effect::judge(&subject);
    if !effect::rehearses(&subject) {
        claims.extend(rules::claims(&subject, rule));
    }
    effect::doubt(&subject, &mut claims);
    effect::settle(&mut claims);
    let mutates = claims.iter().any(|claim| claim.effect.mutates());
    let touched = target::touched(&subject, mutates);
    unknowns.extend(touched.unknowns);
    let mut pointers = effect::pointers(service, operation, parameters);
    // A way back goes by the names of things: `token=abc/part-0` is the key of an object.
    let named = |at: &str| touched.targets.iter().any(|target| target.id.as_str().ends_with(at));
    pointers
        .secrets
        .retain(|at| !part_of(at).and_then(|whole| parameters.pointer(whole)?.as_str()).is_some_and(named));
    Action {
        surface: Surface::Aws,
        operation: Name::aws(service.name, operation.name),
        account: account.map(AccountId::from),
        region: region.map(str::to_owned),
        claims,
        targets: touched.targets,
        arguments: parameters.clone(),
        secrets: pointers.secrets,
        tokens: pointers.tokens,
        writes: touched.writes,
        writes_on: Default::default(),
        unknowns,
        content: interlock_action::Content::Judged,
        stated_reason: None,
    }
}

/// How bad it may be: the worst effect, conditions taken as met, then what could not be told.
fn worst(action: &Action) -> (u8, usize) {
    let severity = action.claims.iter().map(|claim| effect::severity(claim.effect)).max();
    (severity.unwrap_or(u8::MAX), action.unknowns.len())
}
