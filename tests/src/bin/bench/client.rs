//! A client that signs like an SDK and keeps its connection.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{SystemTime, UNIX_EPOCH},
};

use interlock_gateway_aws::sigv4::{Body, Secret, Signing, sign};

/// One kind of request.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) service: &'static str,
    pub(crate) target: &'static str,
    pub(crate) body: &'static str,
}

/// A read.
pub(crate) const READ: Kind =
    Kind { service: "dynamodb", target: "DynamoDB_20120810.ListTables", body: "{}" };
/// A mutation that flows in development.
pub(crate) const MUTATION: Kind = Kind {
    service: "sqs",
    target: "AmazonSQS.SendMessage",
    body: r#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/dev-q","MessageBody":"m"}"#,
};

/// Virtual credentials.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The bytes of a signed request.
pub(crate) fn request(kind: Kind, key: &Key) -> Vec<u8> {
    let mut headers = vec![
        ("host".to_owned(), format!("{}.us-east-1.amazonaws.com", kind.service)),
        ("content-type".to_owned(), "application/x-amz-json-1.0".to_owned()),
        ("x-amz-target".to_owned(), kind.target.to_owned()),
    ];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signing = Signing {
        access_key_id: &key.id,
        secret: &Secret::new(key.secret.clone()),
        token: None,
        region: "us-east-1",
        service: kind.service,
        now,
    };
    sign("POST", "/", "", &mut headers, Body::Bytes(kind.body.as_bytes()), &signing);
    let mut text = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{}", kind.body.len(), kind.body));
    text.into_bytes()
}

/// A connection that is kept.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { writer: stream.try_clone().unwrap(), reader: BufReader::new(stream) }
    }

    /// Sends and reads the whole answer; its status.
    pub(crate) fn call(&mut self, request: &[u8]) -> u16 {
        self.writer.write_all(request).unwrap();
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            assert!(self.reader.read_line(&mut line).unwrap() > 0, "the connection was closed");
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).unwrap().parse().unwrap();
            }
            if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).unwrap();
        assert!(status < 300, "{status}: {}", String::from_utf8_lossy(&body));
        status
    }
}
