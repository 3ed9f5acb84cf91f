//! What every answer carries, so that a page shows what the server wrote and nothing else runs on it.
//!
//! The policy and htmx's `hx-csp` belong together: under this policy alone htmx swaps nothing in, and without the policy an
//! attribute that somebody got into a page would send a request.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Scripts with this answer's nonce and no others; nothing from elsewhere; no text becomes markup but through htmx.
pub(crate) fn policy(nonce: &str) -> String {
    [
        "default-src 'none'",
        &format!("script-src 'nonce-{nonce}'"),
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types htmx",
    ]
    .join("; ")
}

/// Puts them in.
pub(crate) fn put(headers: &mut HeaderMap, nonce: &str, secure: bool) {
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    const ALWAYS: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // `no-referrer` would have browsers leave out where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_this_one() {
        assert_eq!(
            policy("abc"),
            "default-src 'none'; script-src 'nonce-abc'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types htmx"
        );
    }
}
