//! An upstream that speaks as much S3 as an upload or a download of one large object needs. It counts bytes and forgets
//! them, and gives out zeros: a real emulator would hold gigabytes, and its own time would hide ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// How much is read or written at a time.
const PIECE: usize = 256 * 1024;

/// The upstream.
#[derive(Clone)]
pub(crate) struct Bucket {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Bytes of objects that came in, without framing.
    taken: Arc<AtomicU64>,
    /// What was asked for, method and query keys only, and how often.
    asked: Arc<Mutex<BTreeMap<String, u64>>>,
    objects: Arc<Mutex<BTreeSet<String>>>,
    size: u64,
}

struct Head {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
}

impl Head {
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: BTreeMap::new(),
        };
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(Some(head)) };
            head.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.parse().ok()
    }
}

impl Bucket {
    /// Starts it; every object is so large. Its threads end with the process.
    pub(crate) fn start(size: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let bucket = Self {
            address: listener.local_addr().unwrap(),
            taken: Arc::default(),
            asked: Arc::default(),
            objects: Arc::default(),
            size,
        };
        let shared = bucket.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bucket = shared.clone();
                // A client that goes away ends its thread.
                std::thread::spawn(move || bucket.serve(stream).ok());
            }
        });
        bucket
    }

    /// How many bytes of objects have come in since it was last asked.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.swap(0, Ordering::Relaxed)
    }

    /// What was asked for since it was last asked.
    pub(crate) fn asked(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::with_capacity(PIECE, stream);
        while let Some(head) = Head::read(&mut reader)? {
            if head.headers.contains_key("expect") {
                writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let framed = skip_body(&mut reader, &head)?;
            let came = head.number("x-amz-decoded-content-length").unwrap_or(framed);
            self.answer(&head, came, &mut writer)?;
        }
        Ok(())
    }

    fn answer(&self, head: &Head, came: u64, writer: &mut impl Write) -> io::Result<()> {
        let has = |key: &str| head.query.split('&').any(|pair| pair.split('=').next() == Some(key));
        let keys: Vec<&str> = head.query.split('&').filter_map(|pair| pair.split('=').next()).collect();
        *self.asked.lock().unwrap().entry(format!("{} ?{}", head.method, keys.join("&"))).or_default() += 1;
        let is_object = head.path.trim_matches('/').contains('/');
        match head.method.as_str() {
            "POST" if has("uploads") => text(
                writer,
                "200 OK",
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            ),
            "POST" if has("uploadId") => {
                self.objects.lock().unwrap().insert(head.path.clone());
                text(
                    writer,
                    "200 OK",
                    "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>",
                )
            }
            "PUT" if is_object => {
                self.taken.fetch_add(came, Ordering::Relaxed);
                if !has("partNumber") {
                    self.objects.lock().unwrap().insert(head.path.clone());
                }
                text(writer, "200 OK", "")
            }
            "HEAD" | "GET" if is_object && head.query.is_empty() => self.object(head, writer),
            "GET" if has("versioning") => text(
                writer,
                "200 OK",
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
            ),
            "GET" if has("list-type") => {
                text(writer, "200 OK", "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
            }
            "GET" if has("versions") => text(writer, "200 OK", "<ListVersionsResult></ListVersionsResult>"),
            "GET" if has("location") => text(writer, "200 OK", "<LocationConstraint/>"),
            "GET" => text(
                writer,
                "404 Not Found",
                "<Error><Code>NoSuchConfiguration</Code><Message>there is none</Message></Error>",
            ),
            // STS and whatever else the daemon asks of itself.
            _ => text(
                writer,
                "200 OK",
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/interlock</Arn><UserId>U</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>",
            ),
        }
    }

    fn object(&self, head: &Head, writer: &mut impl Write) -> io::Result<()> {
        if !self.objects.lock().unwrap().contains(&head.path) {
            return text(writer, "404 Not Found", "");
        }
        let range = head.headers.get("range").and_then(|range| range.strip_prefix("bytes="));
        let range = range.and_then(|range| range.split_once('-'));
        let first = range.and_then(|(first, _)| first.parse().ok()).unwrap_or(0);
        let last = range.and_then(|(_, last)| last.parse().ok()).unwrap_or(self.size - 1).min(self.size - 1);
        let length = last + 1 - first;
        let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
        let more = if range.is_some() {
            format!("content-range: bytes {first}-{last}/{}\r\n", self.size)
        } else {
            String::new()
        };
        let text = format!(
            "HTTP/1.1 {status}\r\n{more}content-length: {length}\r\netag: \"e\"\r\nlast-modified: Fri, 02 Jan 2026 03:04:05 GMT\r\naccept-ranges: bytes\r\ncontent-type: binary/octet-stream\r\n\r\n"
        );
        writer.write_all(text.as_bytes())?;
        if head.method == "HEAD" {
            return Ok(());
        }
        zeros(writer, length)
    }
}

/// Writes so many zeros.
pub(crate) fn zeros(writer: &mut impl Write, mut left: u64) -> io::Result<()> {
    static ZEROS: [u8; PIECE] = [0; PIECE];
    while left > 0 {
        let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        writer.write_all(&ZEROS[..piece])?;
        left -= piece as u64;
    }
    Ok(())
}

/// Reads so many bytes and forgets them.
pub(crate) fn skip(reader: &mut impl BufRead, length: u64) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        let have = reader.fill_buf()?.len();
        if have == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let take = usize::try_from(left).unwrap_or(have).min(have);
        reader.consume(take);
        left -= take as u64;
    }
    Ok(())
}

fn skip_body(reader: &mut impl BufRead, head: &Head) -> io::Result<u64> {
    if head.headers.get("transfer-encoding").is_none_or(|value| value != "chunked") {
        let length = head.number("content-length").unwrap_or(0);
        skip(reader, length)?;
        return Ok(length);
    }
    let mut whole = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16);
        let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        skip(reader, size)?;
        whole += size;
        let mut end = [0; 2];
        reader.read_exact(&mut end)?;
        if size == 0 {
            return Ok(whole);
        }
    }
}

fn text(writer: &mut impl Write, status: &str, body: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/xml\r\netag: \"e\"\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    writer.write_all(head.as_bytes())
}
