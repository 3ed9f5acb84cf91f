//! `[ledger.witness]`: who outside this house is shown that the log only grows.

use std::time::Duration;

use interlock_ledger::{WitnessKey, Witnesses};
use serde::{Deserialize, Serialize};

use super::Period;

/// `[ledger.witness]`: what is T4 is let through only once enough of them have cosigned what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// How many must have cosigned.
    pub quorum: usize,
    /// How long a T4 call waits for them before it is told to come back.
    #[serde(default = "five_seconds")]
    pub wait: Period,
    /// Who they are.
    pub witnesses: Vec<WitnessAt>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAt {
    /// Its verifier key: `name+id+key`.
    pub key: String,
    /// Its submission prefix: what `/add-checkpoint` is put behind.
    pub url: String,
}

fn five_seconds() -> Period {
    Period::seconds(5)
}

impl WitnessConfig {
    /// Who is trusted; or why this cannot be meant.
    pub fn trusted(&self) -> Result<Witnesses, String> {
        if self.quorum == 0 {
            return Err(
                "[ledger.witness] quorum: at least one must cosign; leave the table out to ask nobody"
                    .to_owned(),
            );
        }
        let mut keys = Vec::new();
        for at in &self.witnesses {
            keys.push(
                at.key.parse::<WitnessKey>().map_err(|error| format!("[ledger.witness] key: {error}"))?,
            );
            let url: Result<http::Uri, _> = at.url.parse();
            if !url
                .is_ok_and(|url| url.host().is_some() && matches!(url.scheme_str(), Some("http" | "https")))
            {
                return Err(format!("[ledger.witness] url: `{}` is no address", at.url));
            }
        }
        Witnesses::new(keys, self.quorum).map_err(|error| format!("[ledger.witness]: {error}"))
    }

    /// How long to wait.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.wait.millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "witness.example/1";

    fn config(quorum: usize, keys: &[&str], url: &str) -> Result<Witnesses, String> {
        let witnesses =
            keys.iter().map(|key| WitnessAt { key: (*key).to_owned(), url: url.to_owned() }).collect();
        WitnessConfig { quorum, wait: five_seconds(), witnesses }.trusted()
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let key = vkey();
        assert_eq!(config(1, &[&key], "https://w.example/").unwrap().quorum(), 1);
        for (quorum, keys, url) in [
            (0, vec![key.as_str()], "https://w.example"),
            (2, vec![key.as_str()], "https://w.example"),
            (1, vec![key.as_str(), key.as_str()], "https://w.example"),
            (1, vec![KEY], "https://w.example"),
            (1, vec![key.as_str()], "w.example"),
            (1, vec![key.as_str()], "ftp://w.example"),
        ] {
            assert!(config(quorum, &keys, url).is_err(), "{quorum} {keys:?} {url}");
        }
    }

    /// The example of C2SP signed-note has an Ed25519 key; the same key as a witness's has another id.
    fn vkey() -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let key = STANDARD.decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
        let material = [&[4_u8], &key[1..]].concat();
        let id = interlock_action::Digest::of(&[KEY.as_bytes(), b"\n", &material].concat()).to_string();
        format!("{KEY}+{}+{}", id.trim_start_matches("sha256:").get(..8).unwrap(), STANDARD.encode(material))
    }
}
