//! Signing in by a provider's word for who somebody is (ADR-0017). It opens the console's pages and decides nothing: whoever has taken over
//! somebody's login there, or the provider itself, reads what that person may read, and can sign nothing.
//!
//! Sources: OpenID Connect Core 1.0, §3.1 (the code flow); RFC 7636 (PKCE); RFC 9207 (who answers); RFC 9700, §2.1.

mod provider;
mod token;

use std::sync::{Arc, PoisonError};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::{Digest, Millis, PersonId};
use interlock_api::{Fault, exact};
use interlock_console::{Answer, By, Leaving, Standing};
use interlock_flow::Record;
use interlock_ledger::{Entry, EntryKind};
use sha2::{Digest as _, Sha256};

pub(crate) use self::provider::About;
use self::provider::Provider;
use crate::{
    config::{Claim, OidcConfig},
    state::Daemon,
};

/// So long a provider is believed what it said of itself.
const WHILE: Millis = 5 * 60 * 1000;
/// Ends the value that a browser keeps; where it goes on follows.
const THEN: char = '~';
/// Letters of a provider's own words. Its name for an account has no more. Source: OpenID Connect Core 1.0, §2.
const LETTERS: usize = 255;

/// One sign-in. All that it is known by comes from one value, which a browser keeps and nobody else has seen: an answer that was
/// asked for in another browser belongs to nothing here.
struct Begun<'k>(&'k str);

impl Begun<'_> {
    fn of(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("interlock oidc v1\0{what}\0{}", self.0)))
    }

    /// Comes back with the answer.
    fn state(&self) -> String {
        self.of("state")
    }

    /// Comes back in the token.
    fn nonce(&self) -> String {
        self.of("nonce")
    }

    /// Shows the provider that the code was asked for here.
    fn verifier(&self) -> String {
        self.of("verifier")
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }
}

impl Daemon {
    fn provider(&self) -> Result<Provider<'_>, Fault> {
        let none = || Fault::not_found("no provider is set up to sign in with");
        let config = self.config.console.oidc.as_ref().ok_or_else(none)?;
        let back = format!("{}/sign-in/oidc/back", self.addresses().console);
        Ok(Provider { config, home: &self.home.root, back })
    }

    /// What the provider says of itself; asked now and then, so that beginning costs nothing.
    async fn about_provider(&self, provider: &Provider<'_>) -> Result<Arc<About>, Fault> {
        let fresh = |(since, about): &(Millis, Arc<About>)| {
            (self.now() < since.saturating_add(WHILE)).then(|| Arc::clone(about))
        };
        if let Some(about) = self.oidc.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(fresh)
        {
            return Ok(about);
        }
        let about = provider.about().await.map_err(|why| unreachable(provider.config, why))?;
        let about = Arc::new(about);
        let known = (self.now(), Arc::clone(&about));
        *self.oidc.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(about)
    }

    /// Where a browser goes to be told who it is.
    pub(crate) async fn leave(&self, next: &str) -> Result<Leaving, Fault> {
        let provider = self.provider()?;
        let about = self.about_provider(&provider).await?;
        let kept = self.nonces.give(&self.draw(), self.now());
        let url = provider.asks(&about, &Begun(&kept));
        Ok(Leaving { url, kept: format!("{kept}{THEN}{}", URL_SAFE_NO_PAD.encode(next)) })
    }

    /// Whether this answer was asked for in the browser that kept this, and not given yet.
    pub(crate) fn is_awaited(&self, kept: &str, answer: &Answer) -> bool {
        let kept = kept.split_once(THEN).map_or(kept, |(kept, _)| kept);
        is_same(&answer.state, &Begun(kept).state()) && self.nonces.is_good(kept, self.now())
    }

    /// Who came back, and where they go on.
    pub(crate) async fn come_back(
        &self,
        kept: &str,
        answer: &Answer,
    ) -> Result<(PersonId, By, String), Fault> {
        let provider = self.provider()?;
        let (kept, next) = kept.split_once(THEN).unwrap_or((kept, ""));
        let begun = Begun(kept);
        // INVARIANT: only the browser that asked is let in by an answer, by the first one, and not for long.
        if !is_same(&answer.state, &begun.state()) || !self.nonces.take(kept, self.now()) {
            let why = "this sign-in was not begun in this browser, took too long, or is over already";
            return Err(Fault::refused(why).hint("begin again at /sign-in"));
        }
        let called = provider.config.called();
        if let Some(error) = &answer.error {
            return Err(Fault::refused(format!("{called} answers `{}`", words(error))));
        }
        let about = self.about_provider(&provider).await?;
        if !about.is_answer_of(answer.iss.as_deref(), &provider.config.issuer) {
            return Err(Fault::refused(format!("the answer is by another than {called}")));
        }
        let code = answer.code.as_deref().filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| Fault::refused(format!("{called} answers nothing")))?;
        let known_by =
            provider.who(&about, &begun, code).await.map_err(|why| refused(provider.config, &why))?;
        let nobody = || {
            let claim = if provider.config.claim == Claim::Email { "email" } else { "sub" };
            let why =
                format!("{called} knows you by the {claim} `{}`, which is nobody here", words(&known_by));
            Fault::refused(why).hint("`people` in `[console.oidc]` says who is who")
        };
        let person = provider.config.person(&known_by).cloned().ok_or_else(nobody)?;
        let keys = self.memory().people.get(&person).map(|person| person.keys.clone()).unwrap_or_default();
        let by = By::Provider(keys.into_iter().map(|key| key.fingerprint).collect());
        if self.standing_of(&person, &by) == Standing::Out {
            return Err(Fault::refused(format!("`{person}` is not enrolled, or has no key that counts yet")));
        }
        let entry = Entry::new(EntryKind::SignedIn, self.now()).public("person", &person);
        let entry = entry.public("provider", &provider.config.issuer).private("known_by", &known_by);
        self.commit(Record { entry, events: Vec::new(), guards: Vec::new() }).await?;
        let next = URL_SAFE_NO_PAD.decode(next).ok().and_then(|next| String::from_utf8(next).ok());
        Ok((person, by, next.unwrap_or_default()))
    }
}

/// Compared by digest: how long that takes tells nothing of either.
fn is_same(one: &str, other: &str) -> bool {
    Digest::of(one.as_bytes()) == Digest::of(other.as_bytes())
}

/// A provider's own words, as much of them as a page shows.
fn words(text: &str) -> String {
    exact(&text.chars().take(LETTERS).collect::<String>())
}

fn unreachable(config: &OidcConfig, why: String) -> Fault {
    Fault::unavailable(format!("{}: {why}", config.called())).hint("sign in with your passkey meanwhile")
}

fn refused(config: &OidcConfig, why: &str) -> Fault {
    Fault::refused(format!("what {} says does not hold: {why}", config.called()))
        .hint("sign in with your passkey, or begin again at /sign-in")
}
