//! Which hosts that are not AWS's a session may reach.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use http::HeaderMap;
use interlock_action::SessionId;

use crate::{GatewayError, Sessions, VirtualKeys};

/// The egress list.
pub(crate) struct Egress {
    allow: GlobSet,
    literal: Vec<String>,
}

impl Egress {
    /// From globs of host names: `*` matches within one label, `**` any number of labels.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, GatewayError> {
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            let fault = |error: globset::Error| GatewayError::Pattern {
                pattern: pattern.clone(),
                why: error.kind().to_string(),
            };
            // Labels are made path segments, so that a star stops at a dot.
            let path = pattern.to_ascii_lowercase().replace('.', "/");
            let glob = GlobBuilder::new(&path).literal_separator(true).build().map_err(fault)?;
            builder.add(glob);
        }
        let allow = builder.build().map_err(|error| GatewayError::Pattern {
            pattern: patterns.join(" "),
            why: error.kind().to_string(),
        })?;
        let literal = patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        Ok(Self { allow, literal })
    }

    /// Whether the list names this host.
    pub(crate) fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        // Slashes would be read as dots.
        !host.contains('/') && (self.literal.contains(&host) || self.allow.is_match(host.replace('.', "/")))
    }

    /// Whether the list names this host literally: only then may it lie on this machine.
    pub(crate) fn names_literally(&self, host: &str) -> bool {
        self.literal.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// Whether an address is one of a metadata service, or link-local: refused whatever the list says.
pub(crate) fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.octets() == [100, 100, 100, 200],
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_metadata(IpAddr::V4(mapped)),
            None => {
                address.is_unicast_link_local() || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
            }
        },
    }
}

/// Whether an address lies on this machine or means any.
pub(crate) fn is_here(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

/// Whether a name means a metadata service.
pub(crate) fn is_metadata_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "metadata.google.internal"
        || host == "instance-data"
        || host == "instance-data.ec2.internal"
        || host.parse().is_ok_and(is_metadata)
}

/// The session that `Proxy-Authorization: Basic SESSION:PASSWORD` proves.
pub(crate) fn session_of(
    headers: &HeaderMap,
    keys: &VirtualKeys,
    sessions: &dyn Sessions,
) -> Result<Option<SessionId>, &'static str> {
    const WRONG: &str = "the proxy credentials do not belong to a live session";
    let Some(value) = headers.get("proxy-authorization") else { return Ok(None) };
    let text = value.to_str().ok().and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest.trim()).ok()).flatten()
    });
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(WRONG)?;
    let (session, password) = text.split_once(':').ok_or(WRONG)?;
    let known = keys.proxy_password(session).is(password);
    let session = SessionId::from(session);
    if known && sessions.is_live(&session) { Ok(Some(session)) } else { Err(WRONG) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let list = ["api.anthropic.com", "*.example.com", "**.wide.org", "127.0.0.1"].map(str::to_owned);
        let egress = Egress::new(&list).unwrap();
        for host in ["api.anthropic.com", "API.Anthropic.com.", "a.example.com", "a.b.wide.org", "127.0.0.1"]
        {
            assert!(egress.names(host), "{host}");
        }
        for host in [
            "anthropic.com",
            "a.b.example.com",
            "example.com",
            "api.anthropic.com.evil.org",
            "a/example.com",
            "",
        ] {
            assert!(!egress.names(host), "{host}");
        }
        assert!(egress.names_literally("127.0.0.1") && !egress.names_literally("a.example.com"));
        assert!(Egress::new(&["a[".to_owned()]).is_err());
    }

    #[test]
    fn metadata() {
        for host in [
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "fe80::1",
            "metadata.google.internal.",
        ] {
            assert!(is_metadata_name(host), "{host}");
        }
        assert!(!is_metadata_name("10.0.0.1") && !is_metadata_name("example.com"));
        assert!(is_here("::ffff:127.0.0.1".parse().unwrap()) && is_here("0.0.0.0".parse().unwrap()));
    }
}
