//! The stand-in itself, inside a cell.
//!
//! Terraform makes a connection for each time that it would start a provider, and so many processes there are here: one that
//! was configured is nobody else's. One that never was is as new, and one that is only asked for its schema is never started.

use std::{
    convert::Infallible,
    ffi::OsString,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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
use tokio::{net::UnixListener, sync::OnceCell};

use super::{
    PROVIDE, PROVIDER, SERVE,
    plug::{Body, Plug, asks, configures, message, whole},
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
        serves.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        started.push((address.to_string_lossy().into_owned(), version, serves.spawn()?));
    }
    let mut attach = Map::new();
    for (address, version, mut child) in started {
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if line.trim().is_empty() {
            return Err(io::Error::other(format!("that of `{address}` did not start")));
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

/// A stand-in: what it tells by itself, and the processes that it hands the rest to.
struct StandIn {
    version: u8,
    program: PathBuf,
    schema: Bytes,
    /// Started, and never configured.
    new: Mutex<Vec<Plug>>,
}

/// One of Terraform's connections, and the provider behind it.
struct Line {
    of: Arc<StandIn>,
    plug: OnceCell<Plug>,
    configured: AtomicBool,
}

/// Says where the stand-in listens, and serves until the cell ends.
pub(super) fn serve(version: u8, program: &Path, schema: &Path) -> io::Result<()> {
    let schema = message(&std::fs::read(schema)?)?;
    let stand_in = StandIn { version, program: program.to_owned(), schema, new: Mutex::default() };
    let stand_in = Arc::new(stand_in);
    let socket = std::env::temp_dir().join(format!("provider-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = UnixListener::bind(&socket)?;
        let mut output = io::stdout();
        writeln!(output, "{}", socket.display())?;
        output.flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            let of = Arc::clone(&stand_in);
            let line = Line { of, plug: OnceCell::new(), configured: AtomicBool::new(false) };
            tokio::spawn(async move {
                let line = Arc::new(line);
                let each = service_fn(|request| answer(Arc::clone(&line), request));
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), each);
                let _ = serving.await;
            });
        }
    })
}

impl Line {
    async fn plug(&self) -> io::Result<&Plug> {
        let find = || async {
            let new = self.of.new.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match new {
                Some(plug) => Ok(plug),
                None => Plug::start(&self.of.program).await,
            }
        };
        self.plug.get_or_try_init(find).await
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(plug) = self.plug.take().filter(|_| !self.configured.load(Ordering::Acquire)) {
            self.of.new.lock().unwrap_or_else(PoisonError::into_inner).push(plug);
        }
    }
}

/// The schema as it is told here; everything else is the provider's to answer.
async fn answer(line: Arc<Line>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path();
    if path == asks(line.of.version) {
        let mut well = HeaderMap::new();
        well.insert("grpc-status", HeaderValue::from_static("0"));
        let body = Full::new(line.of.schema.clone()).with_trailers(async move { Some(Ok(well)) });
        return Ok(spoken(body.map_err(|never: Infallible| match never {}).boxed()));
    }
    if configures(path) {
        line.configured.store(true, Ordering::Release);
    }
    let sent = match line.plug().await {
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

fn spoken(body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    answer
}

/// A body that is passed on as it comes, its trailers with it.
fn passed(body: Incoming) -> Body {
    body.boxed()
}
