//! Idempotency tokens: an agent only ever gives its own.

use std::sync::Arc;

use interlock_action::{Action, AgentId, Sealer};

use crate::{Session, road::Road};

impl Road {
    /// Idempotency tokens become the agent's own: with somebody else's token a create would answer with somebody
    /// else's thing, and the agent would seem to have made it. The same token of the same agent stays the same.
    pub(crate) fn own_tokens(&self, session: &Session, action: Arc<Action>) -> Arc<Action> {
        if action.tokens.is_empty() {
            return action;
        }
        let mut own = (*action).clone();
        for pointer in &action.tokens {
            if let Some(token) = own.arguments.pointer_mut(pointer).filter(|token| token.is_string()) {
                *token = uuid(&self.settings.sealer, &session.agent.name, token).into();
            }
        }
        Arc::new(own)
    }
}

/// A token of the usual form that only this agent can have given.
fn uuid(sealer: &Sealer, agent: &AgentId, token: &serde_json::Value) -> String {
    let seal = sealer.seal(&serde_json::json!(["token", agent, token])).to_string();
    let digits: String = seal.chars().rev().filter(char::is_ascii_hexdigit).take(32).collect();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
