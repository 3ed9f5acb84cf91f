//! Providers, and what of their schemas a run needs (ADR-0014).
//!
//! A large provider's schema has some thousand types. Terraform asks for all of them, and decodes all, whenever it starts: that is
//! most of what a small plan takes. In a cell of the gate's Terraform finds a stand-in for such a provider, which answers that one
//! question with the types that the work directory and the state name, and hands everything else on to the provider itself.

mod names;
mod plug;
mod schema;
mod serve;
mod shelf;
mod take;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

pub(crate) use names::named;
pub(crate) use schema::reduced;
pub(crate) use shelf::{Shelf, Told};

/// What the program is called with inside a cell: `interlock __provide …`.
pub const PROVIDE: &str = "__provide";
const SERVE: &str = "--serve";
const TAKE: &str = "--take";
const PROVIDER: &str = "--provider";

/// A provider that has a stand-in in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// Its name: `registry.terraform.io/hashicorp/aws`.
    pub(crate) address: String,
    /// The version of its protocol.
    pub(crate) version: u8,
    /// Its program.
    pub(crate) program: PathBuf,
    /// What of its schema is told, inside.
    pub(crate) schema: PathBuf,
}

/// The words that run a command with stand-ins for these providers.
pub(crate) fn words(providers: &[Provider], command: Vec<String>) -> Vec<String> {
    let each = |provider: &Provider| {
        let path = |path: &PathBuf| path.display().to_string();
        [
            PROVIDER.to_owned(),
            provider.address.clone(),
            provider.version.to_string(),
            path(&provider.program),
            path(&provider.schema),
        ]
    };
    let mut words = vec![PROVIDE.to_owned()];
    words.extend(providers.iter().flat_map(each));
    words.push("--".to_owned());
    words.extend(command);
    words
}

/// The words that write a provider's whole schema into a file.
pub(crate) fn taking(program: &str, out: &str) -> Vec<String> {
    [PROVIDE, TAKE, program, out].map(str::to_owned).to_vec()
}

/// What runs inside; the arguments are those after [`PROVIDE`].
pub fn provide(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let done = match words.as_slice() {
        [verb, version, program, schema] if verb == SERVE => {
            let version = version.to_string_lossy().parse().unwrap_or_default();
            serve::serve(version, program.as_ref(), schema.as_ref())
        }
        [verb, program, out] if verb == TAKE => take::take(program.as_ref(), out.as_ref()),
        words => serve::instead(words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interlock: a provider's stand-in: {error}");
            ExitCode::FAILURE
        }
    }
}
