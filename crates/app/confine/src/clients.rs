//! Variables that make ordinary clients use the doors, without any change to them.

use std::collections::BTreeMap;

/// Settings that name a file of CA certificates, each for the clients in the comment.
const BUNDLE: &[&str] = &[
    "AWS_CA_BUNDLE",      // AWS SDKs and CLI
    "SSL_CERT_FILE",      // OpenSSL, Go, Ruby, rustls-native-certs
    "CURL_CA_BUNDLE",     // curl
    "REQUESTS_CA_BUNDLE", // Python requests
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "NIX_SSL_CERT_FILE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
];

/// The proxy and CA variables for a proxy at this port inside, and a CA bundle at this path inside
/// ([`CA_BUNDLE`](crate::CA_BUNDLE)). Keys, regions and endpoints are the caller's to add.
pub fn client_environment(proxy_port: Option<u16>, ca_bundle: Option<&str>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    if let Some(port) = proxy_port {
        let proxy = format!("http://127.0.0.1:{port}");
        // Both spellings: curl reads only the lower case of `http_proxy`, others only the upper.
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            set(name, &proxy);
        }
        for name in ["NO_PROXY", "no_proxy"] {
            set(name, "localhost,127.0.0.1,::1");
        }
        // Node's own fetch looks at proxy variables only when told to.
        set("NODE_USE_ENV_PROXY", "1");
    }
    if let Some(bundle) = ca_bundle {
        for name in BUNDLE {
            set(name, bundle);
        }
    }
    // There is no metadata service inside; SDKs that ask for it wait for nothing.
    set("AWS_EC2_METADATA_DISABLED", "true");
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_and_bundle_are_named_for_every_client() {
        let variables = client_environment(Some(17_100), Some("/ca.pem"));
        for name in ["https_proxy", "HTTPS_PROXY", "http_proxy"] {
            assert_eq!(variables[name], "http://127.0.0.1:17100");
        }
        for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
            assert_eq!(variables[name], "/ca.pem");
        }
        assert_eq!(variables["AWS_EC2_METADATA_DISABLED"], "true");
    }

    #[test]
    fn without_doors_no_proxy_is_named() {
        let variables = client_environment(None, None);
        assert_eq!(variables.into_keys().collect::<Vec<_>>(), ["AWS_EC2_METADATA_DISABLED"]);
    }
}
