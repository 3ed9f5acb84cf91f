//! Where a permit is spent: what was judged is written anew, signed with real credentials, and sent.

use std::sync::Arc;

use http::{HeaderValue, Response};
use hyper::body::Incoming;
use interlock_action::{AccountId, Action, Effect, Relation, TargetId};
use interlock_flow::{Event, NotClear, Outcome, Permit};
use interlock_reader_aws::wire::{self, read_answer};
use serde_json::Value;

use super::{
    Collected, addresses, answer, collect, intake::Intake, issued, made, outcome,
    outcome::is_unauthenticated, reading::Judged, refusal::Say,
};
use crate::{
    door::AnswerBody,
    gateway::Inner,
    outbound::{Outbound, SendBody},
    port::Reach,
    sigv4::is_s3,
    upstream::{BodyFault, Ready, SendError},
};

/// The candidate in the form that is sent: by another operation of the same service, where the permit says so.
fn as_sent(judged: Judged, permit: &Permit) -> Option<Judged> {
    let sent = &permit.action().operation;
    if *permit.asked() == *sent {
        return Some(judged);
    }
    let same = permit.asked().service() == sent.service();
    let operation = judged.service.operation(sent.verb()).cloned().filter(|_| same)?;
    Some(Judged { operation, ..judged })
}

/// Ends the permit with the provable fact that nothing was sent.
async fn not_sent(permit: Permit, why: String, say: Say) -> Say {
    match permit.complete(Outcome::NotExecuted { why }, Vec::new()).await {
        Ok(()) => say,
        Err(error) => Say::refused(format!("Interlock cannot write down what happened: {error}")),
    }
}

/// Spends the permit.
pub(super) async fn spend(
    inner: &Inner,
    intake: Intake,
    judged: Vec<Judged>,
    permit: Permit,
    account: Option<AccountId>,
    door: Option<String>,
) -> Result<Response<AnswerBody>, Say> {
    let found = judged.into_iter().find(|judged| judged.action.operation == *permit.asked());
    let Some(judged) = found.and_then(|judged| as_sent(judged, &permit)) else {
        let say =
            Say::refused("Interlock judged another operation than the one that was asked for".to_owned());
        return Err(not_sent(permit, "the permit names no candidate".to_owned(), say).await);
    };
    let Intake { request, scope, claim, principal, body, .. } = intake;
    let head_request = request.method == "HEAD";
    let action = permit.action();
    let region = action.region.clone().unwrap_or_else(|| scope.region.clone());
    let account_text = account.as_ref().map(AccountId::as_str);
    let (service, operation) = (judged.service.as_ref(), judged.operation.as_ref());
    let written = wire::write(service, operation, judged.protocol, &region, account_text, &action.arguments);
    let written = match written {
        Ok(written) => written,
        Err(error) => return Err(not_sent(permit, error.to_string(), error.into()).await),
    };
    let credentials = match &principal.assumed {
        Some(assumed) => assumed.credentials.clone(),
        None => match inner.provider.get().await {
            Ok(credentials) => credentials,
            Err(error) => {
                tracing::error!(%error, "there are no real credentials");
                let say = Say::refused(format!("Interlock cannot call AWS: {error}"));
                return Err(not_sent(permit, error.to_string(), say).await);
            }
        },
    };
    let signing_name = if is_s3(&claim.service) && is_s3(service.signing_name) {
        &claim.service
    } else {
        service.signing_name
    };
    let send = body.send();
    let fault = match &send {
        SendBody::Passing { body, .. } => Some(body.fault()),
        _ => None,
    };
    let outbound = Outbound {
        service,
        protocol: judged.protocol,
        written,
        signing_name,
        user_agent: request.header("user-agent"),
        body: send,
    };
    let ready = outbound.ready(&inner.upstream, &credentials);
    let host = ready.host.clone();
    let fault = move || fault.as_ref().and_then(|fault| fault.get().cloned());
    let (permit, sent) = go(inner, permit, ready, fault).await?;
    let job = Job { inner, judged: &judged, account, host, door, head_request };
    job.answer(permit, sent).await
}

