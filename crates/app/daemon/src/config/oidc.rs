//! `[console.oidc]`: a provider whose word is taken for who somebody is. It opens the console's pages and decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    path::PathBuf,
};

use http::Uri;
use interlock_action::PersonId;
use serde::{Deserialize, Serialize};

/// `[console.oidc]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider, exactly as its tokens name it: `https://login.example.com`.
    pub issuer: String,
    /// What this console is known by there. Its redirect address there is the console's origin with `/sign-in/oidc/back`.
    pub client_id: String,
    /// The file with the client's secret, in the home; without one it is a public client.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What the button calls it; the issuer's host unless told.
    #[serde(default)]
    pub name: Option<String>,
    /// What `people` are known by there.
    #[serde(default)]
    pub claim: Claim,
    /// Who is who: a person's name here, and what they are known by there.
    pub people: BTreeMap<PersonId, String>,
}

/// What somebody is known by at a provider. Source: OpenID Connect Core 1.0, §5.1 and §5.7: `sub` alone never changes hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Claim {
    /// The provider's own name for an account.
    #[default]
    Sub,
    /// An address that the provider says it has verified.
    Email,
}

impl OidcConfig {
    /// What the button calls it.
    pub(crate) fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let host = self.issuer.split_once("://").map_or(self.issuer.as_str(), |(_, host)| host);
            host.split('/').next().unwrap_or_default().to_owned()
        })
    }

    pub(crate) fn sensible(&self) -> Result<(), String> {
        let fault = |why: String| Err(format!("[console.oidc] {why}"));
        if !is_safe(&self.issuer) || self.issuer.contains(['?', '#']) {
            let why = "an address with `https`, as the provider's tokens name it";
            return fault(format!("issuer = \"{}\": {why}", self.issuer));
        }
        if self.client_id.is_empty() {
            return fault("client_id: what this console is known by there".to_owned());
        }
        if self.people.is_empty() {
            return fault("people = { ana = \"…\" }: nobody would come in by it".to_owned());
        }
        let mut known = BTreeSet::new();
        for (person, by) in &self.people {
            if by.is_empty() || !known.insert(self.claim.alike(by)) {
                return fault(format!(
                    "people: what {person} is known by there is empty, or somebody else's"
                ));
            }
        }
        Ok(())
    }

    /// Who is known by this.
    pub(crate) fn person(&self, by: &str) -> Option<&PersonId> {
        let by = self.claim.alike(by);
        self.people.iter().find(|(_, have)| self.claim.alike(have) == by).map(|(person, _)| person)
    }
}

impl Claim {
    /// Addresses are the same in small letters; other names are what they are.
    fn alike(self, by: &str) -> String {
        match self {
            Self::Sub => by.to_owned(),
            Self::Email => by.to_ascii_lowercase(),
        }
    }
}

/// Whether what is sent there is read by nobody else: TLS, or this machine.
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
    let own = || {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    // A name in an address is nobody's that a provider would publish.
    !uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
        && (scheme == "https" || scheme == "http" && own())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str, people: &[(&str, &str)], claim: Claim) -> OidcConfig {
        OidcConfig {
            issuer: issuer.to_owned(),
            client_id: "interlock".to_owned(),
            client_secret_file: None,
            name: None,
            claim,
            people: people.iter().map(|(name, by)| (PersonId::new(*name), (*by).to_owned())).collect(),
        }
    }

    #[test]
    fn a_provider_is_spoken_to_in_private() {
        for good in ["https://login.example", "http://localhost:1", "http://127.0.0.1:1/x", "http://[::1]:1"]
        {
            assert_eq!(config(good, &[("ana", "1")], Claim::Sub).sensible(), Ok(()), "{good}");
        }
        for bad in [
            "http://login.example",
            "login.example",
            "https://a@login.example",
            "https://login.example?x",
            "ftp://localhost",
            "",
        ] {
            assert!(config(bad, &[("ana", "1")], Claim::Sub).sensible().is_err(), "{bad}");
        }
    }

    #[test]
    fn everybody_there_is_one_person_here() {
        let issuer = "https://login.example";
        assert!(config(issuer, &[], Claim::Sub).sensible().is_err());
        assert!(config(issuer, &[("ana", "")], Claim::Sub).sensible().is_err());
        let two = [("ana", "A@x.example"), ("bo", "a@x.example")];
        assert!(config(issuer, &two, Claim::Email).sensible().is_err(), "one address");
        let subs = config(issuer, &two, Claim::Sub);
        assert_eq!((subs.sensible(), subs.person("a@x.example")), (Ok(()), Some(&"bo".into())));
        let mails = config(issuer, &two[..1], Claim::Email);
        assert_eq!(mails.person("a@X.example"), Some(&"ana".into()));
        assert_eq!((mails.person("b@x.example"), subs.person("A@X.example")), (None, None));
    }
}
