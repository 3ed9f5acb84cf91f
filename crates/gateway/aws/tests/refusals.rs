//! What is not let through, as real clients see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod common;

use std::sync::Arc;

use common::{House, Judge, Way, house};
use interlock_action::Effect;

async fn held(name: &str) -> (House, Arc<Judge>) {
    let judge = Arc::new(Judge::default());
    (house(name, judge.clone(), |_| {}).await, judge)
}

#[tokio::test(flavor = "multi_thread")]
async fn held_through_the_proxy() {
    let (house, judge) = held("held-proxy").await;
    let said = house.python(Way::Proxy, "refused.py", &["Interlock holds", "t-42"]).await;
    assert_eq!(said.trim(), "ok 20");
    let asked = judge.asked.lock().unwrap();
    assert_eq!(asked.len(), 21, "no client asked twice");
    let terminate = &asked[0][0];
    assert_eq!(terminate.operation.as_str(), "aws:ec2:TerminateInstances");
    assert_eq!(terminate.account.as_ref().map(|account| account.as_str()), Some("123456789012"));
    assert!(terminate.claims.iter().any(|claim| claim.effect == Effect::Destroy));
    let put = asked.iter().find(|asked| asked[0].operation.verb() == "PutObject").unwrap();
    assert!(!put[0].content.is_judged());
    assert_eq!(put[0].arguments["Key"], "a b/ü+c");
    assert!(put[0].unknowns.is_empty(), "{:?}", put[0].unknowns);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_at_the_endpoint() {
    let (house, _) = held("held-endpoint").await;
    let said = house.python(Way::Endpoint, "refused.py", &["Interlock holds", "t-42"]).await;
    assert_eq!(said.trim(), "ok 20");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_through_the_proxy() {
    let judge = Arc::new(Judge { refuses: true, ..Judge::default() });
    let house = house("refused", judge, |_| {}).await;
    let said = house.python(Way::Proxy, "refused.py", &["Interlock refuses", "a-7"]).await;
    assert_eq!(said.trim(), "ok 20");
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures() {
    let (house, _) = held("signatures").await;
    assert_eq!(house.python(Way::Endpoint, "signatures.py", &[]).await.trim(), "ok");
}

/// The refusal comes instead of `100 Continue`: not a byte of the body is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_body_is_not_asked_for_before_the_decision() {
    let (house, _) = held("expect").await;
    let said = house.python(Way::Proxy, "expect.py", &[]).await;
    assert_eq!(said.trim(), "ok");
}
