//! People are told that something waits: once, signed, with a link; also when the other side or the daemon was down.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use browsed::{Browsed, DEVELOPMENT};
use serde_json::Value;

#[derive(Clone, Debug)]
struct Post {
    path: String,
    headers: String,
    body: String,
}

/// A server that takes messages; the first ones it refuses.
struct Receiver {
    port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Receiver {
    fn start(refuses: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let kept = Arc::clone(&posts);
        std::thread::spawn(move || {
            let mut refused = 0;
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let (mut headers, mut length) = (String::new(), 0);
                loop {
                    let mut header = String::new();
                    reader.read_line(&mut header).unwrap();
                    if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length: ") {
                        length = value.trim().parse().unwrap();
                    }
                    if header.trim().is_empty() {
                        break;
                    }
                    headers.push_str(&header);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let status = if refused < refuses { "503 Later" } else { "200 OK" };
                if refused < refuses {
                    refused += 1;
                } else {
                    kept.lock().unwrap().push(Post { path, headers, body: String::from_utf8(body).unwrap() });
                }
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { port, posts }
    }

    /// What came, as soon as it is so many.
    fn wait(&self, many: usize) -> Vec<Post> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let posts = self.posts.lock().unwrap().clone();
            if posts.len() >= many || Instant::now() > until {
                return posts;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn whoever_is_asked_is_told_once_whatever_was_down() {
    let receiver = Receiver::start(2);
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", receiver.port);
    let rules = format!(
        "{DEVELOPMENT}\n[[notify]]\nname = \"hook\"\nwebhook = \"{}\"\nsecret_file = \"hook.secret\"\n\
         [[notify]]\nname = \"chat\"\nslack = \"{}\"\n[[notify]]\nname = \"second\"\nslack = \"{}\"\nafter = \"1h\"\n",
        at("hook"),
        at("chat"),
        at("second"),
    );
    let mut browsed = Browsed::new(&["ana", "bo", "cy"], &rules);
    std::fs::write(browsed.home.root().join("hook.secret"), "a-secret-of-enough-letters\n").unwrap();
    browsed.database("prod-school");
    let ticket = browsed.wipe("prod-school").ticket();
    let posts = receiver.wait(2);
    let of = |path: &str| {
        posts.iter().find(|post| post.path == path).unwrap_or_else(|| panic!("{posts:?}")).clone()
    };
    let (hook, chat) = (of("/hook"), of("/chat"));

    let said: Value = serde_json::from_str(&hook.body).unwrap();
    assert_eq!(said["url"], format!("{}/requests/{ticket}", browsed.console()), "{said}");
    assert!(said["words"].as_str().unwrap().contains("destroy the database prod-school"), "{said}");
    let signature = hook.headers.lines().find_map(|line| line.strip_prefix("interlock-signature: ")).unwrap();
    let (at, mac) = signature.trim().split_once(",v1=").unwrap();
    let at = at.strip_prefix("t=").unwrap();
    let code = format!(
        "import hmac,hashlib,sys;print(hmac.new(b'a-secret-of-enough-letters',('{at}.'+sys.argv[1]).encode(),hashlib.sha256).hexdigest())"
    );
    let made = std::process::Command::new("python3").args(["-c", &code, &hook.body]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&made.stdout).trim(), mac, "anybody with the secret can check it");
    let text: Value = serde_json::from_str(&chat.body).unwrap();
    assert!(
        text["text"].as_str().unwrap().contains(&format!("/requests/{ticket}|Read it and decide>")),
        "{text}"
    );
    assert!(
        text.get("attachments").is_none() && text.get("blocks").is_none(),
        "text and a link, no button: {text}"
    );

    // Not again, also after a restart; and what was asked while nobody could be told is told then.
    browsed.stopped(|_| ());
    browsed.database("prod-other");
    let other = browsed.wipe("prod-other").ticket();
    let posts = receiver.wait(4);
    assert_eq!(posts.len(), 4, "{posts:?}");
    assert_eq!(posts.iter().filter(|post| post.body.contains(&ticket)).count(), 2, "{posts:?}");
    assert_eq!(posts.iter().filter(|post| post.body.contains(&other)).count(), 2, "{posts:?}");
    assert!(posts.iter().all(|post| post.path != "/second"), "it has not waited for long enough");
}

/// A server that takes mail; each is a line of JSON.
const MAIL: &str = r#"
import json, socketserver
class Server(socketserver.StreamRequestHandler):
    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")
    def handle(self):
        mail = {"from": "", "to": [], "text": ""}
        self.say("220 here")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.upper()
            if word.startswith("MAIL FROM:"):
                mail["from"] = line[10:].split(">")[0].strip(" <")
            elif word.startswith("RCPT TO:"):
                mail["to"].append(line[8:].split(">")[0].strip(" <"))
            elif word == "DATA":
                self.say("354 go on")
                while (part := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    mail["text"] += part[1:] + "\n" if part.startswith("..") else part + "\n"
                print(json.dumps(mail), flush=True)
            elif word == "QUIT":
                return self.say("221 bye")
            self.say("250 fine")
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Ended with its test.
struct Mail(std::process::Child);

impl Drop for Mail {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn whoever_reads_mail_is_told_by_mail() {
    let mut server = Mail(
        std::process::Command::new(interlock_tests::python())
            .args(["-c", MAIL])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let port = lines.next().unwrap().unwrap();
    let rules = format!(
        "{DEVELOPMENT}\n[[notify]]\nname = \"mail\"\nemail = {{ server = \"smtp://127.0.0.1:{port}\", from = \
         \"interlock@example.com\", to = [\"bo@example.com\", \"cy@example.com\"] }}\n"
    );
    let browsed = Browsed::new(&["ana", "bo", "cy"], &rules);
    browsed.database("prod-school");
    let ticket = browsed.wipe("prod-school").ticket();
    let mail: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(mail["to"], serde_json::json!(["bo@example.com", "cy@example.com"]), "{mail}");
    let text = mail["text"].as_str().unwrap().replace("=\n", "").replace("=\r\n", "");
    assert!(text.contains(&format!("{}/requests/{ticket}", browsed.console())), "{text}");
    assert!(text.contains("Subject: [Interlock] T4: agent claude of ana wants to destroy"), "{text}");
    assert!(text.contains("database prod-school") && text.contains("is deleted"), "{text}");
}
