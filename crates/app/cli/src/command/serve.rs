//! `interlock serve`

use std::process::ExitCode;

use clap::Args;
use interlock_daemon::{Listen, Sockets};
use interlock_policy::{Bundle, Candidate, PolicyFile};
use interlock_prover::read_invariants;

use crate::{command::Global, exit::Exit, fault::Fault, output::Output};

/// Run the daemon: gateways, policy, ledger and the control socket.
///
/// Prints one JSON line when it is ready. Best under an account of its own. Logs go to standard error
/// (`INTERLOCK_LOG=debug` for more).
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where the CONNECT proxy for AWS listens; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen_aws_proxy: std::net::SocketAddr,
    /// Where the AWS endpoint door (`AWS_ENDPOINT_URL`) listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen_aws: std::net::SocketAddr,
    /// Where the console listens: port 7474 of this machine unless told; port 0 picks a free one.
    #[arg(long, value_name = "ADDR")]
    listen_console: Option<std::net::SocketAddr>,
    /// Let members of the daemon's group connect, not only its own account: run agents, look at requests, freeze. What
    /// weakens a guard takes a person's signature all the same. Needs --sockets: the home is nobody else's.
    #[arg(long, requires = "sockets")]
    group: bool,
}

impl Serve {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let filter = std::env::var("INTERLOCK_LOG").unwrap_or_else(|_| "warn".to_owned());
        let logs = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
        // A second subscriber in one process is the only way this fails; there is none.
        let _ = logs.try_init();
        let listen =
            Listen { aws_proxy: self.listen_aws_proxy, aws: self.listen_aws, console: self.listen_console };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::failed(format!("no runtime: {error}")))?;
        let home = global.home()?;
        let sockets = Sockets { folder: global.sockets.clone(), group: self.group };
        runtime.block_on(interlock_daemon::serve(&home, listen, sockets, promises, |ready| {
            output.line(ready)
        }))?;
        Ok(Exit::Ok.into())
    }
}

/// The sentences that are proved, by the names of their invariants.
fn promises(own: &[PolicyFile]) -> Vec<(String, String)> {
    let shipped = Candidate::load(&Bundle::shipped_files()).ok();
    let read = shipped.and_then(|rules| read_invariants(rules.schema(), own).ok());
    read.into_iter().flatten().map(|invariant| (invariant.id.to_string(), invariant.says)).collect()
}