/// Looks at the permit once more, and sends.
async fn go(
    inner: &Inner,
    permit: Permit,
    ready: Ready,
    fault: impl Fn() -> Option<BodyFault>,
) -> Result<(Permit, Response<Incoming>), Say> {
    if let Err(not_clear) = permit.clear() {
        let words = match &not_clear {
            NotClear::Frozen(words) => format!("Interlock refuses {}: {words}", permit.action().operation),
            NotClear::LeaseEnded => format!("Interlock refuses {}: {not_clear}", permit.action().operation),
        };
        return Err(not_sent(permit, not_clear.to_string(), Say::refused(words)).await);
    }
    let reach = permit.mutates().then(|| Reach::of_change(&permit.action().operation));
    let forget = || reach.into_iter().for_each(|reach| inner.cache.forget(reach));
    forget();
    let sent = inner.upstream.send(ready).await;
    forget();
    let error = match sent {
        Ok(answer) => return Ok((permit, answer)),
        Err(error) => error,
    };
    // A body that was cut off was never complete, so the service cannot have acted on it.
    if let Some(fault) = fault() {
        let say = match &fault {
            BodyFault::Refused(refusal) => Say::Signature(refusal.clone()),
            BodyFault::Client(_) => Say::words(400, "RequestTimeout", fault.to_string()),
        };
        return Err(not_sent(permit, fault.to_string(), say).await);
    }
    match error {
        SendError::NotSent(why) => {
            let say = Say::words(503, "ServiceUnavailable", format!("Interlock could not reach AWS: {why}"));
            Err(not_sent(permit, why, say).await)
        }
        SendError::Unknown(why) => {
            let words = format!(
                "the connection to AWS broke off after the call was sent ({why}): nobody knows whether it was carried \
                 out. Look before you send it again. [action {}]",
                permit.id()
            );
            let _ = permit.complete(Outcome::Unknown { why }, Vec::new()).await;
            // Not a code that SDKs retry.
            Err(Say::words(400, "InterlockOutcomeUnknown", words))
        }
    }
}

struct Job<'a> {
    inner: &'a Inner,
    judged: &'a Judged,
    account: Option<AccountId>,
    /// As the upstream was told.
    host: String,
    /// As the client was told, where that is no host of AWS's.
    door: Option<String>,
    head_request: bool,
}

