//! What is said to a provider, and what it answers. Sources: OpenID Connect Discovery 1.0, §4; Core 1.0, §3.1.3 and §5.3;
//! RFC 6749, §2.3.1 and §4.1.3.

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, header, request::Builder};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{
    Begun,
    token::{self, Claims},
};
use crate::{
    config::{Claim, OidcConfig, is_safe},
    post,
};

/// What a form encodes; some servers read a client's name without decoding it. Source: the URL standard, §5.2.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// So many questions at once.
static ASKING: Semaphore = Semaphore::const_new(8);
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A provider, and where it sends people back to.
pub(super) struct Provider<'d> {
    pub(super) config: &'d OidcConfig,
    pub(super) home: &'d Path,
    pub(super) back: String,
}

/// What a provider says of itself.
#[derive(Deserialize)]
pub(crate) struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What it gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// What it says of somebody past the token.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    #[serde(default)]
    email_verified: Value,
}

impl About {
    /// Whether an answer that names this provider, or none, is this one's.
    pub(super) fn is_answer_of(&self, named: Option<&str>, issuer: &str) -> bool {
        named.map_or(!self.authorization_response_iss_parameter_supported, |named| named == issuer)
    }
}

impl Provider<'_> {
    /// Asks the provider about itself.
    pub(super) async fn about(&self) -> Result<About, String> {
        let issuer = &self.config.issuer;
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let about: About = answer(Request::get(place), String::new()).await?;
        if about.issuer != *issuer {
            return Err(format!("it calls itself `{}` and not `{issuer}`", super::words(&about.issuer)));
        }
        let places = [&about.authorization_endpoint, &about.token_endpoint, &about.jwks_uri];
        if let Some(place) = places.into_iter().chain(&about.userinfo_endpoint).find(|place| !is_safe(place))
        {
            return Err(format!("`{}` is no address with `https`", super::words(place)));
        }
        Ok(about)
    }

    /// Where a browser asks who it is.
    pub(super) fn asks(&self, about: &About, begun: &Begun<'_>) -> String {
        let scope = if self.config.claim == Claim::Email { "openid email" } else { "openid" };
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.back),
            ("scope", scope),
            ("state", &begun.state()),
            ("nonce", &begun.nonce()),
            ("code_challenge", &begun.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        let place = &about.authorization_endpoint;
        format!("{place}{}{query}", if place.contains('?') { '&' } else { '?' })
    }

    /// What somebody is known by, for the code that they came back with.
    pub(super) async fn who(&self, about: &About, begun: &Begun<'_>, code: &str) -> Result<String, String> {
        let tokens = self.tokens(about, begun, code).await?;
        let keys = keys(&about.jwks_uri).await?;
        let (issuer, client) = (&self.config.issuer, &self.config.client_id);
        let claims = token::verify(&tokens.id_token, &keys, issuer, client, &begun.nonce())?;
        match self.config.claim {
            Claim::Sub => Ok(claims.sub),
            Claim::Email => email(about, claims, tokens.access_token).await,
        }
    }

    async fn tokens(&self, about: &About, begun: &Begun<'_>, code: &str) -> Result<Tokens, String> {
        let (client, verifier) = (self.config.client_id.as_str(), begun.verifier());
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", &verifier),
        ];
        let mut request = Request::post(&about.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let secret = self.secret()?;
        match &secret {
            None => fields.push(("client_id", client)),
            Some(secret) if about.takes_basic() => {
                let both = STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret)));
                request = request.header(header::AUTHORIZATION, format!("Basic {both}"));
            }
            Some(secret) => fields.extend([("client_id", client), ("client_secret", secret)]),
        }
        answer(request, form(&fields)).await
    }

    fn secret(&self) -> Result<Option<String>, String> {
        let Some(file) = &self.config.client_secret_file else { return Ok(None) };
        let path = self.home.join(file);
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        Ok(Some(text.trim().to_owned()))
    }
}

impl About {
    /// Whether a secret goes into a header, as is usual where nothing is said.
    fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

/// An address that the provider has verified: from the token, or from where it tells more of the same account.
async fn email(about: &About, claims: Claims, access: Option<String>) -> Result<String, String> {
    let told = claims.email.is_some() && !claims.email_verified.is_null();
    let (email, verified) = match (&about.userinfo_endpoint, access) {
        (Some(place), Some(access)) if !told => {
            let request = Request::get(place).header(header::AUTHORIZATION, format!("Bearer {access}"));
            let info: UserInfo = answer(request, String::new()).await?;
            if info.sub != claims.sub {
                return Err("it tells of another account than the one that signed in".to_owned());
            }
            (info.email, info.email_verified)
        }
        _ => (claims.email, claims.email_verified),
    };
    let sub = super::words(&claims.sub);
    let by_sub = || format!("name people by `claim = \"sub\"`; yours is `{sub}`");
    let email = email.ok_or_else(|| format!("it names no e-mail address; {}", by_sub()))?;
    match &verified {
        Value::Bool(true) => Ok(email),
        // Some write the word as text.
        Value::String(word) if word == "true" => Ok(email),
        Value::Null => {
            Err(format!("it does not say whether it has verified the e-mail address; {}", by_sub()))
        }
        _ => Err("it says that it has not verified the e-mail address".to_owned()),
    }
}

/// Its keys that can be read; others are for others.
async fn keys(place: &str) -> Result<JwkSet, String> {
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<Value>,
    }
    let Keys { keys } = answer(Request::get(place), String::new()).await?;
    Ok(JwkSet { keys: keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()).collect() })
}

async fn answer<T: DeserializeOwned>(request: Builder, body: String) -> Result<T, String> {
    let request = request.header(header::ACCEPT, "application/json");
    let request = request.body(body).map_err(|_| "its address cannot be read".to_owned())?;
    let place = request.uri().to_string();
    let sent = tokio::time::timeout(PATIENCE, async {
        // Held until it has answered: a slow one is not asked by everybody at once.
        let _one = ASKING.acquire().await.map_err(|error| error.to_string())?;
        post::send(request).await
    });
    let sent = sent.await;
    let sent = sent.map_err(|_| format!("`{place}` does not answer"))?;
    let (status, body) = sent.map_err(|why| format!("`{place}`: {why}"))?;
    if !status.is_success() {
        // The name of an error and what it says of it, where it gives them. Source: RFC 6749, §5.2.
        let said = serde_json::from_str::<Value>(&body).unwrap_or_default();
        let said = |name: &str| said.get(name).and_then(Value::as_str).map(super::words).unwrap_or_default();
        let (error, more) = (said("error"), said("error_description"));
        tracing::warn!(%place, %status, error, more, "the provider that people sign in with refuses");
        return Err(format!("`{place}` answers {status} {error}").trim_end().to_owned());
    }
    serde_json::from_str(&body).map_err(|error| format!("`{place}` answers what cannot be read: {error}"))
}

fn form(fields: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
    fields.iter().map(one).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}
