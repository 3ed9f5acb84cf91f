//! The AWS CLI's shared files: sections of `key = value` lines.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{CredentialError, Credentials, source::from_json};
use crate::sigv4::Secret;

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Reads sections; nested (indented) values are left out, they carry no credentials.
pub(super) fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) =
            line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.trim())
        {
            let name = name.strip_prefix("profile ").map_or(name, str::trim).to_owned();
            sections.entry(name.clone()).or_default();
            current = Some(name);
        } else if let (Some(section), Some((key, value)), false) = (&current, line.split_once('='), nested) {
            let value = value.split(" #").next().unwrap_or_default().trim().to_owned();
            sections.entry(section.clone()).or_default().insert(key.trim().to_ascii_lowercase(), value);
        }
    }
    sections
}

/// A profile of the shared files; the credentials file wins over the config file.
pub(super) async fn shared(
    name: &str,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Credentials, CredentialError> {
    let home = get("HOME").map(PathBuf::from).unwrap_or_default();
    let path = |variable: &str, file: &str| {
        get(variable).map_or_else(|| home.join(".aws").join(file), PathBuf::from)
    };
    let mut profile = BTreeMap::new();
    for path in [path("AWS_CONFIG_FILE", "config"), path("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
        let text = match tokio::fs::read_to_string(&path).await {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(CredentialError::unreadable(format!("`{}`", path.display()), error)),
        };
        profile.extend(sections(&text).remove(name).unwrap_or_default());
    }
    of_profile(profile, &format!("the profile `{name}`")).await
}

/// The `default` profile of one file.
pub(super) async fn file(path: &Path) -> Result<Credentials, CredentialError> {
    let place = format!("`{}`", path.display());
    let text =
        tokio::fs::read_to_string(path).await.map_err(|error| CredentialError::unreadable(&place, error))?;
    of_profile(sections(&text).remove("default").unwrap_or_default(), &place).await
}

async fn of_profile(
    mut profile: BTreeMap<String, String>,
    place: &str,
) -> Result<Credentials, CredentialError> {
    let mut take = |name: &str| profile.remove(name).filter(|value| !value.is_empty());
    if let (Some(access_key_id), Some(secret)) = (take("aws_access_key_id"), take("aws_secret_access_key")) {
        let token = take("aws_session_token").map(Secret::new);
        return Ok(Credentials { access_key_id, secret: Secret::new(secret), token, expires: None });
    }
    if let Some(command) = take("credential_process") {
        return process(&command, place).await;
    }
    for key in ["role_arn", "sso_session", "sso_start_url", "web_identity_token_file"] {
        if take(key).is_some() {
            let why = format!(
                "`{key}` is not supported; use `credential_process = aws configure export-credentials --profile …`"
            );
            return Err(CredentialError::unreadable(place, why));
        }
    }
    Err(CredentialError::Missing(place.to_owned()))
}

/// Runs `credential_process`, as a shell would split it.
async fn process(command: &str, place: &str) -> Result<Credentials, CredentialError> {
    let output = tokio::process::Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), output).await;
    let output = output
        .map_err(|_| CredentialError::unreadable(place, "credential_process took longer than a minute"))?
        .map_err(|error| CredentialError::unreadable(place, error))?;
    if !output.status.success() {
        return Err(CredentialError::unreadable(
            place,
            format!("credential_process ended with {}", output.status),
        ));
    }
    from_json(&output.stdout, place)
}
