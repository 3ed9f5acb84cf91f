use std::sync::Arc;

use interlock_action::{AccountId, SessionId};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{instance, profile, source::from_environment, *};
use crate::sigv4::Secret;

#[test]
fn virtual_keys_are_derived_and_distinct() {
    let keys = VirtualKeys::new(HomeKey::new([7; 32]));
    let (one, two) = (VirtualKeys::draw().unwrap(), VirtualKeys::draw().unwrap());
    assert_ne!(one, two);
    assert!(one.starts_with("ILKA") && one.len() == 20 && VirtualKeys::is_ours(&one));
    assert!(!VirtualKeys::is_ours("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(keys.secret(&one).reveal().len(), 40);
    assert_eq!(keys.secret(&one), keys.secret(&one));
    assert_ne!(keys.secret(&one), keys.secret(&two));
    let elsewhere = VirtualKeys::new(HomeKey::new([8; 32]));
    assert_ne!(keys.secret(&one), elsewhere.secret(&one));
    assert_ne!(keys.token(&one).reveal(), keys.proxy_password(&one).reveal());
    assert_eq!(format!("{keys:?}"), "VirtualKeys { home: HomeKey(…) }");
}

#[test]
fn environment() {
    let get = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some("AKIAX".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("hush".to_owned()),
        _ => None,
    };
    let credentials = from_environment(get).unwrap();
    assert_eq!(credentials.access_key_id, "AKIAX");
    assert_eq!(credentials.token, None);
    assert_eq!(format!("{credentials:?}"), "Credentials(…)");
    assert!(matches!(from_environment(|_| Some(String::new())), Err(CredentialError::Missing(_))));
}

#[tokio::test]
async fn profiles() {
    let folder = std::env::temp_dir().join(format!("interlock-profile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (config, credentials) = (folder.join("config"), folder.join("credentials"));
    std::fs::write(&config, "[profile b]\nregion = x\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"2030-01-01T00:00:00Z\"}'\n[profile c]\nrole_arn = arn\n").unwrap();
    std::fs::write(&credentials, "# words\n[default]\naws_access_key_id=D\naws_secret_access_key = x=y\n\n[a]\naws_access_key_id = A\naws_secret_access_key = k # no\ns3 =\n  aws_access_key_id = nested\naws_session_token = t\n").unwrap();
    let get = |name: &str| match name {
        "AWS_CONFIG_FILE" => Some(config.display().to_string()),
        "AWS_SHARED_CREDENTIALS_FILE" => Some(credentials.display().to_string()),
        _ => None,
    };
    let a = profile::shared("a", get).await.unwrap();
    assert_eq!((a.access_key_id.as_str(), a.secret.reveal()), ("A", "k"));
    assert_eq!(a.token, Some(Secret::new("t")));
    let b = profile::shared("b", get).await.unwrap();
    assert_eq!((b.access_key_id.as_str(), b.expires), ("P", Some(1_893_456_000)));
    let c = profile::shared("c", get).await.unwrap_err();
    assert!(c.to_string().contains("role_arn"), "{c}");
    assert!(matches!(profile::shared("d", get).await, Err(CredentialError::Missing(_))));
    assert_eq!(profile::file(&credentials).await.unwrap().secret.reveal(), "x=y");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A metadata service that wants the token of version 2.
#[tokio::test]
async fn instance_metadata() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4_096];
            let read = stream.read(&mut buffer).await.unwrap();
            let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let knows = request.contains("x-aws-ec2-metadata-token: sesame");
            let body = if request.starts_with("PUT /latest/api/token ")
                && request.contains("ttl-seconds: 21600")
            {
                "sesame"
            } else if request.starts_with("GET /latest/meta-data/iam/security-credentials/role ") && knows {
                r#"{"Code":"Success","AccessKeyId":"ASIAX","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"}"#
            } else if request.starts_with("GET /latest/meta-data/iam/security-credentials/ ") && knows {
                "role"
            } else {
                let _ = stream.write_all(b"HTTP/1.1 401 no\r\ncontent-length: 0\r\n\r\n").await;
                continue;
            };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let get = |name: &str| (name == "AWS_EC2_METADATA_SERVICE_ENDPOINT").then(|| base.clone());
    let credentials = instance::fetch(get).await.unwrap();
    assert_eq!(credentials.access_key_id, "ASIAX");
    assert_eq!(credentials.expires, Some(1_893_456_000));
}

#[test]
fn assumed_keys_are_bounded_and_kept_apart() {
    let assumed = |session: &str, account: &str, until| Assumed {
        session: SessionId::from(session),
        credentials: Arc::new(Credentials {
            access_key_id: format!("ASIA{until}"),
            secret: Secret::new("s"),
            token: None,
            expires: Some(until),
        }),
        account: Some(AccountId::from(account)),
        until,
    };
    let keys = AssumedKeys::default();
    for at in 0..300 {
        keys.keep(format!("ILSA{at}"), assumed("one", "1", 10_000 + at), 10_000);
    }
    assert!(keys.get("ILSA0").is_none() && keys.get("ILSA299").is_some());
    let found = |session: &str, account: &str, now| {
        keys.for_account(&SessionId::from(session), &AccountId::from(account), now).map(|found| found.until)
    };
    assert_eq!(found("one", "1", 10_000), Some(10_299));
    assert_eq!(found("two", "1", 10_000), None);
    assert_eq!(found("one", "2", 10_000), None);
    assert_eq!(found("one", "1", 10_299), None);
}
