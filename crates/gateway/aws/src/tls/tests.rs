use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use tokio_rustls::rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

use super::*;
use crate::{GatewayError, instant};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("interlock-tls-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn verifies(pem: &str, leaves: &Leaves, name: &str, asked: &str) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
    let verifier = verifier.build().unwrap();
    let key = leaves.certificate(name, instant::now()).unwrap();
    let asked = ServerName::try_from(asked.to_owned()).unwrap();
    verifier.verify_server_cert(&key.cert[0], &[], &asked, &[], UnixTime::now()).is_ok()
}

#[test]
fn leaves_chain_to_the_authority_and_fit_one_name() {
    let folder = folder("chain");
    let authority = Arc::new(Authority::open(&folder).unwrap());
    let pem = authority.certificate_pem().to_owned();
    let leaves = Leaves::new(Arc::clone(&authority)).unwrap();
    let name = "my.bucket.s3.eu-central-1.amazonaws.com";
    assert!(verifies(&pem, &leaves, name, name));
    assert!(!verifies(&pem, &leaves, name, "s3.eu-central-1.amazonaws.com"));
    let again = leaves.certificate(name, instant::now()).unwrap();
    assert!(Arc::ptr_eq(&again, &leaves.certificate(&name.to_uppercase(), instant::now()).unwrap()));
    let late = leaves.certificate(name, instant::now() + 20 * 86_400).unwrap();
    assert!(!Arc::ptr_eq(&again, &late), "made anew at half of its life");
    assert!(leaves.certificate("example.com", instant::now()).is_none());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_authority_is_made_once_and_its_key_is_private() {
    let folder = folder("once");
    let first = Authority::open(&folder).unwrap();
    let leaves = Leaves::new(Arc::new(Authority::open(&folder).unwrap())).unwrap();
    assert!(verifies(first.certificate_pem(), &leaves, "iam.amazonaws.com", "iam.amazonaws.com"));
    let key = folder.join("ca.key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Authority::open(&folder), Err(GatewayError::OpenKey(_))));
    assert!(first.ca_bundle().starts_with(first.certificate_pem()));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn names() {
    for name in [
        "iam.amazonaws.com",
        "RDS.us-east-1.amazonaws.com",
        "my_b.x.s3.amazonaws.com",
        "s3.cn-north-1.amazonaws.com.cn",
        "ec2.us-east-1.api.aws",
    ] {
        assert!(is_aws_name(name), "{name}");
    }
    for name in [
        "amazonaws.com",
        "evilamazonaws.com",
        "amazonaws.com.evil.org",
        "a..amazonaws.com",
        "a b.amazonaws.com",
        "",
        "169.254.169.254",
        "*.amazonaws.com",
    ] {
        assert!(!is_aws_name(name), "{name}");
    }
}