impl Job<'_> {
    async fn answer(self, permit: Permit, sent: Response<Incoming>) -> Result<Response<AnswerBody>, Say> {
        let success = sent.status().is_success();
        let (service, operation) = (self.judged.service.as_ref(), self.judged.operation.as_ref());
        let (id, told) = (permit.id().clone(), permit.told().to_vec());
        if success && (answer::streams(service, operation) || self.head_request) {
            let status = sent.status().as_u16();
            complete(self.inner, permit, Outcome::Succeeded { status }, Vec::new()).await?;
            return Ok(marked(answer::passing(sent), id.as_str(), &told));
        }
        let collected = match collect(sent).await {
            Ok(collected) => collected,
            Err(why) => {
                let words = format!("the answer of AWS could not be read: {why}. [action {}]", permit.id());
                let _ = permit.complete(Outcome::Unknown { why }, Vec::new()).await;
                return Err(Say::words(400, "InterlockOutcomeUnknown", words));
            }
        };
        let rewrites = issued::rewrites(service, operation);
        // A plain read's answer is not parsed: nothing follows from it.
        let parse = !success || permit.mutates() || rewrites;
        let parsed = parse.then(|| {
            let headers = collected.plain_headers();
            read_answer(service, operation, self.judged.protocol, collected.status, &headers, &collected.body)
        });
        let code = parsed.as_ref().and_then(|parsed| parsed.as_ref().err()).map(|error| error.code.clone());
        let unreadable = success && code.as_deref() == Some(wire::ServiceError::UNREADABLE);
        let code = code.filter(|_| !unreadable);
        let events = match &parsed {
            Some(Ok(value)) => made::made(permit.session(), permit.action(), operation, value),
            _ => Vec::new(),
        };
        let session = permit.session().id.clone();
        let action = (success && creates(permit.action())).then(|| just_made(&permit, &events));
        complete(self.inner, permit, outcome::outcome(collected.status, code.as_deref()), events).await?;
        if let (Some(action), Some(admit)) = (action.flatten(), self.inner.admit.get()) {
            admit.learn_ids(&session, &action).await;
        }
        if code.as_deref().is_some_and(is_unauthenticated) {
            tracing::error!(code, "AWS did not accept Interlock's own credentials");
            let words =
                format!("AWS did not accept Interlock's own credentials ({})", code.unwrap_or_default());
            return Err(Say::refused(words));
        }
        let value = parsed.and_then(Result::ok).unwrap_or(Value::Null);
        let collected = self.clean(&session, collected, &value, rewrites && success)?;
        Ok(marked(answer::whole(collected, self.head_request), id.as_str(), &told))
    }

    /// Credentials and addresses that would lead past Interlock are taken out.
    fn clean(
        &self,
        session: &interlock_action::SessionId,
        mut collected: Collected,
        value: &Value,
        rewrites: bool,
    ) -> Result<Collected, Say> {
        let (service, operation) = (self.judged.service.as_ref(), self.judged.operation.as_ref());
        if rewrites {
            let asked = issued::Asked {
                service,
                operation,
                arguments: &self.judged.action.arguments,
                account: self.account.as_ref(),
            };
            let written = issued::rewrite(self.inner, session, &asked, &collected.body, value);
            let written = written.map_err(|error| Say::refused(format!("Interlock: {error}")))?;
            collected.body = written.ok_or_else(|| self.withheld())?;
        } else if issued::looks_issued(self.judged.protocol, &collected.body) {
            return Err(self.withheld());
        }
        if service.name == "sqs" {
            let emulator = self.inner.upstream.emulator();
            collected.body = addresses::outward(collected.body, self.door.as_deref(), &self.host, emulator);
        }
        Ok(collected)
    }

    fn withheld(&self) -> Say {
        let operation = &self.judged.action.operation;
        tracing::error!(%operation, "an answer with credentials was withheld");
        Say::refused(format!(
            "Interlock withholds the answer to {operation}: it carries credentials that AWS issued, and no agent may hold \
             them. The call itself was carried out"
        ))
    }
}

/// Whether something may be there that was not before.
fn creates(action: &Action) -> bool {
    action.targets.iter().any(|target| target.relation == Relation::Creates)
        || action.claims.iter().any(|claim| claim.effect == Effect::Create)
}

/// The action, of whose targets only those are left that this very call made.
fn just_made(permit: &Permit, events: &[Event]) -> Option<Action> {
    let named = |event: &Event, id: &TargetId| matches!(event, Event::Made { target, .. } if target == id);
    let mut action = permit.action().clone();
    action.targets.retain(|target| {
        permit.makes().any(|id| *id == target.id) || events.iter().any(|event| named(event, &target.id))
    });
    (!action.targets.is_empty()).then_some(action)
}

/// An outcome that cannot be written down is an answer that is not given: who asks again finds out.
async fn complete(inner: &Inner, permit: Permit, outcome: Outcome, events: Vec<Event>) -> Result<(), Say> {
    let (id, mutates, undoable) = (permit.id().clone(), permit.mutates(), permit.undoable());
    let completed = permit.complete(outcome, events).await;
    // Nobody waits for what the call left.
    if let Some(admit) = inner.admit.get().filter(|_| undoable && completed.is_ok()) {
        let (admit, id) = (Arc::clone(admit), id.clone());
        tokio::spawn(async move { admit.settle(&id).await });
    }
    match completed {
        Err(error) if mutates => {
            tracing::error!(%error, %id, "the outcome could not be written down");
            Err(Say::words(
                400,
                "InterlockOutcomeUnknown",
                format!(
                    "the call was sent, but Interlock cannot write down what came of it: {error}. [action {id}]"
                ),
            ))
        }
        Err(error) => {
            tracing::warn!(%error, %id, "the outcome of a read could not be written down");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Says whose action it is in the ledger, and what Interlock made of the request.
fn marked(mut answer: Response<AnswerBody>, id: &str, told: &[String]) -> Response<AnswerBody> {
    let line: String =
        told.join("; ").chars().filter(|letter| (' '..='~').contains(letter)).take(1_000).collect();
    for (name, value) in [("x-interlock-action", id), ("x-interlock-notice", line.as_str())] {
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
