//! The relay, the doors and the CA bundle of a sandbox.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::ConfineError;
use crate::confinement::{CA_BUNDLE, Door, DoorSource, INSIDE, RELAY};
use crate::options::Options;

fn existing(what: &'static str, path: &Path) -> Result<PathBuf, ConfineError> {
    path.canonicalize().map_err(|source| ConfineError::Unresolved { what, path: path.to_owned(), source })
}

/// Binds them, and returns the relay's words for the doors.
pub(crate) fn open(
    options: &mut Options,
    doors: &[Door],
    ca_bundle: Option<&Path>,
    relay_program: &Path,
) -> Result<Vec<OsString>, ConfineError> {
    let inside = Path::new(INSIDE);
    options.directory(inside);
    options.bind("--ro-bind", &existing("the relay program", relay_program)?, Path::new(RELAY));
    if let Some(bundle) = ca_bundle {
        options.bind("--ro-bind", &existing("the CA bundle", bundle)?, Path::new(CA_BUNDLE));
    }
    let mut words = Vec::new();
    for door in doors {
        let place = inside.join(format!("door-{}", door.port));
        let found = match door.source {
            DoorSource::Socket => {
                options.bind("--ro-bind", &existing("the socket", &door.socket)?, &place);
                place
            }
            DoorSource::Directory => {
                // The socket may be missing while its daemon restarts; its directory may not.
                let socket = std::path::absolute(&door.socket)?;
                let (Some(dir), Some(name)) = (socket.parent(), socket.file_name()) else {
                    return Err(std::io::Error::from(std::io::ErrorKind::InvalidFilename).into());
                };
                options.bind("--ro-bind", &existing("the socket's directory", dir)?, &place);
                place.join(name)
            }
        };
        let mut word = OsString::from(format!("{}=", door.port));
        word.push(found);
        words.push(word);
    }
    Ok(words)
}
