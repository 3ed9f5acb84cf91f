//! How much agents ask of people: their attention is what would be used up.

use interlock_action::{AgentId, Millis, SessionId};

use super::{HOUR, Memory};

/// Requests of one session that wait at once: an agent that asks for more is not working, it is flooding.
const WAITING: usize = 50;
/// Requests that an agent opens in an hour, whatever became of them and in however many sessions.
const AN_HOUR: usize = 200;

impl Memory {
    /// Whether one more may be opened in this session of this agent.
    ///
    /// # Errors
    /// Too many wait, or were opened lately.
    pub fn may_ask(&self, session: &SessionId, agent: &AgentId, now: Millis) -> Result<(), String> {
        let waiting = self.tickets.values().filter(|ticket| ticket.session == *session && ticket.waits(now));
        if waiting.count() >= WAITING {
            return Err(format!("{WAITING} requests of session `{session}` wait already"));
        }
        let since = now.saturating_sub(HOUR);
        let lately = self.tickets.values().filter(|t| t.held.agent == *agent && t.held.opened > since);
        if lately.count() >= AN_HOUR {
            return Err(format!("agent `{agent}` has opened {AN_HOUR} requests in the last hour"));
        }
        Ok(())
    }
}
