//! The gateway's way to the road: it adds what the agent's host said about the call, unverified.

use std::sync::Arc;

use async_trait::async_trait;
use interlock_action::{Action, ActionId, SessionId};
use interlock_flow::Verdict;
use interlock_gateway_aws::Admit;

use crate::state::Daemon;

/// Puts the agent's own words beside its actions.
pub(crate) struct WithWords(pub(crate) Arc<Daemon>);

#[async_trait]
impl Admit for WithWords {
    async fn admit(&self, session: &SessionId, mut candidates: Vec<Arc<Action>>) -> Verdict {
        if candidates.first().is_some_and(|action| action.mutates())
            && let Some(doing) = self.0.told(session).doing
        {
            for action in &mut candidates {
                Arc::make_mut(action).stated_reason = Some(doing.clone());
            }
        }
        if let Some(verdict) = self.0.meant(session, &candidates).await {
            return verdict;
        }
        self.0.road.admit(session, candidates).await
    }

    async fn learn_ids(&self, session: &SessionId, action: &Action) {
        self.0.road.learn_ids(session, action).await;
    }

    async fn settle(&self, action: &ActionId) {
        self.0.road.settle(action).await;
    }
}
