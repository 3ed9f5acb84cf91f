//! The edge's clock and its source of randomness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use interlock_action::Millis;
use interlock_flow::{Clock, Entropy};

/// The system's.
#[derive(Debug)]
pub(crate) struct System;

#[async_trait]
impl Clock for System {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
    async fn pause(&self, millis: Millis) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

impl System {
    /// A key for what only this process has to know again.
    pub(crate) fn draw_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.first_chunk_mut::<16>().into_iter().for_each(|half| *half = self.draw());
        key.last_chunk_mut::<16>().into_iter().for_each(|half| *half = self.draw());
        key
    }
}

impl Entropy for System {
    fn draw(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        // INVARIANT: without randomness no nonce is fresh and no id is unique, so nothing may go on.
        if getrandom::fill(&mut bytes).is_err() {
            std::process::abort();
        }
        bytes
    }
}
