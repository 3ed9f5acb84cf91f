//! The doors: what is tunnelled, what is refused in words, TLS and HTTP/2, unix sockets, a stop in good order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{House, Judge, Way, house, run};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};

async fn say<S: AsyncReadExt + AsyncWriteExt + Unpin>(stream: &mut S, words: &str) -> String {
    stream.write_all(words.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 8_192];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

async fn at_proxy(house: &House, words: &str) -> String {
    say(&mut TcpStream::connect(house.doors.proxy.unwrap()).await.unwrap(), words).await
}

fn credentials(house: &House) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let password = house.gateway.virtual_keys().proxy_password(common::SESSION);
    STANDARD.encode(format!("{}:{}", common::SESSION, password.reveal()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aws_host_goes_unread_only_where_it_is_named_itself() {
    let house = house("egress-aws", Arc::new(Judge::default()), |config| {
        config.egress_allow = vec!["own.invalid.amazonaws.com".to_owned(), "**.amazonaws.com".to_owned()];
    })
    .await;
    let auth = credentials(&house);
    let connect = |host: &str| {
        format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: Basic {auth}\r\n\r\n")
    };
    // The named one is looked for out there, where it does not exist.
    let answer = at_proxy(&house, &connect("own.invalid.amazonaws.com")).await;
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("could not reach"), "{answer}");
    // No pattern opens one: TLS ends here.
    let answer = at_proxy(&house, &connect("other.invalid.amazonaws.com")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Nor without a session.
    let words = "CONNECT own.invalid.amazonaws.com:443 HTTP/1.1\r\nHost: a\r\n\r\n";
    assert!(at_proxy(&house, words).await.starts_with("HTTP/1.1 407"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_are_refused_in_words_and_written_down() {
    let house = house("egress", Arc::new(Judge::default()), |config| {
        config.egress_allow = vec!["*.example.org".to_owned(), "169.254.169.254".to_owned()];
    })
    .await;
    let auth = credentials(&house);
    let connect = |host: &str, auth: &str| {
        format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: Basic {auth}\r\n\r\n")
    };
    for (words, status, says) in [
        (connect("evil.com:443", &auth), "403", "`evil.com:443`"),
        (connect("169.254.169.254:80", &auth), "403", "metadata"),
        (connect("[fd00:ec2::254]:80", &auth), "403", "metadata"),
        (connect("a.example.org:443", "eDp5"), "407", "do not belong to a live session"),
        (
            "CONNECT a.example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            "407",
            "must carry the session's credentials",
        ),
        (
            "CONNECT rds.us-east-1.amazonaws.com:5432 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            "403",
            "port 443 only",
        ),
        ("GET http://evil.com/ HTTP/1.1\r\nHost: evil.com\r\n\r\n".to_owned(), "403", "`evil.com:80`"),
        ("GET http://169.254.169.254/latest HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "403", "metadata"),
        ("GET /latest HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400", "HTTPS_PROXY"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n".to_owned(),
            "400",
            "AWS_ENDPOINT_URL",
        ),
        (
            "GET http://iam.amazonaws.com/?Action=ListUsers HTTP/1.1\r\nHost: iam.amazonaws.com\r\n\r\n"
                .to_owned(),
            "403",
            "not signed",
        ),
        (
            "GET http://iam.amazonaws.com/ HTTP/1.1\r\nHost: sts.amazonaws.com\r\n\r\n".to_owned(),
            "400",
            "names the host",
        ),
    ] {
        let answer = at_proxy(&house, &words).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(says),
            "{words}\n{answer}"
        );
    }
    let notes = house.notes.0.lock().unwrap();
    assert_eq!(notes.len(), 7);
    assert!(notes.iter().all(|note| !note.allowed));
    assert_eq!(notes[0].session.as_ref().map(|session| session.as_str()), Some("s-1"));
    assert_eq!(notes[3].session, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_hosts_are_tunnelled_and_written_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 1_024];
                while let Ok(read) = stream.read(&mut buffer).await {
                    if read == 0
                        || stream
                            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
                            .await
                            .is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    let house = house("tunnel", Arc::new(Judge::default()), |config| {
        config.egress_allow = vec!["127.0.0.1".to_owned(), "*.localhost".to_owned(), "localhos?".to_owned()];
    })
    .await;
    let auth = credentials(&house);
    let mut stream = TcpStream::connect(house.doors.proxy.unwrap()).await.unwrap();
    let connect =
        format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic {auth}\r\n\r\n");
    assert!(say(&mut stream, &connect).await.starts_with("HTTP/1.1 200"));
    assert!(say(&mut stream, "anything").await.ends_with("hello"));
    let plain = format!(
        "GET http://127.0.0.1:{port}/x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nProxy-Authorization: Basic {auth}\r\n\r\n"
    );
    assert!(at_proxy(&house, &plain).await.ends_with("hello"));
    // A pattern that happens to lead to this machine is not enough.
    let here =
        format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic {auth}\r\n\r\n");
    let answer = at_proxy(&house, &here).await;
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("never let through"), "{answer}");
    let allowed = house.notes.0.lock().unwrap().iter().filter(|note| note.allowed).count();
    assert_eq!(allowed, 3);
    // The session ends, and its tunnel with it.
    house
        .pages
        .memory
        .write()
        .unwrap()
        .apply(&interlock_flow::Event::SessionClosed { session: "s-1".into() });
    let mut buffer = [0; 16];
    let ended = tokio::time::timeout(Duration::from_secs(8), stream.read(&mut buffer)).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
    assert!(at_proxy(&house, &connect).await.starts_with("HTTP/1.1 407"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unix_sockets_serve_the_same_and_a_stop_removes_them() {
    let sockets = std::env::temp_dir().join(format!("interlock-sockets-{}", std::process::id()));
    std::fs::create_dir_all(&sockets).unwrap();
    let (proxy, endpoint) = (sockets.join("proxy.sock"), sockets.join("endpoint.sock"));
    let (one, two) = (proxy.clone(), endpoint.clone());
    let house = house("unix", Arc::new(Judge::default()), |config| {
        config.proxy_socket = Some(one);
        config.endpoint_socket = Some(two);
    })
    .await;
    let mut stream = UnixStream::connect(&proxy).await.unwrap();
    assert!(say(&mut stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.contains("proxy door"));
    let mut stream = UnixStream::connect(&endpoint).await.unwrap();
    assert!(say(&mut stream, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n").await.contains("endpoint door"));
    let mut stream = UnixStream::connect(&endpoint).await.unwrap();
    let curl = say(&mut stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(curl.starts_with("HTTP/1.1 403") && curl.contains("not signed"), "{curl}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&proxy).unwrap().permissions().mode() & 0o777, 0o600);
    // A stop ends idle connections too.
    let House { doors, .. } = &house;
    let address = doors.proxy.unwrap();
    let mut house = house;
    let again = house.gateway.start(Arc::new(Judge::default())).await;
    assert!(again.is_err(), "the sockets are taken");
    let fresh = common::house("unix-2", Arc::new(Judge::default()), |_| {}).await;
    let doors =
        std::mem::replace(&mut house.doors, fresh.gateway.start(Arc::new(Judge::default())).await.unwrap());
    tokio::time::timeout(Duration::from_secs(5), doors.stop(Duration::from_secs(1))).await.unwrap();
    assert!(!proxy.exists() && !endpoint.exists());
    assert!(TcpStream::connect(address).await.is_err());
    std::fs::remove_dir_all(sockets).unwrap();
}

/// curl speaks HTTP/2 through the tunnel, and believes the bundle.
#[tokio::test(flavor = "multi_thread")]
async fn tls_with_http_1_and_2() {
    let house = house("tls", Arc::new(Judge::default()), |_| {}).await;
    for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let mut command = tokio::process::Command::new("curl");
        command
            .args(["-sS", flag, "-o", "/dev/null", "-w", "%{http_version} %{http_code} %{ssl_verify_result}"])
            .args(["--proxy", &format!("http://{}", house.doors.proxy.unwrap())])
            .args(["--cacert", &house.folder.join("bundle.pem").display().to_string()])
            .arg("https://some.bucket.s3.eu-west-1.amazonaws.com/key");
        assert_eq!(run(command).await, format!("{version} 403 0"));
    }
    let bad = tokio::process::Command::new("curl")
        .args([
            "-sS",
            "--proxy",
            &format!("http://{}", house.doors.proxy.unwrap()),
            "https://iam.amazonaws.com/",
        ])
        .output()
        .await
        .unwrap();
    assert_eq!(bad.status.code(), Some(60), "nobody trusts the authority unasked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_client_comes_through_the_proxy() {
    let judge = Arc::new(Judge::default());
    let house = house("cli", judge.clone(), |_| {}).await;
    let output = tokio::process::Command::new("aws")
        .args(["rds", "delete-db-instance", "--db-instance-identifier", "x", "--skip-final-snapshot"])
        .env_clear()
        .envs(house.environment(Way::Proxy))
        .output()
        .await
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("(AccessDenied)") && words.contains("t-42"), "{words}");
    assert_eq!(judge.asked.lock().unwrap()[0][0].operation.as_str(), "aws:rds:DeleteDBInstance");
}

/// One client that opens more connections than it may is told so; others still come in, and a place that is given back is
/// taken again.
#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted() {
    let sockets = std::env::temp_dir().join(format!("interlock-crowd-{}", std::process::id()));
    std::fs::create_dir_all(&sockets).unwrap();
    let (proxy, endpoint) = (sockets.join("proxy.sock"), sockets.join("endpoint.sock"));
    let (one, two) = (proxy.clone(), endpoint.clone());
    let house = house("crowd", Arc::new(Judge::default()), |config| {
        config.proxy_socket = Some(one);
        config.endpoint_socket = Some(two);
        config.connections = 3;
        config.connections_each = 2;
    })
    .await;
    let ask = "GET / HTTP/1.1\r\nHost: sqs.us-east-1.amazonaws.com\r\n\r\n";
    let mut first = UnixStream::connect(&proxy).await.unwrap();
    assert!(say(&mut first, ask).await.contains("proxy door"));
    // What a connection becomes by CONNECT keeps its place.
    let mut tunnel = UnixStream::connect(&proxy).await.unwrap();
    let connect = "CONNECT sqs.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: a\r\n\r\n";
    assert!(say(&mut tunnel, connect).await.starts_with("HTTP/1.1 200"));
    for _ in 0..3 {
        let mut more = UnixStream::connect(&endpoint).await.unwrap();
        let answer = say(&mut more, ask).await;
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("this sandbox has 2"), "{answer}");
    }
    let mut other = TcpStream::connect(house.doors.endpoint.unwrap()).await.unwrap();
    assert!(say(&mut other, ask).await.contains("not signed"));
    let signed = format!(
        "{}Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/rds/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        ask.trim_end_matches("\r\n").to_owned() + "\r\n"
    );
    let mut last = TcpStream::connect(house.doors.endpoint.unwrap()).await.unwrap();
    let answer = say(&mut last, &signed).await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("3 connections"), "{answer}");
    assert!(answer.contains("<Code>AccessDenied</Code>"), "in the service's own protocol: {answer}");
    drop(first);
    drop(tunnel);
    let mut found = String::new();
    for _ in 0..50 {
        let mut again = UnixStream::connect(&endpoint).await.unwrap();
        found = say(&mut again, ask).await;
        if found.contains("not signed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(found.contains("not signed"), "{found}");
    std::fs::remove_dir_all(sockets).unwrap();
}

/// A body that does not fit beside the others is refused before it is judged, in words that no client retries.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_kept_are_counted() {
    let judge = Arc::new(Judge::default());
    let house = house("kept", judge.clone(), |config| config.kept_bytes = 64 * 1024).await;
    let said = house.python(Way::Endpoint, "large.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    assert_eq!(judge.asked.lock().unwrap().len(), 3, "only what fits is judged");
}
