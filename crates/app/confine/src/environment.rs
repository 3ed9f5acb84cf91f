//! Which of the caller's variables a confined command sees.
//!
//! Pure. A variable is dropped for its name (a cloud's, a secret's, a socket's) or for its value (something that looks
//! like a key, or an address with a password in it). What is dropped by mistake can be named in
//! [`Confinement::keep`](crate::Confinement::keep).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use crate::stores;

/// Never let through, whatever the configuration says: real credentials of what Interlock guards, and its own settings.
const NEVER: &[&str] = &["AWS_", "INTERLOCK_"];

/// Beginnings of names that belong to a cloud, a secret store, a database, a container engine or a person's desktop.
const PREFIXES: &[&str] = &[
    "AAD_",
    "ACTIONS_",
    "ALIBABA_",
    "ALICLOUD_",
    "AMAZON_",
    "ARM_",
    "AZURE_",
    "BITBUCKET_",
    "BOUNDARY_",
    "BUILDKITE_AGENT_",
    "BW_",
    "CF_",
    "CI_JOB_",
    "CLOUDFLARE_",
    "CLOUDSDK_",
    "CONSUL_",
    "CONTAINER_",
    "DATABRICKS_",
    "DBUS_",
    "DIGITALOCEAN_",
    "DOCKER_",
    "EC2_",
    "ECS_",
    "FIREBASE_",
    "FLY_",
    "GCE_",
    "GCLOUD_",
    "GCP_",
    "GH_",
    "GITLAB_",
    "GOOGLE_",
    "GPG_",
    "HCLOUD_",
    "HEROKU_",
    "IBMCLOUD_",
    "IDENTITY_",
    "K8S_",
    "KRB5",
    "KUBE",
    "LINODE_",
    "LISTEN_",
    "MONGO",
    "MSI_",
    "MYSQL_",
    "NETLIFY_",
    "NOMAD_",
    "NPM_CONFIG_",
    "OCI_",
    "OP_",
    "PG",
    "PODMAN_",
    "POSTGRES_",
    "PULUMI_",
    "RABBITMQ_",
    "REDIS_",
    "SCW_",
    "SNOWFLAKE_",
    "SOPS_",
    "SSH_",
    "TENCENTCLOUD_",
    "TFE_",
    "TF_TOKEN_",
    "TF_VAR_",
    "VAULT_",
    "VERCEL_",
    "VSCODE_",
    "VULTR_",
    "WSL",
];

/// Whole names: ways to reach other processes, places that do not exist inside, settings that we replace.
const NAMES: &[&str] = &[
    "ALL_PROXY",
    "BOTO_CONFIG",
    "DATABASE_URL",
    "DISPLAY",
    "EDITOR_SERVER",
    "FTP_PROXY",
    "GIT_ASKPASS",
    "GIT_SSH_COMMAND",
    "GNUPGHOME",
    "HISTFILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ICEAUTHORITY",
    "KITTY_LISTEN_ON",
    "NETRC",
    "NOTIFY_SOCKET",
    "NO_PROXY",
    "NVIM",
    "NVIM_LISTEN_ADDRESS",
    "OLDPWD",
    "PWD",
    "SESSION_MANAGER",
    "STY",
    "SUDO_ASKPASS",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TMUX",
    "TMUX_PANE",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "ZELLIJ",
    "ZELLIJ_SESSION_NAME",
];

/// Words that, at the end of a part of a name, mean a secret (`MYTOKEN`, `DB_PASSWORD_FILE`).
const SECRET_ENDS: &[&str] = &[
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
];

/// Words that, as a whole part of a name, mean a secret.
const SECRET_PARTS: &[&str] = &["AUTH", "BEARER", "COOKIE", "DSN", "KEY", "PASS", "PAT", "PIN", "PWD"];

/// Beginnings of values that are keys and tokens of well-known issuers.
const SECRET_VALUES: &[&str] = &[
    "AIza",
    "Bearer ",
    "dop_v1_",
    "eyJ",
    "gho_",
    "ghp_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hvs.",
    "npm_",
    "pypi-",
    "sk-",
    "sk_live_",
    "xoxb-",
    "xoxp-",
    "ya29.",
];

/// The environment of a confined command, and what it does not get.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Filtered {
    /// What is let through.
    pub kept: BTreeMap<OsString, OsString>,
    /// Names (never values) of what is dropped.
    pub dropped: Vec<String>,
}

