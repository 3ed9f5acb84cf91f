use base64::Engine as _;
use ed25519_dalek::{Signer as _, SigningKey};
use interlock_action::Digest;
use sha2::{Digest as _, Sha256, Sha512};

use crate::{EnrolledKey, Refusal, Signable as _, Statement, parse_public_key, sign, verify};

fn statement() -> Statement {
    Statement::on_ticket("approve", &"tk-1".into(), Digest::of(b"t"), &"ana".into(), "seen", "n1")
}

/// A software key, made by OpenSSH's own tool.
pub(super) fn openssh() -> (String, EnrolledKey) {
    let seed = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let key = ssh_key::PrivateKey::from(seed);
    let public = key.public_key().to_openssh().unwrap();
    (key.to_openssh(ssh_key::LineEnding::LF).unwrap().to_string(), parse_public_key(&public, 0, 0).unwrap())
}

#[test]
fn a_signature_is_good_for_one_statement_and_one_person() {
    let (private, enrolled) = openssh();
    let armoured = sign(&statement(), &private, None).unwrap();
    assert_eq!(
        verify(&statement(), &armoured, std::slice::from_ref(&enrolled), None).unwrap().key,
        &enrolled
    );
    let others = [
        Statement { verb: "deny".into(), ..statement() },
        Statement { subject: "tk-2".into(), ..statement() },
        Statement { digest: Digest::of(b"u"), ..statement() },
        Statement { person: "bo".into(), ..statement() },
        Statement { reason: "other".into(), ..statement() },
        Statement { nonce: "n2".into(), ..statement() },
    ];
    for other in others {
        assert!(verify(&other, &armoured, std::slice::from_ref(&enrolled), None).is_err(), "{other:?}");
    }
    assert!(verify(&statement(), &armoured, &[], None).is_err());
    assert!(verify(&statement(), "no signature", &[enrolled], None).is_err());
}

#[test]
fn a_signature_for_another_purpose_does_not_count() {
    let (private, enrolled) = openssh();
    let key = ssh_key::PrivateKey::from_openssh(&private).unwrap();
    let bytes = statement().bytes().unwrap();
    let other =
        key.sign("git", ssh_key::HashAlg::Sha512, &bytes).unwrap().to_pem(ssh_key::LineEnding::LF).unwrap();
    let refused = verify(&statement(), &other, &[enrolled], None).unwrap_err();
    assert!(matches!(&refused, Refusal::Signature(why) if why.contains("git")), "{refused}");
}

/// A security key, as OpenSSH's `PROTOCOL.u2f` describes it, played by a software key.
fn security_key(flags: u8) -> (String, EnrolledKey) {
    let key = SigningKey::from_bytes(&[9; 32]);
    let string =
        |bytes: &[u8]| [u32::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat();
    let algorithm = b"sk-ssh-ed25519@openssh.com";
    let public = [string(algorithm), string(key.verifying_key().as_bytes()), string(b"ssh:")].concat();
    let message = statement().bytes().unwrap();
    let signed = [
        b"SSHSIG".to_vec(),
        string(Statement::NAMESPACE.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(&Sha512::digest(&message)),
    ]
    .concat();
    let counter = 5_u32.to_be_bytes();
    let over =
        [Sha256::digest(b"ssh:").as_slice(), &[flags], &counter, Sha256::digest(&signed).as_slice()].concat();
    let signature =
        [string(algorithm), string(&key.sign(&over).to_bytes()), vec![flags], counter.to_vec()].concat();
    let blob = [
        b"SSHSIG".to_vec(),
        1_u32.to_be_bytes().to_vec(),
        string(&public),
        string(Statement::NAMESPACE.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(&signature),
    ]
    .concat();
    let text = base64::engine::general_purpose::STANDARD.encode(&blob);
    let lines: Vec<&str> =
        text.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let armoured =
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
    let public = ssh_key::PublicKey::from_bytes(&public).unwrap().to_openssh().unwrap();
    (armoured, parse_public_key(&public, 0, 0).unwrap())
}

#[test]
fn a_security_key_must_be_touched_and_must_know_its_user() {
    let (good, enrolled) = security_key(0x05);
    assert_eq!(
        verify(&statement(), &good, std::slice::from_ref(&enrolled), None).map(|good| good.key),
        Ok(&enrolled)
    );
    for (flags, missing) in [(0x00, "touched"), (0x04, "touched"), (0x01, "who touched")] {
        let (weak, enrolled) = security_key(flags);
        let refused = verify(&statement(), &weak, &[enrolled], None).unwrap_err().to_string();
        assert!(refused.contains(missing), "{flags:#04x}: {refused}");
    }
}

#[test]
fn other_kinds_of_key_are_not_enrolled() {
    assert!(parse_public_key("ssh-rsa AAAA", 0, 0).is_err());
    assert!(
        parse_public_key("nonsense", 0, 0).unwrap_err().to_string().contains("not an OpenSSH public key")
    );
}
