//! The local certificate authority: made once, kept in a folder that no agent can read.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::{
    GatewayError,
    instant::{self, Seconds},
    sigv4::sha256_hex,
};

const KEY_FILE: &str = "ca.key.pem";
const CERTIFICATE_FILE: &str = "ca.pem";
const DAY: Seconds = 86_400;
/// Ten years.
const CA_LIFE: Seconds = 3_652 * DAY;
/// Some clients refuse certificates of more than 398 days.
const LEAF_LIFE: Seconds = 30 * DAY;

/// The local certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority(…)")
    }
}

fn refused(error: rcgen::Error) -> GatewayError {
    GatewayError::Authority(error.to_string())
}

impl Authority {
    /// Opens the authority in `folder`; makes it there at the first start: `ca.key.pem` (mode 0600) and `ca.pem`.
    pub fn open(folder: &Path) -> Result<Self, GatewayError> {
        fs::create_dir_all(folder).map_err(GatewayError::file("make", folder))?;
        let key_path = folder.join(KEY_FILE);
        let certificate_path = folder.join(CERTIFICATE_FILE);
        let key = match fs::read_to_string(&key_path) {
            Ok(pem) => {
                let mode = fs::metadata(&key_path)
                    .map_err(GatewayError::file("read", &key_path))?
                    .permissions()
                    .mode();
                if mode & 0o077 != 0 {
                    return Err(GatewayError::OpenKey(key_path));
                }
                KeyPair::from_pem(&pem).map_err(refused)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(refused)?;
                write(&key_path, &key.serialize_pem(), 0o600)?;
                key
            }
            Err(error) => return Err(GatewayError::file("read", &key_path)(error)),
        };
        let params = ca_params(&key)?;
        let pem = match fs::read_to_string(&certificate_path) {
            Ok(pem) if pem.contains("BEGIN CERTIFICATE") => pem,
            Ok(_) => {
                return Err(GatewayError::Authority(format!("`{CERTIFICATE_FILE}` holds no certificate")));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let pem = params.self_signed(&key).map_err(refused)?.pem();
                write(&certificate_path, &pem, 0o644)?;
                pem
            }
            Err(error) => return Err(GatewayError::file("read", &certificate_path)(error)),
        };
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The authority's own certificate.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// The system's roots and our own, as PEM text: what `AWS_CA_BUNDLE` and its like point to.
    pub fn ca_bundle(&self) -> String {
        let mut bundle = self.pem.clone();
        for root in rustls_native_certs::load_native_certs().certs {
            bundle.push_str("-----BEGIN CERTIFICATE-----\n");
            let text = STANDARD.encode(&root);
            for line in text.as_bytes().chunks(64) {
                bundle.push_str(&String::from_utf8_lossy(line));
                bundle.push('\n');
            }
            bundle.push_str("-----END CERTIFICATE-----\n");
        }
        bundle
    }

    /// A certificate for one server name, and when it should be made anew.
    pub(crate) fn issue(
        &self,
        name: &str,
        key: &KeyPair,
        now: Seconds,
    ) -> Result<(CertificateDer<'static>, Seconds), GatewayError> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(refused)?;
        let common: String = name.chars().take(64).collect();
        params.distinguished_name.push(DnType::CommonName, common);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        limit(&mut params, now, LEAF_LIFE);
        let certificate = params.signed_by(key, &self.issuer).map_err(refused)?;
        Ok((certificate.der().clone(), now.saturating_add(LEAF_LIFE / 2)))
    }
}

/// The same for the same key, so that the issuer's name need not be read back from the certificate.
fn ca_params(key: &KeyPair) -> Result<CertificateParams, GatewayError> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(refused)?;
    let mark: String = sha256_hex(key.der_bytes()).chars().take(8).collect();
    params.distinguished_name.push(DnType::OrganizationName, "Interlock");
    params.distinguished_name.push(DnType::CommonName, format!("Interlock local CA {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    limit(&mut params, instant::now(), CA_LIFE);
    Ok(params)
}

/// Sets how long a certificate is good: from the day before, so that clocks may differ.
fn limit(params: &mut CertificateParams, now: Seconds, length: Seconds) {
    let day = |at: Seconds| {
        let (year, month, day) = instant::civil(at / DAY);
        let number = |value: u64| u8::try_from(value).unwrap_or(1);
        date_time_ymd(i32::try_from(year).unwrap_or(9_999), number(month), number(day))
    };
    params.not_before = day(now.saturating_sub(DAY));
    params.not_after = day(now.saturating_add(length));
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), GatewayError> {
    let partial = path.with_extension("partial");
    let _ = fs::remove_file(&partial);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&partial);
    let mut file = file.map_err(GatewayError::file("write", &partial))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(GatewayError::file("write", &partial))?;
    fs::rename(&partial, path).map_err(GatewayError::file("write", path))
}
