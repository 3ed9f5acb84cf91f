//! A maker, an authenticator of theirs, and everybody who only says that they are one.

use interlock_approval::{Passkey, PasskeyKey};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256, SigningKey as _, date_time_ymd,
};

use super::*;

const NOW: Millis = 1_790_000_000_000;
const MODEL_WORDS: [u64; 4] = [1, 3, 6, 1];
const THIS: [u8; 16] = [7; 16];

fn model_extension(model: &[u8; 16]) -> CustomExtension {
    let oid = [&MODEL_WORDS[..], &[4, 1, 45_724, 1, 1, 4]].concat();
    CustomExtension::from_oid_content(&oid, [&SIXTEEN[..], model].concat())
}

struct Maker {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Maker {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn asked(&self, models: &[&str]) -> AttestationConfig {
        let models = models.iter().map(|model| (*model).to_owned()).collect();
        AttestationConfig { roots: self.pem.clone(), models }
    }

    /// A passkey of an authenticator of theirs, its certificate changed.
    fn made(&self, change: impl FnOnce(&mut CertificateParams)) -> Enrolled {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
        params.is_ca = IsCa::ExplicitNoCa;
        params.custom_extensions = vec![model_extension(&THIS)];
        change(&mut params);
        let signed = b"what the authenticator says, and the browser".to_vec();
        let attestation = Attestation::Packed {
            algorithm: -7,
            signature: key.sign(&signed).unwrap(),
            chain: vec![params.signed_by(&key, &self.issuer).unwrap().der().to_vec()],
            signed,
        };
        let key = PasskeyKey::EdDsa(String::new());
        let passkey = Passkey { id: String::new(), key, device_bound: true, site: String::new() };
        Enrolled { passkey, model: hex::encode(THIS), attestation }
    }
}

fn said(asked: &AttestationConfig, made: &Enrolled) -> String {
    maker(asked, made, NOW).unwrap_err()
}

#[test]
fn a_maker_that_is_believed_vouches_for_its_own() {
    let yubi = Maker::new("Yubi Root");
    let made = yubi.made(|_| {});
    assert_eq!(maker(&yubi.asked(&[]), &made, NOW), Ok("`CN=Yubi Root`".to_owned()));
    let models = ["00000000-0000-0000-0000-000000000000", "07070707-0707-0707-0707-070707070707"];
    assert!(maker(&yubi.asked(&models), &made, NOW).is_ok());
    assert!(said(&yubi.asked(&models[..1]), &made).contains("not among those that are taken"));
    // Some makers leave the model out of their certificate.
    let silent = yubi.made(|params| params.custom_extensions.clear());
    assert!(maker(&yubi.asked(&[]), &silent, NOW).is_ok());
    // What the authenticator carries is listed itself.
    let Attestation::Packed { chain, .. } = &made.attestation else { panic!("packed") };
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &chain[0]);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
    assert!(maker(&AttestationConfig { roots: pem, models: Vec::new() }, &made, NOW).is_ok());
    let both = AttestationConfig { roots: Maker::new("Other").pem + &yubi.pem, models: Vec::new() };
    assert!(maker(&both, &made, NOW).is_ok());
}

#[test]
fn a_maker_whose_certificate_has_run_out_vouches_for_nothing() {
    let yubi = Maker::new("Yubi Root");
    let century = 100 * 365 * 24 * 60 * 60 * 1000;
    let made = yubi.made(|params| params.not_after = date_time_ymd(4_000, 1, 1));
    assert!(maker(&yubi.asked(&[]), &made, NOW + century).is_ok(), "rcgen's own makers last long");
    let root = Certificate::from_der(&yubi.asked(&[]).makers().unwrap()[0]).unwrap();
    let end = root.tbs_certificate().validity().not_after.to_unix_duration();
    assert!(!is_in_force(&root, u64::try_from(end.as_millis()).unwrap() + 1));
}

#[test]
fn nobody_else_does() {
    let (yubi, other) = (Maker::new("Yubi Root"), Maker::new("Yubi Root"));
    let asked = yubi.asked(&[]);
    assert!(said(&asked, &other.made(|_| {})).contains("no maker that is believed"), "the same name");
    for (change, why) in [
        (
            (|params| params.distinguished_name = rcgen::DistinguishedName::new())
                as fn(&mut CertificateParams),
            "none of an authenticator",
        ),
        (|params| params.custom_extensions = vec![model_extension(&[8; 16])], "another model"),
        (|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), "no maker that is believed"),
        (|params| params.not_after = date_time_ymd(2020, 1, 1), "no maker that is believed"),
        (|params| params.not_before = date_time_ymd(2090, 1, 1), "no maker that is believed"),
    ] {
        let said = said(&asked, &yubi.made(change));
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn what_was_not_signed_so_was_not_said() {
    let yubi = Maker::new("Yubi Root");
    let asked = yubi.asked(&[]);
    let with = |change: fn(&mut Attestation)| {
        let mut made = yubi.made(|_| {});
        change(&mut made.attestation);
        said(&asked, &made)
    };
    let other_words = with(|attestation| {
        if let Attestation::Packed { signed, .. } = attestation {
            signed.push(1);
        }
    });
    assert!(other_words.contains("not signed with its maker's certificate"), "{other_words}");
    let other_way = with(|attestation| {
        if let Attestation::Packed { algorithm, .. } = attestation {
            *algorithm = -257;
        }
    });
    assert!(other_way.contains("not signed with its maker's certificate"), "{other_way}");
    let unknown_way = with(|attestation| {
        if let Attestation::Packed { algorithm, .. } = attestation {
            *algorithm = -65_535;
        }
    });
    assert!(unknown_way.contains("not read here"), "{unknown_way}");
    let no_chain = with(|attestation| {
        if let Attestation::Packed { chain, .. } = attestation {
            chain.clear();
        }
    });
    assert!(no_chain.contains("without a certificate"), "{no_chain}");
    let rubbish = with(|attestation| {
        if let Attestation::Packed { chain, .. } = attestation {
            *chain = vec![vec![0; 40]];
        }
    });
    assert!(rubbish.contains("cannot be read"), "{rubbish}");
    assert!(with(|attestation| *attestation = Attestation::None).contains("no maker vouches"));
    assert!(with(|attestation| *attestation = Attestation::Other("tpm".into())).contains("`tpm`"));
}

#[test]
fn what_names_no_maker_is_no_configuration() {
    let yubi = Maker::new("Yubi Root");
    assert_eq!(yubi.asked(&["07070707-0707-0707-0707-070707070707"]).sensible(), Ok(()));
    assert!(yubi.asked(&["yubikey"]).sensible().is_err());
    for roots in ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let asked = AttestationConfig { roots: roots.to_owned(), models: Vec::new() };
        assert!(asked.sensible().is_err(), "{roots}");
    }
}
