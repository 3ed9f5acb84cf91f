//! One large object up and down, and the daemon's memory meanwhile: nothing of it may be kept.

use std::{
    io::{BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use interlock_gateway_aws::sigv4::{Body, Secret, Signing, sign};
use interlock_tests::{Home, Scratch};

use crate::{
    agent::{Agent, DEVELOPMENT, Watched, Way},
    bucket::{Bucket, skip, zeros},
    client::Key,
};

/// The size of the parts that the program of its own sends.
const PART: u64 = 64 * 1024 * 1024;

/// Measures with an object of so many bytes.
pub(crate) fn measure(size: u64) {
    let bucket = Bucket::start(size);
    let url = format!("http://{}", bucket.address);
    let (home, daemon) = Home::before(&url, &["ana", "bo", "cy"], DEVELOPMENT);
    let agent = Agent::open(&home, &daemon);
    let scratch = Scratch::new("large");
    let file = scratch.path().join("large");
    std::fs::File::create(&file).unwrap().set_len(size).unwrap();
    let file = file.display().to_string();

    println!(
        "\n| one object of {:.1} GiB | s | MB/s | to direct | daemon: CPU s | RSS before | most |",
        gib(size)
    );
    println!("|---|---|---|---|---|---|---|");
    let mut table = Table { size, id: daemon.id(), direct: Duration::ZERO };
    let ways = [Way::direct(&url), agent.by_endpoint(), agent.by_proxy()];
    for (at, way) in ways.iter().enumerate() {
        let to = format!("s3://dev-large/{at}");
        table.row("`aws s3 cp` up", way.name, at == 0, || way.aws(&["s3", "cp", &file, &to]));
        assert_eq!(bucket.taken(), size, "all of it arrived, once");
    }
    for (at, way) in ways.iter().enumerate() {
        let from = format!("s3://dev-large/{at}");
        table.row("`aws s3 cp` down", way.name, at == 0, || way.aws(&["s3", "cp", &from, "-"]));
    }
    let real = Key { id: "AKIADIRECTDIRECTDIRE".to_owned(), secret: "the-real-secret".to_owned() };
    for payload in [Sent::Unsigned, Sent::Digest, Sent::Chunked] {
        let places =
            [("direct", bucket.address, &real), ("Interlock, endpoint door", agent.door(), &agent.key())];
        for (at, (name, address, key)) in places.into_iter().enumerate() {
            table.row(payload.name(), name, at == 0, || upload(address, key, payload, size));
            assert_eq!(bucket.taken(), size / PART * PART);
        }
    }
    println!("\nasked of the service in all: {:?}", bucket.asked());
    agent.close();
    println!("log verifies afterwards: {} entries", home.verify()["entries"]);
    drop(daemon);
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn gib(size: u64) -> f64 {
    size as f64 / (1024.0 * 1024.0 * 1024.0)
}

struct Table {
    size: u64,
    id: u32,
    direct: Duration,
}

impl Table {
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    fn row(&mut self, what: &str, name: &str, direct: bool, run: impl FnOnce() -> Duration) {
        let watched = Watched::begin(self.id);
        let took = run();
        let (cpu, most) = watched.end();
        let rate = self.size as f64 / 1e6 / took.as_secs_f64();
        if direct {
            self.direct = took;
            println!("| {what}, {name} | {:.1} | {rate:.0} | | | | |", took.as_secs_f64());
            return;
        }
        println!(
            "| {what}, {name} | {:.1} | {rate:.0} | ×{:.2} | {:.1} | {} MB | {most} MB |",
            took.as_secs_f64(),
            took.as_secs_f64() / self.direct.as_secs_f64(),
            cpu.as_secs_f64(),
            watched.before,
        );
    }
}

/// How the parts are signed.
#[derive(Clone, Copy)]
enum Sent {
    Unsigned,
    Digest,
    Chunked,
}

impl Sent {
    fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "one connection, unsigned payload",
            Self::Digest => "one connection, signed digest",
            Self::Chunked => "one connection, aws-chunked",
        }
    }
}

/// A multipart upload over one kept connection, as fast as it goes.
fn upload(address: SocketAddr, key: &Key, sent: Sent, size: u64) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let started = Instant::now();
    ask(&mut stream, &mut reader, key, "POST", "uploads=", b"");
    for number in 1..=size / PART {
        part(&mut stream, key, sent, &format!("partNumber={number}&uploadId=u"));
        answer(&mut reader);
    }
    let all = "<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>";
    ask(&mut stream, &mut reader, key, "POST", "uploadId=u", all.as_bytes());
    started.elapsed()
}

fn head(key: &Key, method: &str, query: &str, mut headers: Vec<(String, String)>, body: Body<'_>) -> String {
    let path = "/dev-large/straight";
    headers.push(("host".to_owned(), "s3.us-east-1.amazonaws.com".to_owned()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let secret = Secret::new(key.secret.clone());
    let signing = Signing {
        access_key_id: &key.id,
        secret: &secret,
        token: None,
        region: "us-east-1",
        service: "s3",
        now,
    };
    sign(method, path, query, &mut headers, body, &signing);
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path}?{query} HTTP/1.1\r\n{lines}")
}

fn ask(
    stream: &mut TcpStream,
    reader: &mut BufReader<TcpStream>,
    key: &Key,
    method: &str,
    query: &str,
    body: &[u8],
) {
    let head = head(key, method, query, Vec::new(), Body::Bytes(body));
    stream.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    answer(reader);
}

fn part(stream: &mut TcpStream, key: &Key, sent: Sent, query: &str) {
    /// SHA-256 of 64 MiB of zeros.
    const ZEROS: &str = "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351";
    const CHUNK: u64 = 64 * 1024;
    let plain = |body| format!("{}content-length: {PART}\r\n\r\n", head(key, "PUT", query, Vec::new(), body));
    match sent {
        Sent::Unsigned => stream.write_all(plain(Body::Unsigned).as_bytes()).unwrap(),
        Sent::Digest => stream.write_all(plain(Body::Digest(ZEROS)).as_bytes()).unwrap(),
        Sent::Chunked => {
            let headers = [
                ("content-encoding", "aws-chunked".to_owned()),
                ("x-amz-decoded-content-length", PART.to_string()),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
            let head = head(key, "PUT", query, headers, Body::UnsignedTrailer);
            let framed = PART / CHUNK * (CHUNK + 9) + 5;
            stream.write_all(format!("{head}content-length: {framed}\r\n\r\n").as_bytes()).unwrap();
            for _ in 0..PART / CHUNK {
                stream.write_all(format!("{CHUNK:x}\r\n").as_bytes()).unwrap();
                zeros(stream, CHUNK).unwrap();
                stream.write_all(b"\r\n").unwrap();
            }
            stream.write_all(b"0\r\n\r\n").unwrap();
            return;
        }
    }
    zeros(stream, PART).unwrap();
}

fn answer(reader: &mut BufReader<TcpStream>) {
    use std::io::BufRead as _;
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the connection was closed");
        let text = line.trim_end().to_ascii_lowercase();
        if text.is_empty() {
            break;
        }
        if let Some(value) = text.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    if !first.contains(" 200 ") {
        let mut words = vec![0; usize::try_from(length).unwrap()];
        std::io::Read::read_exact(reader, &mut words).unwrap();
        panic!("{first}{}", String::from_utf8_lossy(&words));
    }
    skip(reader, length).unwrap();
}