/// Filters the caller's environment.
pub fn filter(inherited: &[(OsString, OsString)], keep: &BTreeSet<String>) -> Filtered {
    let mut filtered = Filtered::default();
    for (name, value) in inherited {
        let allowed = name.to_str().is_some_and(|text| admits(text, &value.to_string_lossy(), keep));
        if allowed {
            filtered.kept.insert(name.clone(), value.clone());
        } else {
            filtered.dropped.push(name.to_string_lossy().into_owned());
        }
    }
    filtered.dropped.sort();
    filtered
}

/// Whether this variable is let through.
fn admits(name: &str, value: &str, keep: &BTreeSet<String>) -> bool {
    let upper = name.to_ascii_uppercase();
    if NEVER.iter().any(|prefix| upper.starts_with(prefix)) {
        return false;
    }
    keep.contains(name) || !(names_a_secret(&upper) || looks_secret(value))
}

fn names_a_secret(upper: &str) -> bool {
    PREFIXES.iter().any(|prefix| upper.starts_with(prefix))
        || NAMES.contains(&upper)
        || stores::POINTERS.contains(&upper)
        || upper
            .split(['_', '-', '.'])
            .any(|part| SECRET_PARTS.contains(&part) || SECRET_ENDS.iter().any(|end| part.ends_with(end)))
}

fn looks_secret(value: &str) -> bool {
    SECRET_VALUES.iter().any(|prefix| value.starts_with(prefix))
        || value.contains("PRIVATE KEY-----")
        || is_access_key(value)
        || has_password(value)
}

/// An AWS access key id: four letters that tell its kind, and sixteen more characters.
fn is_access_key(value: &str) -> bool {
    value.len() == 20
        && ["AKIA", "ASIA"].iter().any(|prefix| value.starts_with(prefix))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// An address with user and password: `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pairs: &[(&str, &str)], keep: &[&str]) -> Vec<String> {
        let inherited: Vec<_> =
            pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        let keep = keep.iter().map(|name| (*name).to_owned()).collect();
        filter(&inherited, &keep).kept.into_keys().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn ordinary_variables_pass() {
        let ordinary = [
            ("CARGO_HOME", "/home/ana/.cargo"),
            ("COLORTERM", "truecolor"),
            ("EDITOR", "vi"),
            ("HOME", "/home/ana"),
            ("JAVA_HOME", "/usr/lib/jvm"),
            ("KEYBOARD", "de"),
            ("LANG", "C.UTF-8"),
            ("MONKEY", "yes"),
            ("NODE_ENV", "test"),
            ("PATH", "/usr/bin:/bin"),
            ("PYTHONPATH", "lib"),
            ("SHELL", "/bin/bash"),
            ("TERM", "xterm"),
            ("URL", "https://example.org/a@b:c"),
        ];
        let names: Vec<_> = ordinary.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(kept(&ordinary, &[]), names);
    }

    #[test]
    fn secrets_go_by_name() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "aws_session_token",
            "GITHUB_TOKEN",
            "MYTOKEN",
            "DB_PASSWORD_FILE",
            "STRIPE_API_KEY",
            "DEPLOY_KEY",
            "SSH_AUTH_SOCK",
            "KUBECONFIG",
            "PGPASSWORD",
            "DATABASE_URL",
            "https_proxy",
            "DOCKER_HOST",
            "INTERLOCK_HOME",
            "XDG_RUNTIME_DIR",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "TF_CLI_CONFIG_FILE",
            "npm_config__auth",
            "SESSION_COOKIE",
            "ARM_CLIENT_ID",
        ] {
            assert_eq!(kept(&[(name, "x")], &[]), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn secrets_go_by_value() {
        for value in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_abc",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nx",
            "postgres://ana:pw@db/school",
            "see redis://:pw@cache:6379",
            "eyJhbGciOi",
        ] {
            assert_eq!(kept(&[("INNOCENT", value)], &[]), Vec::<String>::new(), "{value}");
        }
    }

    #[test]
    fn the_list_lets_through_but_never_a_real_credential() {
        let pairs =
            [("ANTHROPIC_API_KEY", "sk-ant-x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("INTERLOCK_HOME", "/x")];
        let keep = ["ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "INTERLOCK_HOME"];
        assert_eq!(kept(&pairs, &keep), ["ANTHROPIC_API_KEY"]);
        assert_eq!(kept(&pairs, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_name_that_is_no_text_is_dropped() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = OsString::from_vec(vec![b'A', 0xff]);
        assert!(filter(&[(odd, OsString::new())], &BTreeSet::new()).kept.is_empty());
    }
}
