//! moto, started on a free port and ended with the value that stands for it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use interlock_reader_aws::catalogue::{Operation, Protocol, Service};
use interlock_reader_aws::wire::{Written, write};
use serde_json::Value;

/// A running moto.
pub(crate) struct Moto {
    child: Child,
    port: u16,
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Moto {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server");
        let moto = Self { child, port };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    /// Writes a request, sends it, and gives the answer back unread; `None` if there is none for a minute.
    pub(crate) fn call(
        &self,
        service: &Service,
        operation: &Operation,
        protocol: Protocol,
        parameters: &Value,
    ) -> Option<Answer> {
        let written = write(service, operation, protocol, "us-east-1", Some("123456789012"), parameters);
        let written = written.unwrap_or_else(|error| panic!("{} {}: {error}", service.name, operation.name));
        self.send(&written.with_bucket_in_path())
    }

    /// Forgets everything.
    pub(crate) fn reset(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head =
            "POST /moto-api/reset HTTP/1.1\r\nhost: moto\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut whole = String::new();
        stream.read_to_string(&mut whole).unwrap();
        assert!(whole.starts_with("HTTP/1.1 200"), "{whole}");
    }

    fn send(&self, written: &Written) -> Option<Answer> {
        let query = if written.query.is_empty() { String::new() } else { format!("?{}", written.query) };
        let mut head =
            format!("{} {}{query} HTTP/1.1\r\nhost: {}\r\n", written.method, written.path, written.host);
        for (name, value) in &written.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let scope = format!("20260101/{}/{}/aws4_request", written.signing_region, written.signing_name);
        head.push_str(&format!(
            "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host, Signature=0\r\n"
        ));
        head.push_str(&format!("connection: close\r\ncontent-length: {}\r\n\r\n", written.body.len()));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&written.body).unwrap();
        let mut whole = Vec::new();
        stream.read_to_end(&mut whole).ok()?;
        let at = whole.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
        let head = String::from_utf8_lossy(&whole[..at]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let chunked = headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked")
        });
        assert!(!chunked, "moto answers with a length");
        Some(Answer { status, headers, body: whole[at + 4..].to_vec() })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
