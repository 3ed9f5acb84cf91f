//! The solver: one process, asked over its standard input, given nothing of this process's environment.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use cedar_policy_symcc::{
    CedarSymCompiler, Env, WellFormedAsserts,
    err::{Error, SolverError},
    solver::LocalSolver,
};
use tokio::{process::Command, runtime::Runtime};

use crate::ProverError;

/// How long one question may take. The slowest of the shipped bundle takes some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// Names the solver.
const VARIABLE: &str = "CVC5";

/// The solver on this machine: what the variable `CVC5` names, else `cvc5` on the search path.
pub fn find_solver() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("cvc5")).find(|program| executable(program))
}

fn executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(program).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// What the solver says.
#[derive(Debug)]
pub(crate) enum Answer {
    /// No request breaks it.
    Holds,
    /// This one does.
    Broken(Box<Env>),
    /// It cannot tell, or not in time.
    Unknown(String),
}

/// A running solver.
pub struct Solver {
    runtime: Runtime,
    program: PathBuf,
    compiler: CedarSymCompiler<LocalSolver>,
}

impl std::fmt::Debug for Solver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solver").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Solver {
    /// Starts the solver of this machine.
    ///
    /// # Errors
    /// [`ProverError::NoSolver`] where there is none, [`ProverError::Solver`] where it does not start.
    pub fn start() -> Result<Self, ProverError> {
        Self::start_program(&find_solver().ok_or(ProverError::NoSolver)?)
    }

    /// Starts this program.
    ///
    /// # Errors
    /// [`ProverError::Solver`] where it does not start.
    pub fn start_program(program: &Path) -> Result<Self, ProverError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ProverError::Solver(error.to_string()))?;
        let compiler = runtime.block_on(async { process(program.as_os_str()) })?;
        Ok(Self { runtime, program: program.to_owned(), compiler })
    }

    /// Starts anew. Questions asked of one process grow dearer: it keeps more than its reset lets go.
    pub(crate) fn refresh(&mut self) -> Result<(), ProverError> {
        self.compiler = self.runtime.block_on(async { process(self.program.as_os_str()) })?;
        Ok(())
    }

    /// Whether anything satisfies the assertions: a request that breaks what they were made for.
    pub(crate) fn ask(&mut self, asserts: &WellFormedAsserts<'_>) -> Result<Answer, ProverError> {
        let asked = self
            .runtime
            .block_on(async { tokio::time::timeout(LIMIT, self.compiler.check_sat(asserts)).await });
        let why = match asked {
            Ok(Ok(None)) => return Ok(Answer::Holds),
            Ok(Ok(Some(env))) => return Ok(Answer::Broken(Box::new(env))),
            Ok(Err(Error::SolverUnknown)) => "the solver cannot tell".to_owned(),
            Ok(Err(Error::SolverError(SolverError::Solver(why)))) if why.contains("resource") => why,
            Ok(Err(Error::SolverError(error))) => return Err(ProverError::Solver(error.to_string())),
            Ok(Err(error)) => return Err(ProverError::translate(error)),
            Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
        };
        // What is left of an unfinished question must not answer the next one.
        self.refresh()?;
        Ok(Answer::Unknown(why))
    }
}

fn process(program: &OsStr) -> Result<CedarSymCompiler<LocalSolver>, ProverError> {
    let mut command = Command::new(program);
    command.args(["--lang", "smt"]).env_clear().kill_on_drop(true);
    let failed = |error: &dyn std::fmt::Display| {
        ProverError::Solver(format!("`{}`: {error}", program.to_string_lossy()))
    };
    let solver = LocalSolver::from_command(&mut command).map_err(|error| failed(&error))?;
    CedarSymCompiler::new(solver).map_err(|error| failed(&error))
}
