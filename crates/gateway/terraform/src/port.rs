//! What the gate asks of the rest of the house.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use async_trait::async_trait;
use interlock_action::{AccountId, Digest};
use interlock_flow::Session;
use tokio::sync::mpsc;

/// One run of a program in a cell.
#[derive(Clone, Debug)]
pub struct Job {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Whether that program is Interlock's own, and the command its arguments alone.
    pub own: bool,
    /// Folders and files that can be read: where they are, and where they are inside.
    pub readable: Vec<(PathBuf, PathBuf)>,
    /// Folders that can be written, in the same way.
    pub writable: Vec<(PathBuf, PathBuf)>,
    /// Where it runs, inside.
    pub workdir: PathBuf,
    /// The gate's own variables.
    pub environment: BTreeMap<String, String>,
    /// Whether it may be ended at any time; else it is asked to stop, and waited for.
    pub may_be_ended: bool,
    /// Set once it is to stop.
    pub stop: Arc<AtomicBool>,
}

/// A line that a program wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// To its standard output.
    Out(String),
    /// To that for errors.
    Error(String),
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its status.
    pub code: u8,
}

/// What whoever asked is told meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A line; and the line of Terraform's own `-json` stream that says the same.
    Line(String, Option<String>),
    /// Why it is not done.
    Fault(String),
    /// A file that is to stand for a plan, and what it is to hold.
    PlanFile(String, String),
}

/// Where it is told.
pub type Say = mpsc::UnboundedSender<News>;

/// The rest of the house.
#[async_trait]
pub trait House: Send + Sync {
    /// A new virtual key's id.
    ///
    /// # Errors
    /// Why there is none.
    fn draw_key(&self) -> Result<String, String>;
    /// The folder for work under way, the gate's alone.
    fn workshop(&self) -> PathBuf;
    /// Runs a program in a cell, under a session's credentials. Its lines are handed on as they come.
    ///
    /// # Errors
    /// Why it could not be run.
    async fn run(
        &self,
        session: &Session,
        job: Job,
        lines: mpsc::UnboundedSender<Line>,
    ) -> Result<Ended, String>;
    /// Where plans are rehearsed, as people call it.
    ///
    /// # Errors
    /// Why there is no such place, or it cannot be used.
    async fn stage(&self) -> Result<String, String>;
    /// The account of the real credentials, and the region to work in when nothing else says so.
    async fn place(&self) -> (Option<AccountId>, String);
    /// Keeps bytes, encrypted and durable.
    ///
    /// # Errors
    /// Why they are not kept.
    async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, String>;
    /// Bytes that are kept.
    ///
    /// # Errors
    /// Why they cannot be given.
    async fn kept(&self, digest: &Digest) -> Result<Vec<u8>, String>;
}
