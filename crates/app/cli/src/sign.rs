//! Signing as a person: with a key file, through `ssh-keygen` for agents, security keys and passphrases, or in the console with a
//! passkey (`--key passkey:NAME`).

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use interlock_action::PersonId;
use interlock_api::{
    Added, LaunchProof, NonceReply, OpenSession, Signed, Signing, WordsAt, WordsSigned, WordsToSign, visible,
};
use interlock_approval::{Person, Signable, Statement, sign};
use serde::Serialize;
use serde_json::Value;

use crate::{client::Client, fault::Fault, output::tell};

/// What `--key` begins with where a passkey signs.
const PASSKEY: &str = "passkey:";
/// How long somebody has to sign in the console, in seconds.
const PATIENCE: u64 = 300;

/// Whose passkey signs, where one does.
pub(crate) fn whose_passkey(key: &Path) -> Option<PersonId> {
    key.to_str()?.strip_prefix(PASSKEY).map(PersonId::new)
}

/// Signs words: here with a key, or in the console with a passkey.
pub(crate) fn words(client: &Client, words: &WordsToSign, key: &Path) -> Result<String, Fault> {
    match (whose_passkey(key), &words.words) {
        (Some(person), _) => in_console(client, words, &person),
        (None, Signing::Statement(words)) => statement(words, key),
        (None, Signing::Opening(words)) => statement(words.as_ref(), key),
    }
}

fn in_console(client: &Client, words: &WordsToSign, person: &PersonId) -> Result<String, Fault> {
    let WordsAt { id, url } = client.post("/v1/words", words)?;
    tell(&format!("sign as {} in a browser: {url}", visible(person.as_str())));
    for _ in 0..PATIENCE / 30 {
        let signed: WordsSigned = client.get(&format!("/v1/words/{id}?seconds=30"))?;
        if let Some(signature) = signed.signature {
            return Ok(signature);
        }
    }
    Err(Fault::failed("nobody signed in the console in time")
        .hint("run the command again, and open its page"))
}

/// Signs with the key in `key`: a private key, or a public key whose private half an agent holds.
pub(crate) fn statement<S: Signable>(statement: &S, key: &Path) -> Result<String, Fault> {
    if whose_passkey(key).is_some() {
        let why = "this is signed while no daemon is up, and passkeys sign in its console";
        return Err(Fault::usage(why).hint("give an OpenSSH key, best one on a security key"));
    }
    let text = std::fs::read_to_string(key).map_err(|error| Fault::file(key, &error))?;
    let plain = text.contains("PRIVATE KEY");
    if plain && let Ok(signature) = sign(statement, &text, None) {
        return Ok(signature);
    }
    // Security keys, encrypted keys and agents are OpenSSH's own business.
    let bytes = statement.bytes().map_err(|error| Fault::failed(error.to_string()))?;
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", S::NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Fault::failed(format!("cannot run `ssh-keygen`: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&bytes).map_err(|error| Fault::failed(format!("`ssh-keygen`: {error}")))?;
    }
    let output = child.wait_with_output().map_err(|error| Fault::failed(format!("`ssh-keygen`: {error}")))?;
    if !output.status.success() {
        return Err(Fault::failed(format!("`ssh-keygen` did not sign with `{}`", key.display())));
    }
    String::from_utf8(output.stdout).map_err(|_| Fault::failed("`ssh-keygen` wrote no signature"))
}

/// The person whom a key belongs to, among the enrolled.
pub(crate) fn signer(people: &[Person], key: &Path) -> Result<PersonId, Fault> {
    if let Some(person) = whose_passkey(key) {
        return Ok(person);
    }
    let public = public_half(key)?;
    let owner = people.iter().find(|person| person.keys.iter().any(|have| have.public_key == public));
    owner.map(|person| person.name.clone()).ok_or_else(|| {
        Fault::failed(format!("`{}` is the key of nobody enrolled here", key.display()))
            .hint("list people with `interlock person ls`")
    })
}

/// The public key line of a key file, whichever half it is.
fn public_half(key: &Path) -> Result<String, Fault> {
    let text = std::fs::read_to_string(key).map_err(|error| Fault::file(key, &error))?;
    let line = if text.contains("PRIVATE KEY") {
        let beside =
            key.with_file_name(format!("{}.pub", key.file_name().unwrap_or_default().to_string_lossy()));
        match std::fs::read_to_string(&beside) {
            Ok(line) => line,
            Err(_) => derived(key)?,
        }
    } else {
        text
    };
    let parsed = interlock_approval::parse_public_key(&line, 0, 0);
    parsed.map(|key| key.public_key).map_err(|error| Fault::failed(error.to_string()))
}

fn derived(key: &Path) -> Result<String, Fault> {
    let output = Command::new("ssh-keygen").args(["-y", "-f"]).arg(key).output();
    let output = output.map_err(|error| Fault::failed(format!("cannot run `ssh-keygen`: {error}")))?;
    String::from_utf8(output.stdout).map_err(|_| Fault::failed("`ssh-keygen` wrote no key"))
}

/// Wraps an administrative request with a person's signature over it.
pub(crate) fn administrative<T: Serialize>(
    client: &Client,
    verb: &str,
    subject: &str,
    body: T,
    key: &Path,
    reason: &str,
) -> Result<Added<T>, Fault> {
    let signed = signed(client, verb, subject, &body, key, reason)?;
    Ok(Added { body, signed, co_signed: Vec::new() })
}

/// One person's signature over an administrative request.
pub(crate) fn signed<T: Serialize>(
    client: &Client,
    verb: &str,
    subject: &str,
    body: &T,
    key: &Path,
    reason: &str,
) -> Result<Signed, Fault> {
    let people: Vec<Person> = client.get("/v1/people")?;
    let person = signer(&people, key)?;
    let NonceReply { nonce, .. } = client.post("/v1/nonce", &())?;
    let mut signed = Signed { person, reason: reason.to_owned(), nonce, signature: String::new() };
    let statement = signed.statement(verb, subject, body);
    let statement = statement.map_err(|error| Fault::failed(error.to_string()))?;
    let body = serde_json::to_value(body).map_err(|error| Fault::failed(error.to_string()))?;
    signed.signature = words(client, &WordsToSign { words: Signing::Statement(statement), body }, key)?;
    Ok(signed)
}

/// Signs, with each key, what `statement_of` makes for its person and these words.
pub(crate) fn together(
    people: &[Person],
    statement_of: &dyn Fn(&PersonId, &str) -> Statement,
    keys: &[PathBuf],
    reason: &str,
) -> Result<Vec<(Statement, String)>, String> {
    let sign = |key: &PathBuf| {
        let person = signer(people, key)?;
        let words = statement_of(&person, reason);
        let signature = statement(&words, key)?;
        Ok((words, signature))
    };
    keys.iter().map(sign).collect::<Result<_, Fault>>().map_err(|fault| fault.to_string())
}

/// Signs for the launch of a session.
pub(crate) fn launch(client: &Client, request: &OpenSession, key: &Path) -> Result<LaunchProof, Fault> {
    let people: Vec<Person> = client.get("/v1/people")?;
    let person = signer(&people, key)?;
    let NonceReply { nonce, home } = client.post("/v1/nonce", &())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let opening = request.opening(home, person.clone(), at, nonce.clone());
    let to_sign = WordsToSign { words: Signing::Opening(Box::new(opening)), body: Value::Null };
    let signature = words(client, &to_sign, key)?;
    Ok(LaunchProof { person, at, nonce, signature })
}
