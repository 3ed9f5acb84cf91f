//! The stand-in itself, inside a cell.
//!
//! Terraform makes a connection for each time that it would start a provider. One that configures a provider gets a process of its
//! own; all others share one, which nobody configures; and what is only asked for its schema starts none.

use std::{
    convert::Infallible,
    ffi::OsString,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{HeaderMap, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Map, Value, json};
use tokio::{
    net::UnixListener,
    sync::{Notify, OnceCell},
};

use super::{
    PROVIDE, PROVIDER, SERVE,
    plug::{Body, HEADERS, Plug, asks, configures, message, stops, whole},
};

/// Starts a stand-in for each provider, tells Terraform where they are, and becomes the command.
pub(super) fn instead(words: &[OsString]) -> io::Result<()> {
    let mut words = words.iter();
    let mut started = Vec::new();
    let own = std::env::current_exe()?;
    while let Some(word) = words.next().filter(|word| *word != "--") {
        let (Some(address), Some(version), Some(program), Some(schema), true) =
            (words.next(), words.next(), words.next(), words.next(), word == PROVIDER)
        else {
            return Err(io::Error::other("this command is for Interlock's own use"));
        };
        let version: u8 = version.to_string_lossy().parse().map_err(io::Error::other)?;
        let mut serves = Command::new(&own);
        serves.args([PROVIDE, SERVE, &version.to_string()]).args([program, schema]);
        serves.stdin(Stdio::null()).stdout(Stdio::piped());
        started.push((address.to_string_lossy().into_owned(), version, serves.spawn()?));
    }
    let mut attach = Map::new();
    for (address, version, mut child) in started {
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if line.trim().is_empty() {
            // Terraform starts that provider itself, and looks into the lock file.
            eprintln!("interlock: nothing stands in for `{address}`");
            continue;
        }
        // `Test`: Terraform leaves the process alone when it is done.
        let reached = json!({
            "Protocol": "grpc", "ProtocolVersion": version, "Pid": child.id(), "Test": true,
            "Addr": {"Network": "unix", "String": line.trim()},
        });
        attach.insert(address, reached);
    }
    let command: Vec<&OsString> = words.collect();
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::other("there is no command to run"))?;
    let mut command = Command::new(program);
    command.args(arguments);
    command.env("TF_REATTACH_PROVIDERS", Value::Object(attach).to_string());
    Err(command.exec())
}

/// A stand-in: what it tells by itself, and the provider that it hands the rest to as long as nobody configures one.
struct StandIn {
    version: u8,
    program: PathBuf,
    schema: Bytes,
    shared: OnceCell<Plug>,
}

/// One of Terraform's connections, and the provider behind it once it is configured.
struct Line {
    of: Arc<StandIn>,
    own: OnceCell<Plug>,
    configured: Notify,
}

/// Says where the stand-in listens, and serves until the cell ends.
pub(super) fn serve(version: u8, program: &Path, schema: &Path) -> io::Result<()> {
    let schema = message(&std::fs::read(schema)?)?;
    let stand_in = StandIn { version, program: program.to_owned(), schema, shared: OnceCell::new() };
    let stand_in = Arc::new(stand_in);
    let socket = std::env::temp_dir().join(format!("provider-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = UnixListener::bind(&socket)?;
        let mut output = io::stdout();
        writeln!(output, "{}", socket.display())?;
        output.flush()?;
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors: what is open must end first.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            let line = Line { of: Arc::clone(&stand_in), own: OnceCell::new(), configured: Notify::new() };
            tokio::spawn(async move {
                let line = Arc::new(line);
                let each = service_fn(|request| answer(Arc::clone(&line), request));
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .max_header_list_size(HEADERS)
                    .serve_connection(TokioIo::new(stream), each);
                let _ = serving.await;
            });
        }
    })
}

impl Line {
    /// The provider that a call is for: what was configured is nobody else's.
    async fn plug(&self, path: &str) -> io::Result<&Plug> {
        let start = || Plug::start(&self.of.program);
        if configures(path) {
            let plug = self.own.get_or_try_init(start).await;
            self.configured.notify_waiters();
            return plug;
        }
        match self.own.get() {
            Some(own) => Ok(own),
            None => self.of.shared.get_or_try_init(start).await,
        }
    }

    /// Waits until there is a provider of its own.
    async fn is_configured(&self) {
        loop {
            let configured = self.configured.notified();
            tokio::pin!(configured);
            configured.as_mut().enable();
            if self.own.get().is_some() {
                return;
            }
            configured.await;
        }
    }
}

/// The schema as it is told here; everything else is the provider's to answer.
async fn answer(line: Arc<Line>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    if path == asks(line.of.version) {
        return Ok(well(line.of.schema.clone()));
    }
    if path.starts_with("/plugin.") {
        // A plugin's own streams stay open as long as the connection: they keep it from being given up while it is idle.
        line.is_configured().await;
    } else if stops(&path) && line.own.get().is_none() {
        // What was asked of nobody's provider is over; one that was stopped could be nobody's any more.
        return Ok(well(message(&[]).unwrap_or_default()));
    }
    let sent = match line.plug(&path).await {
        Ok(plug) => plug.send(request.map(passed)).await.map_err(io::Error::other),
        Err(error) => Err(error),
    };
    Ok(sent.map(|answer| answer.map(passed)).unwrap_or_else(|_| {
        let mut gone = spoken(whole(Bytes::new()));
        // UNAVAILABLE: the provider has ended.
        gone.headers_mut().insert("grpc-status", HeaderValue::from_static("14"));
        gone
    }))
}

/// An answer of one message, after which all is well.
fn well(message: Bytes) -> Response<Body> {
    let mut well = HeaderMap::new();
    well.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(message).with_trailers(async move { Some(Ok(well)) });
    spoken(body.map_err(|never: Infallible| match never {}).boxed())
}

fn spoken(body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    answer
}

/// A body that is passed on as it comes, its trailers with it.
fn passed(body: Incoming) -> Body {
    body.boxed()
}
