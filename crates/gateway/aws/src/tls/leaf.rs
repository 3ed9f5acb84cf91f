//! One certificate a server name, made when a client asks for it, kept while the process lives.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::{CertifiedKey, SigningKey},
};

use super::{Authority, is_aws_name};
use crate::{
    GatewayError,
    instant::{self, Seconds},
};

/// So many names at most; beyond it the cache starts anew.
const CAP: usize = 1_024;

/// Certificates by server name. All share one key, which never leaves the process.
pub(crate) struct Leaves {
    authority: Arc<Authority>,
    pair: KeyPair,
    signer: Arc<dyn SigningKey>,
    made: Mutex<HashMap<String, (Arc<CertifiedKey>, Seconds)>>,
}

impl fmt::Debug for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leaves(…)")
    }
}

impl Leaves {
    pub(crate) fn new(authority: Arc<Authority>) -> Result<Self, GatewayError> {
        let fault = |why: String| GatewayError::Authority(why);
        let pair =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| fault(error.to_string()))?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let signer = ring::sign::any_ecdsa_type(&der).map_err(|error| fault(error.to_string()))?;
        Ok(Self { authority, pair, signer, made: Mutex::new(HashMap::new()) })
    }

    /// The TLS configuration of the door: HTTP/2 and HTTP/1.1.
    pub(crate) fn server(self) -> Result<ServerConfig, GatewayError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| GatewayError::Authority(error.to_string()))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(self));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The certificate for a name; `None` for a name that is not AWS's.
    pub(crate) fn certificate(&self, name: &str, now: Seconds) -> Option<Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        if !is_aws_name(&name) {
            return None;
        }
        let held = |made: &HashMap<String, (Arc<CertifiedKey>, Seconds)>| {
            made.get(&name).filter(|(_, until)| now < *until).map(|(key, _)| Arc::clone(key))
        };
        if let Some(key) = held(&self.made.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(key);
        }
        let (certificate, until) = self.authority.issue(&name, &self.pair, now).ok()?;
        let key = Arc::new(CertifiedKey::new(vec![certificate], Arc::clone(&self.signer)));
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= CAP {
            made.clear();
        }
        made.insert(name, (Arc::clone(&key), until));
        Some(key)
    }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificate(hello.server_name()?, instant::now())
    }
}
