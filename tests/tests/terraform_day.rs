//! A day in production: what is safe flows, and what people are asked they are asked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod gated;
mod tf;

use gated::Gated;

const PRODUCTION: &str = include_str!("../fixtures/gate/production.tf");

/// Writes a key and a certificate over it, as JSON.
const CERTIFICATE: &str = "
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'school.example')])
now = datetime.datetime.now(datetime.timezone.utc)
made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=90))
        .sign(key, hashes.SHA256()))
form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
print(json.dumps([key.private_bytes(*form).decode(), made.public_bytes(serialization.Encoding.PEM).decode()]))
";

fn certificate(gated: &Gated) {
    let made: [String; 2] = serde_json::from_str(&gated.emulator.hands(CERTIFICATE)).unwrap();
    gated.file("site.key", &made[0]);
    gated.file("site.crt", &made[1]);
}

#[test]
fn a_day_in_production_asks_people_once() {
    let Some(gated) = Gated::new("") else { return };
    gated.file("main.tf", PRODUCTION);
    certificate(&gated);
    let mut asked = Vec::new();
    let mut step = |what: &str, options: &[&str]| {
        let command: Vec<&str> = ["apply", "-auto-approve"].iter().chain(options).copied().collect();
        let mut done = gated.terraform(&command);
        if done.code == 11 {
            asked.push(format!("{what}: {}{}", done.out, done.err));
            gated.approve(&done.ticket());
            done = gated.terraform(&command);
        }
        assert_eq!(done.code, 0, "{what}: {}{}\n{asked:#?}", done.out, done.err);
    };
    step("first deploy", &[]);
    gated.file("more.tf", "resource \"aws_s3_bucket\" \"reports\" {\n  bucket = \"school-reports\"\n}\n");
    step("another bucket", &[]);
    step("labels", &["-var=team=school"]);
    step("two servers", &["-var=team=school", "-var=servers=2"]);
    certificate(&gated);
    step("a new certificate", &["-var=team=school", "-var=servers=2"]);
    let renamed = "resource \"aws_s3_bucket\" \"papers\" {\n  bucket = \"school-reports\"\n}\nmoved {\n  from = \
                   aws_s3_bucket.reports\n  to   = aws_s3_bucket.papers\n}\n";
    gated.file("more.tf", renamed);
    step("another name in the configuration", &["-var=team=school", "-var=servers=2"]);
    assert!(asked.len() <= 1, "{asked:#?}");
    gated.home.verify();
}
