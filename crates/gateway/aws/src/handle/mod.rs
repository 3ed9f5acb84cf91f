//! One request, from its bytes to its answer.
//!
//! Whose is it (signature, virtual key) → what is it (reader) → may it (road) → send what was judged → answer. Nothing
//! of a streamed body is asked of the client before the decision: a client that expects `100 Continue` gets the refusal
//! instead.

mod addresses;
mod allowance;
mod answer;
mod head;
mod intake;
mod issued;
mod made;
mod outcome;
mod principal;
mod reading;
mod refusal;
mod spend;

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use interlock_flow::Verdict;

pub(crate) use allowance::Allowance;
pub(crate) use answer::{Collected, collect};
pub(crate) use outcome::{is_throttled, outcome};

use crate::{
    door::{AnswerBody, text},
    gateway::Inner,
};
use refusal::{Say, Voice};

/// How a request came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Through the proxy door, for this AWS host.
    Proxied {
        /// Lower-case, without port.
        host: String,
    },
    /// Through the endpoint door: the host says nothing.
    Endpoint,
}

/// Refuses a request unread, in the protocol that its head speaks.
pub(crate) fn refuse(arrival: &Arrival, request: Request<Incoming>, words: String) -> Response<AnswerBody> {
    let (parts, _) = request.into_parts();
    match head::read(arrival, &parts) {
        Ok(head) => Voice::of(&head).say(&Say::refused(words)),
        Err(_) => text(StatusCode::FORBIDDEN, words),
    }
}

/// Handles one request.
pub(crate) async fn handle(
    inner: &Inner,
    arrival: Arrival,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (parts, incoming) = request.into_parts();
    let head = match head::read(&arrival, &parts) {
        Ok(head) => head,
        Err(why) => {
            return text(StatusCode::BAD_REQUEST, format!("Interlock cannot read this request: {why}."));
        }
    };
    let door = addresses::door(&arrival, &head);
    let mut voice = Voice::of(&head);
    match road(inner, head, door, incoming, &mut voice).await {
        Ok(answer) => answer,
        Err(say) => voice.say(&say),
    }
}

async fn road(
    inner: &Inner,
    head: interlock_reader_aws::wire::Request,
    door: Option<String>,
    incoming: Incoming,
    voice: &mut Voice,
) -> Result<Response<AnswerBody>, Say> {
    let intake = intake::take(inner, head, incoming).await?;
    let account = match &intake.principal.assumed {
        Some(assumed) => assumed.account.clone(),
        None => crate::account::account(inner).await,
    };
    let judged = reading::read(&intake, account.as_ref(), door.as_deref())?;
    if let Some(first) = judged.first() {
        voice.know(&first.service, first.protocol);
    }
    if let Some(streams) = judged.iter().find(|judged| judged.operation.events_in) {
        return Err(Say::refused(format!(
            "Interlock refuses {}: it sends an event stream, which cannot be judged before it is sent",
            streams.action.operation
        )));
    }
    let judged = bound(judged, &intake);
    let admit = inner.admit.get().ok_or_else(|| Say::refused("Interlock is starting".to_owned()))?;
    let candidates = judged.iter().map(|judged| Arc::clone(&judged.action)).collect();
    let mut verdict = admit.admit(&intake.principal.session, candidates).await;
    let (mut intake, mut judged) = (intake, judged);
    if matches!(verdict, Verdict::Unbound) {
        intake.body = intake.body.keep(&mut intake.share).await?;
        judged = bound(judged, &intake);
        let candidates = judged.iter().map(|judged| Arc::clone(&judged.action)).collect();
        verdict = admit.admit(&intake.principal.session, candidates).await;
    }
    match verdict {
        Verdict::Allowed(permit) => spend::spend(inner, intake, judged, permit, account, door).await,
        Verdict::Held(held) => Err(Say::held(&held)),
        Verdict::Refused(refused) => Err(Say::judged(&refused)),
        Verdict::Unbound => {
            Err(Say::refused("Interlock could not bind the approval to what is uploaded".to_owned()))
        }
    }
}

/// The candidates with what is known of a payload that is not in their arguments.
fn bound(mut judged: Vec<reading::Judged>, intake: &intake::Intake) -> Vec<reading::Judged> {
    let content = intake.body.content();
    for judged in &mut judged {
        if judged.action.content != content {
            Arc::make_mut(&mut judged.action).content = content.clone();
        }
    }
    judged
}
